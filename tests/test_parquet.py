"""Parquet files: columns of strings change, all else of the file stays."""

import datetime
import io

import pytest
from format_checks import by_list, nothing

from resolver.corpus.formats import format_of
from resolver.corpus.formats.file_format import FormatOptions
from resolver.errors import InputError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
from resolver.corpus.arrow_batches import rewrite_batch  # noqa: E402, it needs pyarrow


def file_of(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def rewritten(data, rewrite=by_list, columns=("text",)):
    """The new file, and its units."""
    format = format_of("a.parquet", None, FormatOptions(columns=columns))
    file, sink, found = io.BytesIO(data), io.BytesIO(), []
    with format.output(file, sink) as write:
        for part in format.parts(file):
            for unit in format.rewrite(part, rewrite):
                write(unit)
                found.append(unit)
    return sink.getvalue(), found


@pytest.fixture(scope="module")
def data():
    table = pa.table(
        {
            "n": pa.array(range(700), pa.int16()),
            "id": ["a", None, "c", "d", "e", "f", "g"] * 100,
            "text": pa.array(["x", None, "Yoshihidi Soja", "y", "", "Soja", "z"] * 100, pa.large_string()),
            "kind": pa.array((["Soja"] * 6 + [None]) * 100).dictionary_encode(),
            "list": [[datetime.date(2020, 1, 1)], None, [], [], [], [], []] * 100,
        }
    ).replace_schema_metadata({"made": "by hand"})
    packing = {"n": "none", "id": "gzip", "text": "zstd", "kind": "snappy", "list.list.element": "gzip"}
    return file_of(table, row_group_size=300, compression=packing, use_dictionary=["kind", "id"])


def test_only_the_texts_change(data):
    new, found = rewritten(data, columns=("text", "kind"))
    before, after = pq.ParquetFile(io.BytesIO(data)), pq.ParquetFile(io.BytesIO(new))
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    old, read = before.read(), after.read()
    assert read["text"].to_pylist() == ["x", None, "Yoshihide Suga", "y", "", "Suga", "z"] * 100
    assert read["kind"].to_pylist() == (["Suga"] * 6 + [None]) * 100
    for column in ("n", "id", "list"):
        assert read[column].equals(old[column])
    for group in range(3):
        ours, theirs = after.metadata.row_group(group), before.metadata.row_group(group)
        assert ours.num_rows == theirs.num_rows
        for column in range(5):
            for what in ("path_in_schema", "compression", "has_dictionary_page", "physical_type"):
                assert getattr(ours.column(column), what) == getattr(theirs.column(column), what)
    texts = [text for unit in found for text in unit.texts]
    assert [(t.doc, t.field, t.text, t.offset) for t in texts[:4]] == [
        ("a", "text", "x", 0),
        ("a", "kind", "Soja", 0),
        ("a.parquet:2", "kind", "Soja", 0),
        ("c", "text", "Yoshihidi Soja", 0),
    ]
    assert all(t.text[e.start : e.end] == e.before for t in texts for e in t.edits)
    assert sum(len(unit.edits) for unit in found) == 800


def test_without_edits_the_bytes_are_the_same(data):
    assert rewritten(data, nothing)[0] == data


def test_row_groups_before_and_after_the_only_edit_stay():
    table = pa.table({"text": ["a"] * 10 + ["Soja"] + ["b"] * 10})
    new, _ = rewritten(file_of(table, row_group_size=5))
    assert pq.read_table(io.BytesIO(new))["text"].to_pylist() == ["a"] * 10 + ["Suga"] + ["b"] * 10
    assert pq.ParquetFile(io.BytesIO(new)).num_row_groups == 5


def test_a_file_that_others_wrote():
    times = pa.array([datetime.datetime(2020, 1, 1)], pa.timestamp("ns"))
    data = file_of(
        pa.table({"text": ["Soja"], "time": times}), store_schema=False, use_deprecated_int96_timestamps=True
    )
    after = pq.ParquetFile(io.BytesIO(rewritten(data)[0]))
    assert after.schema == pq.ParquetFile(io.BytesIO(data)).schema
    assert after.metadata.metadata is None
    assert after.read().to_pylist() == [{"text": "Suga", "time": datetime.datetime(2020, 1, 1)}]


def test_an_empty_table():
    data = file_of(pa.table({"text": pa.array([], pa.string())}))
    assert rewritten(data) == (data, [])


@pytest.mark.parametrize(
    ("change", "columns", "message"),
    [
        (lambda data: data, ("none",), "a.parquet: no column 'none' among ['n', 'id', 'text', 'kind', 'list']"),
        (lambda data: data, ("n",), "a.parquet: column 'n' is of type int16, not text"),
        (lambda data: data[:-1], ("text",), "a.parquet: not a Parquet file, or damaged"),
        (lambda data: b"", ("text",), "a.parquet: not a Parquet file, or damaged"),
        (
            lambda data: data[:4] + bytes(len(data) - 2000) + data[-1996:],
            ("text",),
            "a.parquet: not a Parquet file, or damaged",
        ),
    ],
)
def test_what_cannot_be_read_is_an_input_error(data, change, columns, message):
    with pytest.raises(InputError) as error:
        rewritten(change(data), columns=columns)
    assert message in str(error.value)


TEXTS = ["x", None, "Yoshihidi Soja", "", "Soja", "Softbank"]
TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
TYPES += [pa.dictionary(pa.int32(), pa.large_string())]


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_files_and_batches_give_the_same_answer(type):
    value = type.value_type if pa.types.is_dictionary(type) else type
    array = pa.array(TEXTS, value)
    array = array if value == type else array.dictionary_encode().cast(type)
    batch = pa.record_batch([pa.array(range(6)), array], ["id", "text"])
    from_batch = rewrite_batch(batch, by_list)
    assert from_batch.schema.field("text").type == type
    assert from_batch["text"].to_pylist() == ["x", None, "Yoshihide Suga", "", "Suga", "SoftBank"]
    data = file_of(pa.Table.from_batches([batch]))
    new, found = rewritten(data)
    table = pq.read_table(io.BytesIO(new))
    assert table.schema == pq.read_table(io.BytesIO(data)).schema
    assert table["text"].to_pylist() == from_batch["text"].to_pylist()
    of_file = [(e.doc, e.start, e.end, e.before, e.after) for unit in found for e in unit.edits]
    of_batch = [
        (e["doc"], e["start"], e["end"], e["before"], e["after"])
        for row in from_batch["edits"].to_pylist()
        for e in row
    ]
    assert of_file == of_batch
    assert len(of_file) == 3


@pytest.mark.parametrize(
    "type", [pa.list_(pa.string()), pa.binary(), pa.int8(), pa.dictionary(pa.int8(), pa.int8())], ids=str
)
def test_files_and_batches_refuse_the_same_types(type):
    batch = pa.record_batch([pa.nulls(2, type)], ["text"])
    with pytest.raises(InputError, match="text"):
        rewrite_batch(batch, by_list)
    with pytest.raises(InputError, match="column 'text' is of type"):
        rewritten(file_of(pa.Table.from_batches([batch])))


@pytest.mark.parametrize("encoded", [False, True])
def test_a_text_that_is_no_utf8_stays_and_its_row_is_listed(encoded):
    raw = [b"Soja", b"Soja \xff", None, b"Softbank"]
    texts = pa.array(raw, pa.binary()).view(pa.string())
    more = pa.array(["Soja"] * 4)
    new, found = rewritten(
        file_of(pa.table({"text": texts.dictionary_encode() if encoded else texts, "more": more})),
        columns=("text", "more"),
    )
    table = pq.read_table(io.BytesIO(new))
    column = table["text"].combine_chunks()
    column = column.dictionary_decode() if encoded else column
    assert column.cast(pa.binary()).to_pylist() == [b"Suga", b"Soja \xff", None, b"SoftBank"]
    assert table["more"].to_pylist() == ["Suga", "Soja", "Suga", "Suga"]
    assert [str(unit.error) for unit in found if unit.error] == ["a.parquet:2: not valid UTF-8 in column 'text'"]
    with pytest.raises(InputError, match="row 1 of the batch: not valid UTF-8 in column 'text'"):
        rewrite_batch(pa.record_batch([texts], ["text"]), by_list)


def test_a_pipe_is_refused():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    with pytest.raises(InputError, match="not from a pipe"):
        next(format_of("-", "parquet", FormatOptions()).parts(Pipe(b"PAR1")))
