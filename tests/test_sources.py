import json

import pytest

from resolver.errors import InputError
from resolver.records import Alias
from resolver.sources.entity_rows import parse_alias, read_source


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_source(path))


def test_tsv_csv_and_jsonl_say_the_same(tmp_path):
    tsv = '\ufeffid\tname\ttype\taliases\tweight\r\nx\tA "B" C\torg\tD@en:short|E\\|F|G\\@H@fr\t2.5\r\n\r\ny\tY\r\n'
    csv = 'name,id,aliases,type,weight\n"A ""B"" C",x,"D@en:short|E\\|F|G\\@H@fr",org,2.5\nY,y,,,\n'
    jsonl = "\n".join(
        json.dumps(row)
        for row in [
            {"id": "x", "name": 'A "B" C', "type": "org", "weight": 2.5,
             "aliases": [{"name": "D", "lang": "en", "kind": "short"}, "E\\|F", {"name": "G@H", "lang": "fr"}]},
            {"id": "y", "name": "Y"},
        ]
    )  # fmt: skip
    found = [[row.entity for row in read(tmp_path, f"t.{kind}", text)] for kind, text in
             (("tsv", tsv), ("csv", csv), ("jsonl", jsonl))]  # fmt: skip
    assert found[0] == found[1] == found[2]
    assert found[0][0].aliases == (Alias("D", "en", "short"), Alias("E|F"), Alias("G@H", "fr"))


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("Suga", Alias("Suga")),
        ("菅@ja", Alias("菅", "ja")),
        ("中興@zh-Hant:short", Alias("中興", "zh-Hant", "short")),
        ("ZTE@:acronym", Alias("ZTE", "", "acronym")),
        ("Act One: Short", Alias("Act One: Short")),
        ("Act One:", Alias("Act One:")),
        (r"a\@b.c", Alias("a@b.c")),
        (r"a\\b", Alias(r"a\b")),
    ],
)
def test_aliases(text, alias):
    assert parse_alias(text) == alias


@pytest.mark.parametrize("text", ["@en", "a@", "a@:", "a@en:", "a@b@c", "a@x y", "a@en:Not A Kind", "", "ZTE:acronym"])
def test_bad_aliases(text):
    if text == "a@en:":
        assert parse_alias(text) == Alias("a", "en")
        return
    with pytest.raises(ValueError, match="alias"):
        parse_alias(text)


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("t.tsv", b"id\tname\na\tA\nb\t\xff\n", 3, "not valid UTF-8"),
        ("t.tsv", "id\tname\n\tA\n", 2, "id is missing"),
        ("t.tsv", "id\tname\nx\t \n", 2, "name is missing"),
        ("t.tsv", "id\tname\nx\tA\tB\n", 2, "3 cells, but the header has 2"),
        ("t.tsv", "id\tname\nx\n", 2, "name is missing"),
        ("t.tsv", "id\tname\ttype\nx\tA\tcity\n", 2, "type must be one of person, org, place, other, not 'city'"),
        ("t.tsv", "id\tname\tweight\nx\tA\t-1\n", 2, "weight must be a number above 0, not '-1'"),
        ("t.tsv", "id\tname\tweight\nx\tA\tnan\n", 2, "weight must be"),
        ("t.tsv", "id\tname\taliases\nx\tA\tB@not a language\n", 2, "B@not a language"),
        ("t.tsv", "id\tname\nx\tA\x01B\n", 2, "U+0001"),
        ("t.csv", 'id,name\nx,"A\n', 2, "not a CSV record"),
        ("t.csv", "id,name\nx,A,B\n", 2, "3 cells"),
        ("t.jsonl", '{"id": "x", "name": "A"}\n{"id": \n', 2, "no JSON"),
        ("t.jsonl", "[1]\n", 1, "not a JSON object"),
        ("t.jsonl", '{"id": "x", "name": "A", "aliases": [3]}\n', 1, "alias 3"),
        ("t.jsonl", '{"id": "x", "name": "A", "aliases": 3}\n', 1, "must be a list"),
        ("t.jsonl", '{"id": "x", "name": 3}\n', 1, None),
    ],
)
def test_a_bad_row_names_file_line_and_value(tmp_path, name, text, line, message):
    rows = read(tmp_path, name, text)
    errors = [row.error for row in rows if row.error]
    if message is None:
        assert not errors
        return
    (error,) = errors
    assert error.line == line
    assert message in str(error)
    assert f"{name}:{line}" in str(error)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.tsv", "", "no header"),
        ("t.tsv", "ident\tname\n", "no column 'id'"),
        ("t.csv", "id;name\n", "no column 'id'"),
        ("t.tsv", "id\tname\tid\n", "'id' twice"),
        ("t.tsv", "id\tname\rlomax\tLomax Industries\rlena\tLena Morgenstern\r", "end in bare carriage returns"),
        ("t.csv", 'id,name\rlomax,"Lomax Industries"\r', "end in bare carriage returns"),
        ("t.csv", 'id,"name\na,b\n', "header cannot be read: not a CSV record"),
        ("t.xlsx", "", "extension must be one of"),
    ],
)
def test_an_unusable_file(tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, name, text)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read"):
        list(read_source(tmp_path / "none.tsv"))


def test_newlines_in_quoted_csv_count_as_lines(tmp_path):
    rows = read(tmp_path, "t.csv", 'id,name\nx,"A\nB"\ny,\n')
    assert [row.line for row in rows] == [2, 4]
