"""What people decide on a mention: linked or never linked from the next call on, and never lost."""

import json
import math
import multiprocessing
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner
from conftest import answer

import resolver
from resolver import Alias, Entity, Settings
from resolver.cli import main
from resolver.database.build import build_file
from resolver.database.decisions import DecidedError, add_decisions, import_tsv, to_tsv, undo_last
from resolver.database.snapshot import Snapshot
from resolver.database.table import Table
from resolver.database.updates import put_entities
from resolver.errors import DatabaseError, InputError
from resolver.records import Decision
from resolver.resolving.calibration import log_of_sum
from resolver.settings import SINGLE_PREVALENCE

TABLE = """id	name	type	aliases	weight
suga	Yoshihide Suga	person	菅義偉@ja:native|Suga@en:short	2
soja	Sadiq Soja	person
zte	ZTE	org	Zhongxing@zh-Latn:former
merkel	Angela Merkel	person	Ангела Меркель@ru:native
washington	Washington	place
george	George Washington	person	Washington@en:weak
"""
OTHER = TABLE.replace("zte\tZTE\torg\tZhongxing@zh-Latn:former\n", "")
forks = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no processes can be forked")


@pytest.fixture
def database(tmp_path):
    (tmp_path / "table.tsv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "other.tsv").write_text(OTHER, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "table.tsv"])
    return tmp_path / "names.db"


@pytest.fixture
def names(open_names):
    return open_names()


def listed(names, mention):
    return [candidate.entity.id for candidate in names.resolve(mention).candidates]


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def run_python(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def table_of(names):
    return b"".join(to_tsv(names.decisions())).decode()


def test_a_rejected_entity_is_never_linked_and_the_others_gain(names):
    before = names.resolve("Yoshihidi Soja")
    assert before.entity.id == "suga"
    names.reject("Yoshihidi Soja", "suga", "ann", "another man")
    after = names.resolve("Yoshihidi Soja")
    assert after.outcome == "nil"
    assert after.candidates[0].entity.id == "soja"
    assert "suga" not in [candidate.entity.id for candidate in after.candidates]
    known = {candidate.entity.id: candidate for candidate in before.candidates}
    assert len(after.candidates) == len(known) - 1
    log_sum = log_of_sum([(candidate.score, 1.0) for candidate in after.candidates])
    for candidate in after.candidates:
        assert candidate.score == known[candidate.entity.id].score
        assert candidate.probability > known[candidate.entity.id].probability
        share = math.exp(candidate.score - log_sum)
        assert candidate.probability == pytest.approx(after.in_table * share, rel=1e-3)
    assert sum(candidate.probability for candidate in after.candidates) <= 1.0
    assert answer(names, "Yoshihide Soja") == "suga"


def test_a_rejected_exact_name(names):
    names.reject("Yoshihide Suga", "suga")
    assert "suga" not in listed(names, "Yoshihide Suga")
    assert "suga" not in listed(names, "YOSHIHIDE  SÚGA")
    assert answer(names, "Yoshihidi Soja") == "suga"


def test_an_accepted_entity_is_always_linked(names, open_names):
    assert answer(names, "Yoshihide Suga") == "suga"
    decision = names.accept("Yoshihide Suga", "zte", "ann", "a joke")
    assert (decision.number, decision.verdict, decision.undone) == (1, "accept", "")
    sure = open_names(settings=Settings(min_probability=1.0))
    for mention in ("Yoshihide Suga", "yoshihide súga", "YOSHIHIDE-SUGA"):
        r = sure.resolve(mention)
        assert (r.outcome, r.entity.id, r.probability) == ("linked", "zte", 1.0)
        assert [c.probability for c in r.candidates[1:]] == [0.0] * (len(r.candidates) - 1)
        assert "suga" in [c.entity.id for c in r.candidates]
    assert answer(names, "Yoshihidi Soja") == "suga"  # other spellings go by the score


def test_an_accepted_entity_that_was_found_keeps_its_best_alias(names):
    before = names.resolve("Zhongksing")
    names.accept("Zhongksing", "zte")
    after = names.resolve("Zhongksing")
    assert (after.entity.id, after.candidates[0].alias.name) == ("zte", "Zhongxing")
    assert after.candidates[0].score == before.candidates[0].score
    assert listed(names, "Zhongksing") == [candidate.entity.id for candidate in before.candidates]


def test_an_accepted_entity_that_was_not_found_comes_by_its_best_alias(names):
    assert "suga" not in listed(names, "Soja")
    names.accept("Soja", "suga")
    assert names.resolve("Soja").candidates[0].alias.name == "Suga"
    names.accept("Qq", "suga")
    assert names.resolve("Qq").candidates[0].alias.name in ("Suga", "Yoshihide Suga")


def test_an_ambiguous_mention_is_settled(names):
    names.put(Entity("other-merkel", "Angela Merkel", "person"))
    assert names.resolve("Angela Merkel").outcome == "ambiguous"
    names.accept("Angela Merkel", "other-merkel")
    assert answer(names, "Angela Merkel") == "other-merkel"
    names.undo()
    names.reject("Angela Merkel", "merkel")
    assert answer(names, "Angela Merkel") == "other-merkel"


def test_no_more_candidates_than_asked_for(open_names):
    names = open_names(settings=Settings(max_candidates=1))
    names.accept("Sadiq Soja", "merkel")
    assert listed(names, "Sadiq Soja") == ["merkel"]


def test_many_namesakes_are_rejected_one_by_one(names):
    names.put(*(Entity(f"p{n:02}", "Karl Haverbrook", "person") for n in range(14)))
    assert len(listed(names, "Karl Haverbrook")) == 10
    for n in range(13):
        names.reject("Karl Haverbrook", f"p{n:02}")
    assert answer(names, "Karl Haverbrook") == "p13"
    assert answer(names, "Karl Haverbruk") is None
    names.reject("Karl Haverbrook", "p13")
    assert names.resolve("Karl Haverbrook").outcome == "nil"


def test_forms_of_rejected_entities_take_nobodys_place(names):
    likes = [Alias(f"Karl Haverbrook{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"]
    likes += [Alias(f"Karl Haverbroo{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"]
    names.put(Entity("many", "Karl Haverbrook", "person", likes), Entity("one", "Carl Havverbrukk", "person"))
    names.reject("Karl Haverbrook", "many")
    assert listed(names, "Karl Haverbrook")[0] == "one"


def test_the_reason_and_the_explanation_say_who_and_why(names):
    day = names.accept("Soja", "suga", "ann", "the spokesman").decided[:10]
    names.reject("Soja", "soja", "bob", "nobody knows him")
    r = names.resolve("Soja")
    assert r.reason == (
        f"accepted by ann on {day}: the spokesman; Sadiq Soja [soja] rejected by bob on {day}: nobody knows him"
    )
    assert r.explain().startswith(f"'Soja': linked ({r.reason})\n  Yoshihide Suga [suga]")
    first, *_, last = r.explanation()
    assert first["decision"]["who"] == "ann"
    assert first["adds"]
    assert (last["id"], last["decision"]["verdict"], last["matches"]) == ("soja", "reject", [])
    assert [decision.id for decision in r.decisions] == ["suga", "soja"]
    assert names.resolve("Sojo").decisions == ()
    names.undo()
    names.undo()
    names.reject("Soja", "soja")
    assert names.resolve("Soja").reason.endswith(f"; Sadiq Soja [soja] rejected on {day}")


@pytest.mark.parametrize("mention", ["ZTE", "Somebody Else", "菅", "Qq"])
def test_the_score_of_an_accepted_entity_adds_up(names, mention):
    names.accept(mention, "merkel")
    r = names.resolve(mention)
    adds = r.explanation()[0]["adds"]
    assert sum(adds.values()) == pytest.approx(r.candidates[0].score, abs=0.01)
    assert "score" in r.explain()
    assert math.isfinite(r.candidates[0].score)


def test_an_entity_without_a_letter_in_its_name(names):
    names.put(Entity("dots", "...", "other", (Alias("!!!"),), 3.0))
    names.accept("Ellipsis", "dots")
    r = names.resolve("Ellipsis")
    assert (r.entity.id, r.candidates[0].score) == ("dots", pytest.approx(math.log(3.0)))
    assert "[dots]: probability 1.000" in r.explain()


def test_the_type_asked_for_comes_first(names):
    names.accept("Yoshihide Suga", "zte")
    assert answer(names, "Yoshihide Suga", "org") == "zte"
    assert answer(names, "Yoshihide Suga", "person") == "suga"
    assert "accepted" not in names.resolve("Yoshihide Suga", "person").reason
    assert names.resolve("Yoshihide Suga", "place").outcome == "nil"


def test_later_decisions_count(names):
    names.reject("Soja", "suga")
    names.accept("soja", "suga")
    assert answer(names, "Soja") == "suga"
    names.accept("Soja", "merkel")
    assert answer(names, "Soja") == "merkel"
    names.reject("SOJA", "merkel")
    assert "merkel" not in listed(names, "Soja")
    assert names.resolve("Soja").reason.count("accepted") == 0  # that of suga was over
    names.undo()
    assert answer(names, "Soja") == "merkel"
    names.undo()
    assert answer(names, "Soja") == "suga"
    names.undo()
    assert "suga" not in listed(names, "Soja")
    names.undo()
    assert names.resolve("Soja").decisions == ()
    with pytest.raises(InputError, match="no decision to undo"):
        names.undo()


def test_a_given_decision_is_taken_back_and_the_history_stays(names):
    names.accept("Soja", "suga", "ann")
    names.accept("Suga Soja", "merkel", "bob", "why not")
    undone = names.undo(1)
    assert (undone.number, undone.mention, undone.who) == (1, "Soja", "ann")
    assert undone.undone >= undone.decided
    assert [bool(decision.undone) for decision in names.decisions()] == [True, False]
    assert answer(names, "Suga Soja") == "merkel"
    assert answer(names, "Soja") != "suga"
    with pytest.raises(InputError, match=r"names\.db: decision 1 was undone on 2"):
        names.undo(1)
    with pytest.raises(InputError, match=r"names\.db: no decision 3"):
        names.undo(3)
    for number in (0, -1, 2**70, "1", True):
        with pytest.raises(InputError, match="the number of a decision must be an integer"):
            names.undo(number)


@pytest.mark.parametrize(
    ("mention", "entity_id", "message"),
    [
        ("Soja", "nobody", r"names\.db: no entity has the id 'nobody'"),
        ("...", "suga", "mention '...' has no letter or digit"),
        ("", "suga", "mention is missing or empty"),
        ("x" * 501, "suga", "more than 500 characters"),
        ("So\x00ja", "suga", r"control character U\+0000"),
        ("\ud800", "suga", "not valid UTF-8"),
        ("Soja", "", "id is missing or empty"),
        (7, "suga", "mention must be a string, not 7"),
        ("Soja", None, "id must be a string, not None"),
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(names, mention, entity_id, message):
    for decide in (names.accept, names.reject):
        with pytest.raises(InputError, match=message):
            decide(mention, entity_id)
    assert names.decisions() == []


def test_the_bundled_table_takes_no_decisions():
    with resolver.open() as bundled:
        for change in (lambda: bundled.accept("x", "zte"), lambda: bundled.reject("x", "zte"), bundled.undo):
            with pytest.raises(DatabaseError, match="bundled table cannot be changed"):
                change()
        assert bundled.decisions() == []


def test_other_processes_see_it_at_once(database, names):
    code = "import sys, resolver; resolver.open(sys.argv[1]).accept('Soja', 'merkel', 'ann')"
    assert answer(names, "Soja") != "merkel"
    run_python(code, database)
    assert answer(names, "Soja") == "merkel"
    assert names.decisions()[0].who == "ann"
    names.undo()
    names.reject("Yoshihidi Soja", "suga")
    code = "import sys, resolver; print(resolver.open(sys.argv[1]).resolve('Yoshihidi Soja').entity)"
    assert run_python(code, database) == "None\n"


def test_several_at_once_are_all_made_or_none(database, names):
    reject = [Decision(0, "Soga", id, "reject", "ann") for id in ("suga", "soja")]
    with pytest.raises(InputError, match="'none'"):
        add_decisions(database, [*reject, Decision(0, "Soga", "none", "reject", "ann")])
    assert names.decisions() == []
    assert [decision.number for decision in add_decisions(database, reject)] == [1, 2]
    add_decisions(database, [Decision(0, "Zet", "zte", "accept", "ann")], seen=2)
    for later in ("SOGA", "Soga"):  # the same normal form
        with pytest.raises(DecidedError, match="decided meanwhile: 'soja' rejected by ann") as raised:
            add_decisions(database, [Decision(0, later, "suga", "accept", "bob")], seen=1)
        assert raised.value.decision.number == 2
    assert len(names.decisions()) == 3


def test_who_takes_back_what_they_decided_last(database, names):
    add_decisions(database, [Decision(0, "Soga", id, "reject", "ann") for id in ("suga", "soja")])
    names.accept("Zet", "zte", who="bob")
    assert [decision.id for decision in undo_last(database, "ann")] == ["suga", "soja"]
    assert [decision.id for decision in undo_last(database, "bob")] == ["zte"]
    for who in ("ann", "bob", "", "cy"):
        with pytest.raises(InputError, match="no decision that is still in force"):
            undo_last(database, who)
    # what nobody has taken back since counts for those who decide next
    assert add_decisions(database, [Decision(0, "Soga", "suga", "accept", "bob")], seen=0)[0].number == 4


def test_two_that_decide_at_the_same_time(database, names):
    code = """
        import sys, resolver
        names = resolver.open(sys.argv[1])
        for n in range(20):
            names.accept(f"Soja {sys.argv[2]} {n}", "suga", sys.argv[2])
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(database)]
    for process in [subprocess.Popen([*command, who]) for who in ("ann", "bob")]:
        assert process.wait() == 0
    decisions = names.decisions()
    assert [decision.number for decision in decisions] == list(range(1, 41))
    assert all(answer(names, decision.mention) == "suga" for decision in decisions)


def test_nothing_is_read_again_without_a_decision(names):
    names.accept("Soja", "suga")
    assert answer(names, "Soja") == "suga"
    snapshot = names.table.snapshot()
    names.resolve("Soja")
    assert names.table.snapshot() is snapshot
    names.put(Entity("zte", "ZTE", "org", (Alias("Zhongxing", "zh-Latn", "former"),)))  # no change
    names.resolve("Soja")
    assert names.table.snapshot() is snapshot
    names.accept("Soja", "merkel")
    assert answer(names, "Soja") == "merkel"
    assert names.table.snapshot().identity != snapshot.identity


def test_decisions_outlive_put_and_remove(names):
    names.accept("Zed Tee Ee", "zte")
    names.reject("Yoshihidi Soja", "suga")
    names.put(Entity("zte", "ZTE Corporation", "org"), Entity("suga", "Yoshihide Suga", "person"))
    assert names.resolve("Zed Tee Ee").entity.name == "ZTE Corporation"
    assert answer(names, "Yoshihidi Soja") is None
    names.remove("zte", "suga")
    assert answer(names, "Zed Tee Ee") is None
    assert "accepted" not in names.resolve("Zed Tee Ee").reason
    assert names.rewrite("Zed Tee Ee rose")[1] == []
    names.put(Entity("zte", "Zhongxing", "org"), Entity("suga", "Yoshihide Suga", "person"))
    assert names.resolve("Zed Tee Ee").entity.name == "Zhongxing"
    assert answer(names, "Yoshihidi Soja") is None


def test_decisions_about_what_was_put_since(names):
    names.put(Entity("karl", "Karl Haverbrook", "person"))
    names.accept("The Old Man", "karl")
    assert answer(names, "the old man") == "karl"
    assert "haverbrook" in names.resolve("The Old Man").explain()
    names.reject("Karl Haverbruck", "karl")
    assert answer(names, "Karl Haverbruck") is None
    assert answer(names, "Karl Haverbrok") == "karl"
    names.compact()
    assert (answer(names, "The Old Man"), answer(names, "Karl Haverbruck")) == ("karl", None)


def test_an_entity_put_between_looking_and_reading_is_looked_up_again(database, names, monkeypatch):
    names.accept("The Old Firm", "zte")
    assert answer(names, "The Old Firm") == "zte"
    looked, stale, look = [], names.table.snapshot(), Table.snapshot
    put_entities(database, [Entity("zte", "ZTE Corporation", "org")])

    def late(table):
        looked.append(table)
        return look(table) if len(looked) > 1 else stale

    monkeypatch.setattr(Table, "snapshot", late)
    names.engine().resolver._cached.cache_clear()
    looked.clear()
    assert names.resolve("The Old Firm").entity.name == "ZTE Corporation"
    assert len(looked) == 2


def test_a_text_is_rewritten_by_the_decisions_of_one_moment(open_names, monkeypatch):
    named, decided = Snapshot._named, []

    def interrupted(snapshot, exact):
        if not decided:
            decided.append(other.accept("Port Vale", "zte"))
        return named(snapshot, exact)

    other = open_names()
    monkeypatch.setattr(Snapshot, "_named", interrupted)
    names = open_names()
    text = "ZTE met Port Vale. Port Vale fell."
    assert names.rewrite(text)[0] == text
    assert names.rewrite(text)[0] == "ZTE met ZTE. ZTE fell."


def test_compacting_keeps_them(names):
    names.accept("Soja", "suga", "ann", "so it is")
    names.accept("Sojo", "merkel")
    names.undo()
    names.reject("Zhongxing", "zte")
    before = names.decisions()
    names.remove("zte")
    assert names.compact() == 1
    assert names.decisions() == before
    assert answer(names, "Soja") == "suga"


def test_building_over_the_file_keeps_them(database, names):
    names.accept("Soja", "suga", "ann", "so it is")
    names.accept("Sojo", "merkel")
    names.undo()
    names.reject("Zhongxing", "zte")
    before = names.decisions()
    report = build_file(database, [database.with_name("other.tsv")])
    assert report.decisions == 3
    assert names.decisions() == before
    assert answer(names, "Soja") == "suga"
    assert names.resolve("Zhongxing").decisions == ()  # its entity has gone
    build_file(database, [database.with_name("table.tsv")])
    assert names.decisions() == before
    assert "zte" not in listed(names, "Zhongxing")
    assert names.accept("Sojo", "soja").number == 4


def test_the_same_input_and_decisions_make_the_same_bytes(database, names):
    empty = database.read_bytes()
    build_file(database, [database.with_name("table.tsv")])
    assert database.read_bytes() == empty
    names.accept("Soja", "suga", "ann", "so it is")
    build_file(database, [database.with_name("table.tsv")])
    once = database.read_bytes()
    build_file(database, [database.with_name("table.tsv")])
    assert database.read_bytes() == once != empty


def change(path, sql):
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()


def test_building_over_an_earlier_layout_and_other_rules_keeps_them(database, names):
    names.accept("Soja", "suga")
    change(database, "PRAGMA user_version = 3; UPDATE meta SET value = 'x'; UPDATE decision SET exact = 'old'")
    with pytest.raises(DatabaseError, match="build it again"):
        resolver.open(database)
    build_file(database, [database.with_name("table.tsv")])
    assert answer(names, "Soja") == "suga"


def test_decisions_that_cannot_be_read_are_not_built_over(database, names):
    names.accept("Soja", "suga")
    names.close()
    change(database, "ALTER TABLE decision RENAME COLUMN why TO reason")
    before = database.read_bytes()
    with pytest.raises(DatabaseError, match=r"names\.db: its decisions and saved runs cannot be read .*: move it away"):
        build_file(database, [database.with_name("table.tsv")])
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.glob("*.part")] == []


def test_building_over_a_file_without_decisions(database):
    for sql in ("DROP TABLE decision", "PRAGMA application_id = 7"):
        change(database, sql)
        assert build_file(database, [database.with_name("table.tsv")]).decisions == 0


def test_another_table_with_as_many_decisions_written_over_the_file(tmp_path, database, names, open_names):
    build_file(tmp_path / "new.db", [database.with_name("table.tsv")])
    open_names(tmp_path / "new.db").accept("Soja", "merkel")
    names.accept("Soja", "suga")
    assert answer(names, "Soja") == "suga"
    new, old = sqlite3.connect(tmp_path / "new.db"), sqlite3.connect(database)
    new.backup(old)
    new.close()
    old.close()
    assert answer(names, "Soja") == "merkel"


MENTIONS = ["Soja", "SOJA", "Yoshihidi Soja", "Zhongxing", "Angela Merkil", "菅義偉", "Nobody At All"] * 30


@forks
def test_batches_answer_as_one_call_does(names):
    names.accept("Soja", "merkel", "ann", "so it is")
    names.reject("Yoshihidi Soja", "suga")
    expected = [names.resolve(mention) for mention in MENTIONS]
    found = list(names.resolve_many(MENTIONS, jobs=2, prevalence=SINGLE_PREVALENCE))
    assert [(r.to_dict(), r.reason, r.decisions, r.explain()) for r in found[:7]] == [
        (r.to_dict(), r.reason, r.decisions, r.explain()) for r in expected[:7]
    ]
    assert [r.to_dict() for r in found] == [r.to_dict() for r in expected]
    assert list(names.resolve_to_json(MENTIONS, jobs=2)) == list(names.resolve_to_json(MENTIONS))


@forks
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_decision_while_a_batch_runs(names, jobs):
    found = names.resolve_many((f"Soja {'x' * (n % 3)}" if n < 9000 else "Soja" for n in range(9001)), jobs=jobs)
    assert next(found).mention
    names.accept("Soja", "merkel")
    *_, last = found
    assert last.entity.id == "merkel"


def test_rewriting_leaves_what_was_rejected(names):
    text = "Mr Yoshihidi Soja met Zhongxing. Soja left."
    assert names.rewrite(text)[0] == "Mr Yoshihide Suga met Zhongxing. Suga left."
    names.reject("Soja", "suga", "ann")
    assert names.rewrite(text)[0] == "Mr Yoshihide Suga met Zhongxing. Soja left."
    names.reject("Yoshihidi Soja", "suga")
    assert names.rewrite(text)[0] == text
    names.undo()
    names.undo()
    assert names.rewrite(text)[0] == "Mr Yoshihide Suga met Zhongxing. Suga left."


def test_rewriting_takes_an_accepted_mention_as_a_variant(names, open_names):
    text = "Port Vale rose. Soja left."
    assert names.rewrite(text)[0] == text
    decision = names.accept("Port Vale", "zte", "ann", "as in the minutes")
    new, (edit,) = names.rewrite(text)
    assert new == "ZTE rose. Soja left."
    assert (edit.id, edit.probability, edit.before) == ("zte", 1.0, "Port Vale")
    assert edit.reason == f"accepted by ann on {decision.decided[:10]}: as in the minutes"
    assert names.rewrite(new)[0] == new
    assert names.rewrite("port vale rose")[1] == []  # in small letters it is no name
    names.accept("Soja", "suga")
    assert names.rewrite(text)[0] == "ZTE rose. Yoshihide Suga left."
    canonical = open_names(settings=Settings(policy="canonical"))
    assert canonical.rewrite(text)[0] == "ZTE rose. Yoshihide Suga left."


def test_rewriting_an_alias_with_decisions(open_names):
    names = open_names(settings=Settings(policy="canonical"))
    text = "Zhongxing met Suga."
    assert names.rewrite(text)[0] == "ZTE met Yoshihide Suga."
    names.reject("Zhongxing", "zte")
    assert names.rewrite(text)[0] == "Zhongxing met Yoshihide Suga."
    names.accept("Suga", "merkel")
    assert names.rewrite(text)[0] == "Zhongxing met Angela Merkel."


def test_rewriting_leaves_a_weak_alias_that_was_accepted(open_names):
    names = open_names(settings=Settings(policy="canonical"))
    names.accept("Washington", "george")
    assert answer(names, "Washington") == "george"
    assert names.rewrite("Washington crossed the river.")[1] == []


def test_export_and_import_come_round(tmp_path, database, names, open_names):
    names.accept("Soja", "suga", "ann", "so it is")
    names.undo()
    names.accept("Soja", "suga", "ann", "so it is")  # perhaps in the same second
    names.reject('«Zhong xing»,\t\n"Ltd" | @x\\y', "zte", "bob  b", "tab\there")
    names.accept("Old", "merkel")
    names.remove("merkel")
    exported = table_of(names)
    assert exported.splitlines()[0] == "number\tmention\tid\tverdict\twho\tdecided\twhy\tundone"
    assert exported.splitlines()[3].split("\t")[1] == '«Zhong xing», "Ltd" | @x\\y'
    build_file(tmp_path / "fresh.db", [database.with_name("other.tsv")])
    fresh = open_names(tmp_path / "fresh.db")
    for path, new in ((tmp_path / "fresh.db", 4), (tmp_path / "fresh.db", 0), (database, 0)):
        report = import_tsv(path, "x.tsv", exported.encode().splitlines(keepends=True))
        assert (report.new, report.undone, report.same) == (new, 0, 4 - new)
    assert table_of(fresh) == table_of(names) == exported
    assert answer(fresh, "Soja") == "suga"


def test_importing_takes_back_what_was_taken_back_elsewhere(database, names):
    names.accept("Soja", "suga")
    standing = table_of(names).encode().splitlines()
    names.undo()
    undone = table_of(names)
    report = import_tsv(database, "x", standing)
    assert (report.new, report.undone, report.same) == (0, 0, 1)
    assert table_of(names) == undone
    change(database, "UPDATE decision SET undone = NULL")
    report = import_tsv(database, "x", undone.encode().splitlines())
    assert (report.new, report.undone, report.same) == (0, 1, 0)
    assert table_of(names) == undone


def test_importing_three_columns(database, names):
    lines = b"mention\tid\tverdict\nSoja\tsuga\taccept\n\nZhongxing\tzte\treject\nX\tnobody\taccept\n".splitlines()
    report = import_tsv(database, "x", lines)
    assert (report.new, report.unknown) == (3, 1)
    assert answer(names, "Soja") == "suga"
    assert import_tsv(database, "x", lines).same == 3
    names.undo(1)
    assert import_tsv(database, "x", lines).new == 1  # by hand, and wanted again
    assert answer(names, "Soja") == "suga"


def test_imported_ones_count_as_later(database, names):
    names.accept("Soja", "merkel")
    row = "mention\tid\tverdict\tdecided\nSoja\tsuga\taccept\t2001-02-03T04:05:06+02:00\n"
    import_tsv(database, "x", row.encode().splitlines())
    assert answer(names, "Soja") == "suga"
    assert names.decisions()[1].decided == "2001-02-03T02:05:06Z"


GOOD = "Soja\tsuga\taccept\tann\t2026-01-02T03:04:05Z\twhy\t"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Soja\tsuga\tmaybe\tann\t\t\t", "bad.tsv:3: verdict must be accept or reject, not 'maybe'"),
        ("Soja\tsuga\t\tann\t\t\t", "bad.tsv:3: verdict is missing or empty"),
        ("Soja", "bad.tsv:3: id is missing or empty"),
        ("\tsuga\taccept", "bad.tsv:3: mention is missing or empty"),
        ("...\tsuga\taccept", "bad.tsv:3: mention '...' has no letter or digit"),
        ("Soja\tsuga\taccept\tann\tyesterday", "bad.tsv:3: decided must be a time with a time zone, such as 20"),
        ("Soja\tsuga\taccept\tann\t2026-01-02", "not '2026-01-02'"),
        ("Soja\tsuga\taccept\tann\t2026-01-02T03:04:05", "not '2026-01-02T03:04:05'"),
        ("Soja\tsuga\taccept\tann\t0001-01-01T00:00:00+05:00", "bad.tsv:3: decided must be"),
        (GOOD + "soon", "bad.tsv:3: undone must be a time with a time zone"),
        (GOOD + "\tmore", "bad.tsv:3: 8 cells, but the header has 7"),
        ("So\x01ja\tsuga\taccept", "bad.tsv:3: mention 'So\\x01ja' contains the control character U+0001"),
        ("S\udcffja\tsuga\taccept", "bad.tsv:3: mention 'S\\udcffja' is not valid UTF-8"),
    ],
)
def test_a_bad_row_imports_nothing(tmp_path, database, names, row, message):
    text = f"mention\tid\tverdict\twho\tdecided\twhy\tundone\n{GOOD}\n{row}\n{GOOD}\n"
    (tmp_path / "bad.tsv").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run("decisions", "--db", database, "--import", tmp_path / "bad.tsv")
    assert result.exit_code == 2
    assert message in result.stderr
    assert names.decisions() == []


def test_the_commands(tmp_path, database, monkeypatch):
    monkeypatch.setenv("LOGNAME", "carla")
    assert run("accept", "Soja", "suga", "--db", database, "--why", "so it is").exit_code == 0
    result = run("reject", "Zhongxing", "zte", "--db", database, "--who", "bob")
    assert result.exit_code == 0
    assert "names.db: decision 2: 'Zhongxing' as zte: rejected by bob on 2" in result.stderr
    assert result.stdout == ""
    assert run("resolve", "Soja", "--db", database).stdout == "linked\tYoshihide Suga [suga]\t1.000\n"
    assert "accepted by carla on 2" in run("resolve", "Soja", "--db", database, "--explain").stdout
    value = json.loads(run("resolve", "Soja", "--db", database, "--explain", "--json").stdout)
    assert value["evidence"][0]["decision"]["why"] == "so it is"
    assert "\ndecisions: 2\n" in run("info", "--db", database).stdout
    shown = run("decisions", "--db", database).stdout
    assert len(shown.splitlines()) == 3
    assert run("decisions", "--db", database, "--export", tmp_path / "out.tsv").stdout == ""
    assert (tmp_path / "out.tsv").read_text() == shown
    assert "decision 1 undone: 'Soja'" in run("undo", "1", "--db", database).stderr
    assert "decision 2 undone" in run("undo", "--db", database).stderr
    result = run("build", "-o", database, database.with_name("table.tsv"))
    assert "names, 2 decisions kept" in result.stderr
    result = run("decisions", "--db", database, "--import", "-", stdin="mention\tid\tverdict\nSoja\tnobody\treject\n")
    assert "names.db: 1 new, 0 undone, 0 as before" in result.stderr
    assert "1 without effect: no entity has their id" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["accept", "Soja", "nobody", "--db", "{db}"], "names.db: no entity has the id 'nobody'"),
        (["reject", "...", "suga", "--db", "{db}"], "mention '...' has no letter or digit"),
        (["accept", "Soja", "suga"], "Missing option '--db'"),
        (["accept", "Soja", "--db", "{db}"], "Missing argument 'ID'"),
        (["accept", "Soja", "suga", "--db", "{tmp}/none.db"], "none.db: no such file"),
        (["undo", "--db", "{db}"], "names.db: no decision to undo"),
        (["undo", "7", "--db", "{db}"], "names.db: no decision 7"),
        (["undo", "x", "--db", "{db}"], "nor a number that 'resolver decisions' lists"),
        (["decisions", "--db", "{db}", "--export", "{db}"], "is also an input or another output"),
        (["decisions", "--db", "{db}", "--export", "a", "--import", "b"], "either --export or --import"),
        (["decisions", "--db", "{db}", "--import", "{tmp}/none.tsv"], "none.tsv: cannot be read"),
        (["decisions", "--db", "{db}", "--import", "{tmp}/table.tsv"], "no column 'mention' and no column 'verdict'"),
    ],
)
def test_commands_that_change_nothing(tmp_path, database, arguments, message):
    before = database.read_bytes()
    result = run(*[a.format(tmp=tmp_path, db=database) for a in arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert database.read_bytes() == before


def test_who_and_why_are_of_some_length(names):
    assert names.accept("Soja", "suga", why="w" * 10_000).why
    for told in ({"why": "w" * 10_001}, {"who": "w" * 10_001}):
        with pytest.raises(InputError, match=r"has 10,001 characters, more than 10,000"):
            names.reject("Suga-san", "suga", **told)
    assert len(names.decisions()) == 1
