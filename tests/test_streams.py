"""Files in and out, compressed or not."""

import bz2
import gzip
import importlib
import sys

import pytest

from resolver.corpus.byte_streams import open_input, open_output
from resolver.errors import InputError

zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def zst(data):
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zst}
DATA = bytes(range(256)) * 3000


@pytest.mark.parametrize("extension", ["", *PACK])
def test_what_is_written_is_read(tmp_path, extension):
    path = str(tmp_path / f"a.txt{extension}")
    for _ in range(2):
        with open_output(path) as file:
            file.write(DATA)
    with open_input(path) as file:
        assert file.readline() == DATA[:11]
        assert file.read() == DATA[11:]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"a.txt{extension}"]


@pytest.mark.parametrize("extension", PACK)
def test_the_same_data_make_the_same_archive(tmp_path, extension):
    for name in "ab":
        with open_output(str(tmp_path / f"{name}{extension}")) as file:
            file.write(DATA)
    assert (tmp_path / f"a{extension}").read_bytes() == (tmp_path / f"b{extension}").read_bytes()


@pytest.mark.parametrize("extension", PACK)
def test_archives_of_several_members_are_read(tmp_path, extension):
    path = tmp_path / f"a{extension.upper()}"
    path.write_bytes(PACK[extension](b"one ") + PACK[extension](b"two"))
    with open_input(str(path)) as file:
        assert file.read() == b"one two"


@pytest.mark.parametrize("extension", PACK)
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-6], "the compressed data end too early"),
        (lambda data: data[: len(data) // 2], "the compressed data end too early"),
        (lambda data: b"no archive at all", "the compressed data are damaged"),
        (lambda data: data[:20] + bytes(60) + data[80:], "the compressed data"),
    ],
)
def test_damaged_archives_are_named(tmp_path, extension, damage, message):
    path = tmp_path / f"a.txt{extension}"
    path.write_bytes(damage(PACK[extension](bytes(DATA[place * 7 % 997] for place in range(200_000)))))
    with pytest.raises(InputError) as error, open_input(str(path)) as file:
        file.read()
    assert str(error.value).startswith(f"{path}: cannot be read: {message}")


@pytest.mark.parametrize("extension", ["", *PACK])
def test_nothing_is_left_of_an_output_that_was_not_finished(tmp_path, extension):
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="stop"), open_output(str(path)) as file:
        file.write(DATA)
        raise ValueError("stop")
    assert path.read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 1


def test_files_that_cannot_be_opened(tmp_path):
    for path in (tmp_path / "none.gz", tmp_path):
        with pytest.raises(InputError, match="cannot be read"), open_input(str(path)) as file:
            file.read()
    with pytest.raises(InputError, match="cannot be written"), open_output(str(tmp_path / "none" / "a.gz")):
        pass
