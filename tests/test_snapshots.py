"""Answers are plain data, and resolving goes by one state of a table at a time."""

import copy
import pickle
import threading
from dataclasses import FrozenInstanceError, asdict

import pytest

import resolver
from resolver import Alias, Entity
from resolver.database.build import build_file
from resolver.database.updates import put_entities

TABLE = """id\tname\ttype\taliases
suga\tYoshihide Suga\tperson\t菅義偉@ja:native|Suga@en:short
zte\tZTE\torg\tZhongxing
merkel\tAngela Merkel\tperson\t
"""


@pytest.fixture
def database(tmp_path):
    (tmp_path / "names.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "names.tsv"])
    return tmp_path / "names.db"


def test_answers_are_plain_data_that_outlive_the_table(database):
    with resolver.open(database) as names:
        resolution = names.resolve("Yoshihidi Soja", context="Suga met Merkel.")
        comparison = names.compare("Yoshihidi Soja", "Yoshihide Suga")
        edits = names.rewrite("Yoshihidi Soja spoke.")[1]
        explained = resolution.explain(), resolution.explanation(), comparison.explain()
    for value in (resolution, comparison, *edits):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        assert asdict(value)
    again = pickle.loads(pickle.dumps(resolution))
    assert (again.explain(), again.explanation(), comparison.explain()) == explained
    assert again.candidates[0].evidence == resolution.candidates[0].evidence
    assert again.to_dict() == resolution.to_dict()
    with pytest.raises(FrozenInstanceError):
        resolution.outcome = "nil"


def test_an_entity_has_its_aliases_where_it_is_asked_for(database):
    with resolver.open(database) as names:
        assert names.resolve("Yoshihidi Soja").entity.aliases is None
        entity = names.entity("suga")
        assert names.entity("nobody") is None
    assert entity == Entity(
        "suga", "Yoshihide Suga", "person", (Alias("菅義偉", "ja", "native"), Alias("Suga", "en", "short"))
    )


def test_an_entity_whose_aliases_were_not_read_is_not_put_back_without_them(database):
    with resolver.open(database) as names:
        found = names.resolve("Yoshihidi Soja").entity
        with pytest.raises(resolver.InputError, match=r"names\.entity\('suga'\)"):
            names.put(found)
        assert len(names.entity("suga").aliases) == 2


def test_a_snapshot_stays_as_it_was(database):
    with resolver.open(database) as names:
        before = names.engine()
        assert names.engine() is before
        put_entities(database, [Entity("kddi", "KDDI", "org")])
        after = names.engine()
        assert after.snapshot.identity != before.snapshot.identity
        assert before.resolver.resolve("KDDI").outcome == "nil"
        assert after.resolver.resolve("KDDI").entity.id == "kddi"
        names.accept("The Firm", "kddi")
        names.remove("zte")
        assert after.resolver.resolve("The Firm").entity is None
        assert not names.resolve("ZTE").candidates or names.resolve("ZTE").candidates[0].entity.id != "zte"
        assert names.resolve("The Firm").entity.id == "kddi"


def test_the_identity_is_that_of_the_content(database, tmp_path):
    with resolver.open(database) as one, resolver.open(database) as other:
        assert one.table.snapshot().identity == other.table.snapshot().identity
        one.accept("The Firm", "zte")
        assert one.table.snapshot().identity == other.table.snapshot().identity
        accepted = one.table.snapshot().identity
        one.undo()
        assert other.table.snapshot().identity != accepted


def test_threads_on_two_tables_do_not_wait_for_each_other(database, tmp_path):
    """While one table is held in a read transaction, another answers."""
    build_file(tmp_path / "other.db", [tmp_path / "names.tsv"])
    answers = []
    with resolver.open(database) as one, resolver.open(tmp_path / "other.db") as other, one.table.held():
        thread = threading.Thread(target=lambda: answers.append(other.resolve("Angela Merkil").entity.id), daemon=True)
        thread.start()
        thread.join(20)
    assert answers == ["merkel"]
