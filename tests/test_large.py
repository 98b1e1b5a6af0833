"""Records too large to be held: rewritten piece by piece they become what they become as a whole."""

import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from format_checks import rewritten, units

from resolver.corpus.formats.file_format import SizeLimits
from resolver.corpus.outputs.brat import marked
from resolver.corpus.record_segments import JsonSegments
from resolver.errors import InputError

STRINGS = [
    "Soja",
    "Yoshihidi Soja spoke. ",
    'x"y',
    "\\",
    "é😀",
    "\n",
    "\t",
    "",
    "Softbank, and ",
    "ab " * 30,
    "\u2028",
    "/",
]


SMALL = SizeLimits(max_record=12, batch=3, chunk=5)
"""All records are large, and are read and cut a few letters at a time."""

SHORT_BLOCKS = SizeLimits(min_block=8, max_block=64)
SMALL_BLOCKS = replace(SMALL, min_block=8, max_block=64)


def values(rng, count):
    return ["".join(rng.choices(STRINGS, k=rng.randrange(9))) for _ in range(count)]


def json_line(rng):
    one, *more = values(rng, 6)
    record = {"id": rng.choice(["é\n7", 7, -3, None, 1.5, "7" * 30]), "x": [1, {"text": "Soja"}], "text": one}
    record |= {"y": -1.5e3, "p": [{"t": more[0], "u": None}, {"t": more[1:3]}, {}], "z": more[3], "empty": {}, "l": []}
    if rng.random() < 0.3:
        record["id"] = record.pop("id")
    ascii_only, space = rng.random() < 0.5, rng.choice([None, 1])
    return json.dumps(record, ensure_ascii=ascii_only, indent=space).replace("\n", rng.choice([" ", "\t"])) + "\n"


def csv_row(rng, quote):
    cells = values(rng, 3)
    if quote:
        return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + rng.choice(["\n", "\r\n"])
    return ",".join("".join(c for c in cell if c not in '",\r\n') for cell in cells) + "\n"


def tsv_row(rng):
    return "\t".join("".join(c for c in cell if c not in "\t\n") for cell in values(rng, 3)) + rng.choice(
        ["\n", "\r\n"]
    )


def files(seed):
    rng = random.Random(seed)
    return {
        "a.jsonl": "".join(json_line(rng) for _ in range(4)),
        "b.jsonl": "\ufeff" + json_line(rng).rstrip("\n"),
        "a.csv": "id,text,z\n" + "".join(csv_row(rng, rng.random() < 0.7) for _ in range(5)),
        "b.csv": "z,text,id\r\n" + csv_row(rng, True).rstrip("\r\n"),
        "a.tsv": "id\ttext\tz\n" + "".join(tsv_row(rng) for _ in range(5)),
    }


def options_of(name):
    """The texts in the order in which they stand in the file."""
    if name.endswith("jsonl"):
        return {"fields": ("text", "p.t", "z")}
    return {"columns": ("z", "text") if name == "b.csv" else ("text", "z")}


@pytest.mark.parametrize("seed", range(25))
def test_in_pieces_as_in_one(seed):
    cases = {name: text.encode() for name, text in files(seed).items()}
    in_one = {name: rewritten(name, data, limits=SHORT_BLOCKS, **options_of(name)) for name, data in cases.items()}
    for name, data in cases.items():
        after, edits, errors = rewritten(name, data, limits=SMALL_BLOCKS, **options_of(name))
        assert errors == [] == in_one[name][2]
        assert after.decode() == in_one[name][0].decode(), name
        assert [(e.doc, e.start, e.end, e.before, e.after) for e in edits] == [
            (e.doc, e.start, e.end, e.before, e.after) for e in in_one[name][1]
        ]


def test_the_texts_come_in_pieces_that_join():
    text = "Soja said so. 😀" * 40
    data = json.dumps({"id": "d", "text": text, "x": "y"}).encode() + b"\n"
    found = units("a.jsonl", data, limits=SMALL_BLOCKS)
    texts = [piece for unit in found for piece in unit.texts]
    assert len(texts) > 5
    assert "".join(piece.text for piece in texts) == text
    assert [piece.offset for piece in texts[1:]] == [piece.offset + len(piece.text) for piece in texts[:-1]]
    assert [piece.goes_on for piece in texts] == [True] * (len(texts) - 1) + [False]
    assert {(piece.doc, piece.field) for piece in texts} == {("d", "text")}


BAD_JSON = [
    '{"text":"Soja", }',
    '{"text":"Soja"} x',
    '{"text":"Soja"}{}',
    '{"text":"Soja"',
    '{"text":"Soja',
    '{"text":"Soja\\',
    '{"text":"Soja\\u12"}',
    '{"text":"Soja\\x"}',
    '{"text":"Soja\x01"}',
    '{"text":"Soja","x":01}',
    '{"text":"Soja","x":tru}',
    '{"text":"Soja","x":truely}',
    '{"text":"Soja","x":[1,]}',
    '{"text":"Soja","x":[1}}',
    '{"text":"Soja","x":{1:2}}',
    '{"text":"Soja","x"}',
    '{"text":"Soja" "x":1}',
    '["text","Soja"]',
    '"text: Soja"',
    '{"text":7,"x":"Soja"}',
    '{"x":{"text":"Soja"}}',
    '{"text":"Soja","x":' + "[" * 2000 + "]" * 2000 + "}",
    "plainly no JSON",
]


@pytest.mark.parametrize("bad", BAD_JSON)
def test_a_bad_line_stays_as_it_was_and_the_others_are_rewritten(bad):
    good = '{"text":"Soja and Soja"}\n'
    data = f"{good}{bad}\n{good}".encode()
    in_one = rewritten("a.jsonl", data)
    after, edits, errors = rewritten("a.jsonl", data, limits=SMALL)
    assert after == in_one[0] == f"{good}{bad}\n{good}".replace(good, good.replace("Soja", "Suga")).encode()
    assert len(edits) == 4
    assert len(errors) == len(in_one[2]) == 1
    assert errors[0].startswith("a.jsonl:2: ")


def test_bytes_that_are_no_text():
    data = b'{"text":"Soja","x":"\xff"}\n{"text":"Soja","x":"\xe9\xa9"}\n{"text":"Soja","x":"ok"}\n'
    after, _, errors = rewritten("a.jsonl", data, limits=SMALL)
    assert after == data.replace(b'Soja","x":"ok', b'Suga","x":"ok')
    assert len(errors) == 2
    data = b'id,text\n\xff0000000,Soja\n1,"Soja\xff and some more"\n2,\'Soja\'\n3,"Soja "\n'
    after, _, errors = rewritten("a.csv", data, limits=SMALL)
    assert after == data.replace(b"0,Soja", b"0,Suga").replace(b"'Soja'", b"'Suga'").replace(b'"Soja "', b'"Suga "')
    assert errors == ["a.csv:3: not valid UTF-8 in column 'text'"]


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        ('1,"Soja\nSoja"\n2,Soja\n3,"Soja"x\n4,Soja\n', [5]),
        ('1,Soja,and more\n2,"Soja\n, so"\n3,"Soja\n4,Soja\n5,""Soja\n', [2, 5, 7]),
        ('1,"Soja\nSoja\n","Soja"\n2,Soja to the end\n', [2]),
        ('1,"Soja', [2]),
        ("1,So\rja\n2,Soja Soja\n", [2]),
        ("1,Soja Soja", []),
        ('1,"Soja Soja"', []),
    ],
)
def test_rows_that_are_no_csv(rows, errors):
    data = f"id,text\n{rows}".encode()
    after, _, said = rewritten("a.csv", data)
    in_pieces = rewritten("a.csv", data, limits=SMALL)
    assert in_pieces[0] == after
    assert [int(message.split(":")[1]) for message in in_pieces[2]] == errors
    assert [message.split(":")[1] for message in said] == [message.split(":")[1] for message in in_pieces[2]]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("t.csv", b"Odd fell. Soja said so, and Softbank agreed"),
        ("t.csv", b'1,"Odd, and more"'),
        ("t.tsv", b"1\tOdd fell."),
    ],
)
def test_an_edit_that_needs_quotes_is_not_made_in_a_large_row_without(name, row):
    head = b"text,more\n" if b"Soja" in row else b"id,text\n" if name == "t.csv" else b"id\ttext\n"
    done = units(name, head + row + b"\n", columns=("text",), limits=SMALL)
    found = [unit for unit in done if unit.before.strip() in row]
    (unit,) = (unit for unit in found if b"Odd" in unit.before)
    if b"Soja" in row:
        assert 'cannot hold \'O<d>d & "Sons"' in unit.error.reason
    else:
        assert unit.error is None
        assert unit.after != unit.before


@pytest.mark.parametrize("limits", [SizeLimits(), SMALL])
def test_a_bom_within_a_table(limits):
    data = 'text,id\n"Soja\n\ufeffSoja\nand so on",1\n\ufeff"Soja, too",2\n'
    after, edits, errors = rewritten("a.csv", data.encode(), limits=limits)
    assert after.decode() == data.replace("Soja", "Suga")
    assert ([e.doc for e in edits], errors) == (["1", "1", "2"], [])


def test_a_header_without_end():
    with pytest.raises(Exception, match=r"a\.tsv:1: no header: the first line has more than"):
        units("a.tsv", b"text" * 100 + b"\nSoja\n", limits=SMALL)


def test_large_numbers_and_keys():
    def segments(text):
        return list(JsonSegments(iter([text]), {"text"}))

    assert "".join(s.raw for s in segments('{"n": ' + "1" * 3000 + ', "text": ""}')).endswith('"text": ""}')
    with pytest.raises(ValueError, match="no value"):
        segments('{"n": ' + "1" * 9000 + "}")
    assert [s.text for s in segments('{"' + "k" * 9000 + '": "x", "text": "y"}') if s.text] == ["y"]


@pytest.mark.parametrize("name", ["a.tmx", "a.xlf"])
def test_large_units_are_cut_in_their_texts(name):
    text = "Soja said &lt;so&gt;. Soja <ph>Soja is here now</ph> met <hi>Soja</hi>&#32;again.\n東京東京" * 30
    text += "<![CDATA[Soja & Soja said so. Or so]]> and Soja "
    text += '<mrk mtype="protected">Soja Soja Soja said. So Soja said</mrk>'
    around = {
        "a.tmx": f'<tmx><header srclang="ja"/><body><tu><tuv xml:lang="en"><seg>{text}</seg></tuv></tu></body></tmx>',
        "a.xlf": f"<xliff><file><body><trans-unit><target>{text}</target></trans-unit></body></file></xliff>",
    }[name]
    (whole,) = units(name, around.encode())
    found = units(name, around.encode(), limits=SizeLimits(max_whole=500, min_block=8, max_block=60))
    assert len(found) > 5
    assert b"".join(unit.after for unit in found) == whole.after
    assert [(e.start, e.end) for unit in found for e in unit.edits] == [(e.start, e.end) for e in whole.edits]


def test_a_long_line_is_no_token():
    data = b"Yoshihidi\nSoja\n" + b"x" * 300 + b"\nSoja\n\n" + b"y" * 99 + b"\nSoja\n"
    found = units("a.conll", data, limits=SizeLimits(max_record=100, chunk=30, min_block=50))
    assert b"".join(unit.after for unit in found) == data
    assert [str(unit.error) for unit in found if unit.error] == ["a.conll:3: a line of more than 0 MB is not a token"]
    edits = [e for unit in found for e in unit.edits]
    assert [(e.before, e.reason) for e in edits] == [
        ("Yoshihidi Soja", "tokens 1-2, lines 1-2"),
        ("Soja", "tokens 1-1, lines 4-4"),
        ("Soja", "tokens 2-2, lines 7-7"),
    ]
    text = "".join(text.text for unit in found for text in unit.texts)
    assert [text[e.start : e.end] for e in edits] == [e.before for e in edits]


SMALL_PAGES = SizeLimits(max_whole=400, min_block=4, max_block=30)


PAGES = [
    "\ufeff<!doctype html><title>Soja</title>\n" + "<p>Soja <b>Soja</b>\n&#83;oja said\nso <!-- Soja\n--></p>\n" * 30,
    "<p>Soja " + "and Soja said so, &amp; Soja é\n" * 60,
    "東京Soja" * 300,
    "<script>let Soja = '<p>Soja';</script><pre>Soja said\n  so</pre>\n<code>Soja</code> by <i>Soja</i> or <br> " * 20,
    "<div>" * 50 + "Soja<textarea><p>Soja</textarea>" * 20 + "<svg><text>Soja</text></svg><p>Soja",
    "<p>Soja" * 100 + "<!-- Soja <p>",
    "<pre>" + "Soja\n  and so on\n" * 60 + "</pre>Soja\n",
]


@pytest.mark.parametrize("source", PAGES)
def test_large_pages_are_cut(source):
    found = units("a.html", source.encode(), limits=SMALL_PAGES)
    assert len(found) > 5
    (whole,) = units("a.html", source.encode())
    assert b"".join(unit.after for unit in found) == whole.after
    assert [(e.start, e.end, e.after) for unit in found for e in unit.edits] == [
        (e.start, e.end, e.after) for e in whole.edits
    ]
    lines = list(accumulate((unit.before.count(b"\n") for unit in found), initial=1))
    assert [unit.line for unit in found] == lines[:-1]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<p>Soja</p>" * 50 + b"\xff", "not valid UTF-8"),
        (b'<meta charset="latin1">' + b"<p>Soja</p>" * 50, "must be UTF-8, not cp1252"),
        (b"<script>" + b"Soja " * 200, "there is no text to cut at"),
        (b"<p " + b"Soja " * 200, "there is no text to cut at"),
        (b"<!-- " + b"Soja " * 200, "there is no text to cut at"),
    ],
)
def test_large_pages_that_cannot_be_cut_are_refused(data, message):
    with pytest.raises(InputError, match=message):
        units("a.html", data, limits=SMALL_PAGES)


def test_standoff_has_a_large_text_as_it_is():
    text = "Soja said so. And so on " * 20
    found = units("a.jsonl", (json.dumps({"text": text}) + "\n").encode() * 2, limits=SMALL_BLOCKS)
    standoff = marked(found)
    assert standoff.text == f"{text}\n" * 2
    assert {standoff.text[place : place + 4] for place, _ in standoff.edits} == {"Soja"}
    assert marked(units("a.txt", text.encode(), limits=SMALL_BLOCKS)).text == text


@pytest.mark.slow
def test_memory_does_not_grow_with_a_value():
    cases = (
        "JSONL: one string",
        "CSV: one cell of lines",
        "XLIFF: one target",
        "HTML: one text node",
        "CoNLL: one token",
    )
    command = [sys.executable, "scripts/bench", "memory", "--megabytes", "30", "--no-record", "--only", *cases]
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    above = [int(figure) for figure in re.findall(r"above_mb (-?\d+)", done.stdout)]
    assert len(above) == 6  # of JSON lines also the wide one
    assert max(above) < 100
    assert "exit 2" not in done.stdout
