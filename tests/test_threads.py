"""Threads resolve at the same time, on one table and on several, and answer as one thread does."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import resolver
from resolver.database.build import build_file
from resolver.index.index_builder import index_of
from resolver.names.normal_form import normal_form
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.matching import NO_PLACES, Matcher, align, evidence
from resolver.settings import Settings
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.cost_tables import PackedWords, tables_of
from resolver.sound.latin_sounds import similarity_rows

MENTIONS = (
    """
Yoshihidi Soja|Huawey Tecnologies|Soja|Merkil Angela|يوشيهيدي سوجا|Малкълм Търнбул|菅義偉|Zelensky|Toyota Moter|NATO
KDDI Korp|Vladimir Puttin|מלקולם טרנבול|Εμανουέλ Μακρόν|ソフトバンク|U.S.|Sofbank Group Corp
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.fixture(autouse=True)
def _many_switches():
    """Let threads take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


def matcher_of(snapshot):
    (index,) = snapshot.indexes
    return Matcher(index, Settings(), snapshot.size)


def answers(matcher, mentions):
    found = []
    for mention in mentions:
        normal = normal_form(mention)
        near = matcher.nearest(normal)
        found.append((near, matcher.match(PreparedMention(matcher.index, normal), None, NO_PLACES, 10)))
    return found


def shifted(number):
    return MENTIONS[number % len(MENTIONS) :] + MENTIONS[: number % len(MENTIONS)]


@pytest.fixture(scope="module")
def snapshots(names, tmp_path_factory):
    path = tmp_path_factory.mktemp("threads") / "few.db"
    path.with_suffix(".tsv").write_text("id\tname\na\tYoshihide Suga\nb\tHuawei Technologies\nc\tKDDI Corp.\n")
    build_file(path, [path.with_suffix(".tsv")])
    with resolver.open(path) as other:
        yield names.table.snapshot(), other.table.snapshot()


def test_threads_on_one_table_and_on_two_answer_as_one_thread(snapshots):
    matchers = [matcher_of(snapshot) for snapshot in snapshots]
    alone = [dict(zip(MENTIONS, answers(matcher, MENTIONS), strict=True)) for matcher in matchers]
    start = threading.Barrier(8)

    def work(number):
        start.wait(timeout=60)
        matcher = matchers[number % 2]
        mentions = shifted(number) * 3
        return number % 2, mentions, answers(matcher, mentions)

    with ThreadPoolExecutor(8) as threads:
        for table, mentions, found in threads.map(work, range(8)):
            for mention, answer in zip(mentions, found, strict=True):
                assert answer == alone[table][mention], mention


def test_threads_that_resolve_never_wait_for_each_other(snapshots):
    """A thread that is stopped in the middle of a mention keeps nobody from resolving."""
    (matcher, _) = (matcher_of(snapshot) for snapshot in snapshots)
    expected = answers(matcher, MENTIONS)
    taken, done = threading.Event(), threading.Event()

    def hold():
        with matcher._workspaces.lent():
            taken.set()
            done.wait(timeout=60)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(timeout=60)
    try:
        with ThreadPoolExecutor(1) as other:
            assert other.submit(answers, matcher, MENTIONS).result(timeout=60) == expected
    finally:
        done.set()
        holder.join()


def test_a_workspace_that_an_error_left_half_used_is_not_used_again(names):
    matcher = matcher_of(names.table.snapshot())
    expected = answers(matcher, MENTIONS)
    with pytest.raises(RuntimeError), matcher._workspaces.lent() as workspace:
        raise RuntimeError
    assert workspace not in matcher._workspaces._spare
    assert answers(matcher, MENTIONS) == expected


def test_sounds_and_evidence_are_the_same_in_many_threads(names):
    (index,) = names.table.snapshot().indexes
    (latin,) = tables_of("Latin")
    words = ["yoshihide", "suga", "huawei", "technologies", "merkel", "x" * 60]

    def work(number):
        rows = [list(similarity_rows((word,), tuple(words))) for word in words]
        scores = [list(latin.scores(word, PackedWords(words))) for word in words]
        soja = normal_form("Yoshihidi Soja")
        given = evidence(index, soja, 0, 0.1, weak=False)
        return rows, scores, given, align(soja, normal_form("Yoshihide Suga")), id(BUFFERS.cells)

    (*expected, _) = work(0)
    start = threading.Barrier(4)

    def at_once(number):
        start.wait(timeout=60)
        return [work(number) for _ in range(20)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(at_once, range(4)))
    assert all(one[:-1] == tuple(expected) for ones in found for one in ones)
    assert len({one[-1] for ones in found for one in ones}) == 4, "each thread has its own work arrays"


def test_a_matcher_for_another_size_shares_the_workspaces(names):
    matcher = matcher_of(names.table.snapshot())
    larger = matcher.with_table_size(5_000_000)
    assert matcher.with_table_size(matcher.table_size) is matcher
    assert larger._workspaces is matcher._workspaces
    before = answers(matcher, MENTIONS)
    assert answers(larger, MENTIONS) != before
    assert answers(matcher, MENTIONS) == before


def test_evidence_is_of_the_best_matches_and_adds_up(names):
    matcher = matcher_of(names.table.snapshot())
    for mention in MENTIONS:
        normal = normal_form(mention)
        for explained in (0, 1, 3, 10):
            prepared = PreparedMention(matcher.index, normal)
            found = matcher.match(prepared, None, NO_PLACES, 10, explained=explained).best
            assert [match.evidence is not None for match in found] == [n < explained for n in range(len(found))]
        for match in found:
            alone = evidence(matcher.index, normal, match.form, match.share, match.weak)
            assert alone.matches == match.evidence.matches
            assert (alone.name_tokens, alone.name_exact) == (match.evidence.name_tokens, match.evidence.name_exact)
            if "bias" in alone.features:
                assert alone.features == match.evidence.features


def test_an_index_of_one_name_needs_no_more_room_than_that(names):
    index = index_of([normal_form("Yoshihide Suga")])
    found = Matcher(index, Settings(), 1).match(
        PreparedMention(index, normal_form("Yoshihidi Soja")), None, NO_PLACES, 10
    )
    assert len(found.best) == 1
