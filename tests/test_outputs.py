"""What is written of a rewriting beside the new texts."""

import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

import resolver
from resolver import RewriteOptions
from resolver.cli import main
from resolver.corpus.formats.file_format import Rewritten, RewrittenText
from resolver.corpus.outputs import report_page as report
from resolver.corpus.outputs import statistics as stats
from resolver.corpus.outputs.brat import StandoffPlace, marked, standoff
from resolver.corpus.outputs.diffs import diff_of
from resolver.corpus.outputs.edit_lines import edit_lines
from resolver.corpus.outputs.web_annotations import annotation_items
from resolver.records import Edit
from resolver.text.edit_filter import EditFilter


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def unit(text, *changes, doc="a.txt:1", field="", offset=0, line=1):
    """A text and some changes of it (before, after)."""
    edits, place = [], 0
    for before, after in changes:
        place = text.index(before, place)
        edit = Edit(place + offset, place + offset + len(before), before, after, "e 1", "Entity <1>", 0.9, "why", doc)
        edits.append(edit)
        place += len(before)
    after = text
    for edit in reversed(edits):
        after = after[: edit.start - offset] + edit.after + after[edit.end - offset :]
    return Rewritten(
        text.encode(), after.encode(), (RewrittenText(doc, field, text, offset, tuple(edits)),), None, line
    )


def test_edits_name_the_field_only_where_there_are_several():
    one = unit("Soja", ("Soja", "Suga"), field="text")
    assert list(json.loads(next(edit_lines(one, "text")))) == [
        *("doc", "start", "end", "before", "after", "id", "name", "probability", "reason"),
    ]
    assert json.loads(next(edit_lines(one, "")))["field"] == "text"
    assert "field" not in json.loads(next(edit_lines(unit("Soja", ("Soja", "Suga")), "")))


def test_edits_of_several_fields(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"title": "Softbank", "body": {"text": "Of Softbank"}, "text": "Softbank"}\n')
    result = run("rewrite", tmp_path / "in.jsonl", "--field", "title", "--field", "body.text", "--dry-run")
    edits = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(e["field"], e["start"]) for e in edits] == [("title", 0), ("body.text", 3)]
    result = run("rewrite", tmp_path / "in.jsonl", "--dry-run")
    assert "field" not in json.loads(result.stdout)


def test_annotations_point_at_code_points():
    text = "🙂 Prime minister Soja, née Söja"
    (item,) = map(json.loads, annotation_items(unit(text, ("Soja", "Suga"), offset=100), "über all/a.txt"))
    position, quote = item["target"]["selector"]
    assert (position["start"], position["end"]) == (117, 121)
    assert (quote["prefix"], quote["exact"], quote["suffix"]) == ("🙂 Prime minister ", "Soja", ", née Söja")
    assert item["body"][0]["value"] == "Suga"
    assert item["body"][1]["source"]["id"] == "urn:x-entity:e%201"
    record = unit("Soja", ("Soja", "Suga"), doc="r/1", field="title")
    (other,) = map(json.loads, annotation_items(record, "a.jsonl"))
    assert other["target"]["source"] == "a.jsonl#r%2F1/title"
    assert item["id"] != other["id"]
    assert list(annotation_items(record, "a.jsonl")) == list(annotation_items(record, "a.jsonl"))


def test_annotation_pages_are_json(tmp_path):
    for text, edits in (("Softbank. Huavei Technologies fell.", 2), ("Nothing.", 0)):
        (tmp_path / "a.txt").write_text(text)
        result = run("rewrite", tmp_path / "a.txt", "--dry-run", "--edits", tmp_path / "e", "--annotations", "-")
        page = json.loads(result.stdout)
        assert (page["@context"], page["type"]) == ("http://www.w3.org/ns/anno.jsonld", "AnnotationPage")
        assert len(page["items"]) == edits


def read_brat(text, ann):
    """The marked strings of a standoff, checked against the text."""
    found = []
    for line in ann.splitlines():
        if line.startswith("T"):
            name, where, shown = line.split("\t")
            type_, spans = where.split(" ", 1)
            pieces = [text[int(a) : int(b)] for a, b in (span.split() for span in spans.split(";"))]
            assert " ".join(pieces) == shown
            found.append((name, type_, shown))
    return found


def test_brat_goes_on_over_parts_and_line_ends():
    parts = [
        [unit("🙂 Soja\n", ("Soja", "Suga")), unit("no end", doc="2")],
        [unit("Yoshihidi\nSoja\twent.", ("Yoshihidi\nSoja\twent", "Yoshihide Suga"), offset=40)],
    ]
    text, ann, place = "", "", StandoffPlace()
    for units in parts:
        found = marked(units)
        lines, place = standoff(found, place, lambda id_: "person")
        text, ann = text + found.text, ann + lines
    assert text == "🙂 Soja\nno end\nYoshihidi\nSoja\twent.\n"
    assert place == StandoffPlace(len(text), 2)
    assert "N2\tReference T2 resolver:e%201\tEntity <1>\n" in ann
    assert read_brat(text.replace("\t", " "), ann) == [
        ("T1", "person", "Soja"),
        ("T2", "person", "Yoshihidi Soja went"),
    ]


def test_brat_of_text_has_the_offsets_of_the_file(tmp_path):
    text = "\ufeffSoftbank\r\nof 日本 Softbank\r\n"
    (tmp_path / "in.txt").write_bytes(text.encode())
    assert run("rewrite", tmp_path / "in.txt", "--brat", tmp_path / "b", "--output", tmp_path / "o").exit_code == 0
    assert (tmp_path / "b" / "in.txt").read_bytes() == text.encode()
    ann = (tmp_path / "b" / "in.ann").read_text()
    assert read_brat(text, ann) == [("T1", "org", "Softbank"), ("T2", "org", "Softbank")]


def test_stats_count_entities(tmp_path):
    text = "Softbank. Softbank. KDDI Corp. fell."
    result = run("rewrite", "-", "--policy", "canonical", "--stats", "--stats-json", tmp_path / "s.json", stdin=text)
    assert "2  SoftBank [softbank]\n1  KDDI [kddi]\n" in result.stderr
    assert json.loads((tmp_path / "s.json").read_text()) == {
        "files": 1, "changed": 1, "edits": 3, "rejected": 0, "unreadable": 0,
        "entities": [
            {"id": "softbank", "name": "SoftBank", "edits": 2},
            {"id": "kddi", "name": "KDDI", "edits": 1},
        ],
    }  # fmt: skip
    many = stats.Counter({(str(n), f"Name {n}"): n for n in range(1, 31)})
    assert stats.in_words(many)[0] == "30  Name 30 [30]"
    assert stats.in_words(many)[-1] == "55  of 10 other entities"


def test_unified_diffs_have_the_lines_of_the_file():
    shown = diff_of(unit("one\nSoja two\n", ("Soja", "Suga"), line=40), "lines", False)
    assert shown == "@@ -40,2 +40,2 @@\n one\n-Soja two\n+Suga two\n"
    assert "\\ No newline at end of file" in diff_of(unit("Soja", ("Soja", "Suga")), "lines", False)
    assert diff_of(unit("Soja"), "lines", False) == ""
    wide = unit("Soja", ("Soja", "Suga"))
    wide = Rewritten(wide.before.decode().encode("utf-16"), wide.after.decode().encode("utf-16"), wide.texts, None, 1)
    assert "-Soja\n" in diff_of(wide, "lines", False)


def test_a_diff_is_a_patch(tmp_path):
    for name, text in (("a.jsonl", '{"text": "x"}\n{"text": "Softbank"}\n' * 30), ("b.txt", "Softbank\n\nno\n" * 9)):
        (tmp_path / name).write_text(text)
        result = run("rewrite", tmp_path / name, "--diff")
        lines, old, new = text.splitlines(), {}, {}
        for line in result.stdout.splitlines():
            if match := re.match(r"@@ -(\d+)\S* \+(\d+)", line):
                at = [int(match[1]), int(match[2])]
            elif line[:3] not in ("---", "+++"):
                for sign, place, lines_of in (("-", 0, old), ("+", 1, new)):
                    if line[0] in (sign, " "):
                        lines_of[at[place]] = line[1:]
                        at[place] += 1
        assert old
        assert all(lines[n - 1] == line for n, line in old.items())
        assert all(lines[n - 1].replace("Softbank", "SoftBank") == line for n, line in new.items())
        assert sum("SoftBank" in line for line in new.values()) == text.count("Softbank")


def test_word_diffs_mark_the_words():
    text = "First.\nSoja met Soja\nin Rome.\nLast Soja"
    one = unit(text, ("Soja", "Suga"), ("Soja\nin Rome", "Suga"), ("Soja", "Suga"), doc="d")
    assert diff_of(one, "words", False) == (
        "@@ d @@\n[-Soja-]{+Suga+} met [-Soja\nin Rome-]{+Suga+}.\nLast [-Soja-]{+Suga+}\n"
    )
    assert "\x1b[31mSoja\x1b[0m\x1b[32mSuga\x1b[0m" in diff_of(one, "words", True)
    sly = unit("x \x1b[2JSoja\x07", ("\x1b[2JSoja", "Suga"), doc="\x1b]0;title\x07")
    for style in ("lines", "words"):
        shown = diff_of(sly, style, True)
        assert "\x07" not in shown
        assert "\x1b[2J" not in shown


def test_colour_only_when_asked_for_or_on_a_terminal():
    assert "\x1b" not in run("rewrite", "-", "--word-diff", stdin="Softbank").stdout
    assert "[-Softbank-]{+SoftBank+}" in run("rewrite", "-", "--word-diff", stdin="Softbank").stdout
    for style in ("--diff", "--word-diff"):
        assert "\x1b[32m" in run("rewrite", "-", style, "--color", stdin="Softbank").stdout
    assert run("rewrite", "-", "--diff", "--word-diff", stdin="x").exit_code == 2


class Page(HTMLParser):
    """The elements of a page, and the text of its table cells."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.cells, self.open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data


def page_of(*units, edits=1):
    before, behind = report.report_page(edits, 1, 2, 3, 10_000)
    rows = (
        r for u in units for r in report.report_rows(u, "f.txt", lambda id_: "person", lambda b, a: f"{b} <as> {a}")
    )
    return (before + b"".join(rows) + behind).decode()


def test_the_report_shows_hostile_text_as_it_is():
    evil = '<img src=x onerror="alert(1)"></td><script>'
    text = f"First. It {evil} said Soja\u202e \x00 {evil}. Last."
    found = Page(page_of(unit(text, ("Soja", evil), doc=evil)))
    assert [tag for tag, _ in found.tags].count("script") == 2  # its own
    assert "img" not in [tag for tag, _ in found.tags]
    place, shown, probability, entity, reason = found.cells
    assert place.startswith(evil)
    assert shown == f"It {evil} said Soja {evil}[U+202E] ␀ {evil}."
    assert (probability, entity) == ("0.900", "Entity <1>e 1 · person")
    assert reason == f"whySoja <as> {evil}"


def test_the_report_needs_no_network_and_is_a_table():
    page = page_of(unit("Soja", ("Soja", "Suga")))
    assert not re.findall(r"(?:src|href)\s*=|https?:|@import|url\(", page)
    found = Page(page)
    headers = [attrs for tag, attrs in found.tags if tag == "th"]
    assert [attrs["scope"] for attrs in headers] == ["col"] * 5
    assert headers[0]["aria-sort"] == "ascending"
    assert [attrs["dir"] for tag, attrs in found.tags if tag == "td" and "dir" in attrs] == ["auto"]
    assert "1 edit in 1 of 2 files. 3 records could not be read" in page
    assert "Only the first 10,000" not in page
    assert "Only the first 10,000 are shown" in page_of(edits=10_001)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two Soja three. Four.", "Two Soja three."),
        ("Soja", "Soja"),
        ("He said: “No.” Soja left", "Soja left"),
        ("他走了。Soja来了。好", "Soja来了。"),
        ("line one\nSoja two\nthree", "Soja two"),
        ("the U.S. envoy Soja spoke", "the U.S. envoy Soja spoke"),
        ("x" * 300 + " Soja " + "y" * 300, "…" + "x" * 199 + " Soja " + "y" * 199 + "…"),
    ],
)
def test_the_report_shows_the_sentence(text, sentence):
    shown = Page(page_of(unit(text, ("Soja", "")))).cells[1]
    assert shown.replace("Soja ", "Soja", 1) == sentence


def test_the_report_of_a_run_explains(tmp_path):
    (tmp_path / "a.txt").write_text("Spokesman Yoshihidi Soja met Softbank.")
    assert (
        run("rewrite", tmp_path / "a.txt", "--report", tmp_path / "r.html", "--output", tmp_path / "o").exit_code == 0
    )
    cells = Page((tmp_path / "r.html").read_text()).cells
    assert len(cells) == 10
    assert "soja ~ suga" in cells[4]


def test_the_report_is_cut(tmp_path):
    (tmp_path / "a.txt").write_text("Softbank. " * 5)
    options = RewriteOptions(report=str(tmp_path / "r.html"), report_rows=3)
    resolver.rewrite_files(tmp_path / "a.txt", dry_run=True, options=options)
    page = (tmp_path / "r.html").read_text()
    assert page.count("<tr data-p") == 3
    assert "Only the first 3 are shown" in page


def filtered(filter_, text, *edits):
    made = [Edit(text.index(b), text.index(b) + len(b), b, a, i, a, 0.9, "why") for b, a, i in edits]
    types = {"suga": "person", "softbank": "org"}
    new, kept = filter_.applied(lambda text, doc: ("unfiltered", made), lambda id_: types.get(id_, ""))(text, "")
    return new, [edit.id for edit in kept]


@pytest.mark.parametrize(
    ("filter_", "ids"),
    [
        (EditFilter(), ["suga", "softbank"]),
        (EditFilter(types=frozenset({"person"})), ["suga"]),
        (EditFilter(types=frozenset({"person", "org"})), ["suga", "softbank"]),
        (EditFilter(types=frozenset({"place"})), []),
        (EditFilter(only=frozenset({"softbank"})), ["softbank"]),
        (EditFilter(only=frozenset()), []),
        (EditFilter(without=frozenset({"softbank"})), ["suga"]),
        (EditFilter(only=frozenset({"softbank"}), without=frozenset({"softbank"})), []),
        (EditFilter(protected=frozenset({"Soja"})), ["softbank"]),
        (EditFilter(protected=frozenset({"Yoshihidi"})), ["softbank"]),
        (EditFilter(protected=frozenset({"Mr Yoshihidi", "Soft"})), ["softbank"]),
        (EditFilter(protected=frozenset({"met"})), ["suga", "softbank"]),
        (EditFilter(protected=frozenset({"Soja met Softbank"})), []),
        (EditFilter(protected=frozenset({"soja"})), ["suga", "softbank"]),
    ],
)
def test_edits_that_are_not_wanted(filter_, ids):
    text = "Mr Yoshihidi Soja met Softbank."
    new, kept = filtered(
        filter_, text, ("Yoshihidi Soja", "Yoshihide Suga", "suga"), ("Softbank", "SoftBank", "softbank")
    )
    assert kept == ids
    if len(ids) < 2:
        assert ("Suga" in new, "SoftBank" in new) == ("suga" in ids, "softbank" in ids)


@pytest.mark.parametrize(
    ("protected", "text", "kept"),
    [
        ("US", "RUSSIA", True),
        ("软", "软行公司", False),
        ("A.B.", "A.B.", False),
        ("C++", "C++er", False),
        ("++", "C++", False),
    ],
)
def test_a_protected_string_is_no_part_of_a_longer_word(protected, text, kept):
    _, ids = filtered(EditFilter(protected=frozenset({protected})), text, (text, "x", "suga"))
    assert (ids == ["suga"]) == kept


def test_filters_of_the_command(tmp_path):
    text = "Softbank met Yoshihidi Soja and KDDI Corp. yesterday."
    for name, lines in (("ids", "softbank\n\n kddi \r\n"), ("words", "\ufeffYoshihidi\nCorp\n")):
        (tmp_path / name).write_text(lines)

    def changed(*options):
        result = run("rewrite", "-", "--policy", "canonical", "--dry-run", *options, stdin=text)
        assert result.exit_code == 0, result.stderr
        return [json.loads(line)["id"] for line in result.stdout.splitlines()]

    everything = ["softbank", "yoshihide-suga", "kddi"]
    assert changed() == everything
    assert changed("--type", "person") == ["yoshihide-suga"]
    assert changed("--type", "person", "--type", "org") == everything
    assert changed("--only", tmp_path / "ids") == ["softbank", "kddi"]
    assert changed("--except", tmp_path / "ids") == ["yoshihide-suga"]
    assert changed("--protect", tmp_path / "words") == ["softbank"]
    assert "yoshihide-suga" not in changed("--min-probability", "0.999")
    assert "yoshihide-suga" not in changed("--min-precision", "0.9999")
    (tmp_path / "bad").write_bytes(b"\xff")
    for wrong in (["--only", tmp_path / "none"], ["--protect", tmp_path / "bad"], ["--min-probability", "2"]):
        assert run("rewrite", "-", *wrong, stdin=text).exit_code == 2
    assert run("rewrite", "-", "--min-probability", "0.9", "--min-precision", "0.9", stdin=text).exit_code == 2


def test_the_page_is_in_the_package():
    assert (resolver.corpus.outputs.report_page.files("resolver.corpus.outputs") / "report_page.html").is_file()


def test_ids_that_became_others_and_ids_of_nobody_in_filters(tmp_path):
    ask = {"old-softbank": "softbank", "kddi": "kddi"}.get
    wanted = EditFilter(only=frozenset({"old-softbank", "nobody"}), without=frozenset({"kddi"}))
    present, unknown = wanted.present(ask)
    assert (present.only, present.without, unknown) == (
        frozenset({"softbank", "nobody"}),
        frozenset({"kddi"}),
        ["nobody"],
    )
    (tmp_path / "ids").write_text("nobody\n")
    result = run("rewrite", "-", "--only", tmp_path / "ids", stdin="Softbank")
    assert result.stdout == "Softbank"
    assert "resolver: no entity has the id 'nobody' of --only or --except" in result.stderr
