import os
from pathlib import Path

import pytest
from hypothesis import settings

import resolver
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path

HERE = Path(__file__).parent

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Keep the database of the bundled table out of the user's cache."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(scope="session")
def names(_own_cache):
    """The bundled table."""
    with resolver.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def names_with_decoys(tmp_path_factory):
    """The bundled table and near namesakes of Yoshihide Suga."""
    folder = tmp_path_factory.mktemp("decoys")
    decoys = folder / "decoys.tsv"
    decoys.write_text("id\tname\ttype\nsadiq-soja\tSadiq Soja\tperson\nyoshida-soya\tYoshida Soya\tperson\n")
    build_file(folder / "names.db", [data_path("entities.tsv"), decoys])
    with resolver.open(folder / "names.db") as opened:
        yield opened


@pytest.fixture
def open_names(database):
    """A function that opens the database of the module; what it opened is closed at the end."""
    opened = []

    def open_one(path=database, settings=None):
        opened.append(resolver.open(path, settings))
        return opened[-1]

    yield open_one
    for names in opened:
        names.close()


def answer(names, mention, type=None):
    """The id of the entity that a mention is linked to, or None."""
    entity = names.resolve(mention, type).entity
    return entity and entity.id


def rows_of(path):
    """The rows of a case table by column name."""
    header, *lines = (HERE / path).read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
