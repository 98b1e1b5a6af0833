"""Formats of corpora: what is text in them, that all else stays as it was, and what becomes of bad input."""

import io
import json
import re
import subprocess
import sys
from itertools import accumulate

import pytest
from conftest import rows_of
from format_checks import by_list, change, edit, marked, nothing, rewritten, units
from hypothesis import given
from hypothesis import strategies as st

from resolver.corpus.formats import FORMATS, format_of
from resolver.corpus.formats.file_format import LIMITS, FormatOptions, SizeLimits
from resolver.corpus.formats.plain_text import bom_of, codec_of
from resolver.errors import InputError, SettingError
from resolver.text.edit_composition import apply_edits

ESCAPES = re.compile(r"\\(u[0-9a-f]{4}|.)")


def unescaped(cell):
    plain = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
    return ESCAPES.sub(lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "u" else plain[m[1]], cell)


@pytest.mark.parametrize("row", rows_of("cases/formats.tsv"), ids=lambda row: f"{row['format']}: {row['note']}")
def test_only_names_in_text_change(row):
    before, after = marked(unescaped(row["case"]))
    new, edits, errors = rewritten(f"a.{row['format']}", before.encode())
    assert new.decode() == after
    assert errors == []
    assert bool(edits) is (before != after or row["format"] == "conll")
    assert rewritten(f"a.{row['format']}", before.encode(), nothing) == (before.encode(), [], [])


WHOLE_FILE = ("txt", "md", "html", "xlf", "tmx")
"""Formats in which offsets count in the decoded file."""

PIECES = {
    "txt": "Soja|\n\n|. |\r\n|é|\ufeff|😀|\x00",
    "md": "Soja|\n|\n\n|\r\n|\r|`|``|```|*|**|_|~~|[|](|]|)|![|<|>|<b>|</b>|<!--|-->|&amp;|&|\\|#|    |\t|> |- |1. |"
    "| a|==|--|---|:|x|é|\x00|<code>|[Soja]: x|http://Soja",
    "html": "Soja|<p>|</p>|<b|<b>|>|<|</|/>|=\"|'|&amp;|&|&#83;|&#|;|<!--|-->|<code>|</code>|<script>|</script>|<!|<?"
    "|\n|\r\n|é|<title>|<textarea>|]]>|<![CDATA[|\x00",
    "xlf": "Soja|<xliff>|</xliff>|<segment>|</segment>|<target>|</target>|<g>|</g>|<x/>|&amp;|&|<![CDATA[|]]>"
    "|\r\n|é|<!--|-->",
    "jsonl": 'Soja|{"text":"|"}|{|}|"|\\|\\n|\\u00e9|\\ud800|[|]|,|:|\n|\r\n|\ufeff|é|1e3|{"text":["|"]}',
    "csv": 'text\n|text,id\n|Soja|"|""|,|\n|\r\n|\r|\ufeff|é|\x00',
    "tsv": 'text\n|text\tid\n|Soja|"|\t|\n|\r\n|\r|\ufeff|é',
    "conll": "Soja|\t|\n|\n\n| |O|#|1|-|1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n|\ufeff|é",
}


@st.composite
def files(draw):
    name = draw(st.sampled_from(sorted(PIECES)))
    pieces = st.lists(
        st.sampled_from(["|", *PIECES[name].split("|")]).map(str.encode) | st.binary(max_size=2), max_size=25
    )
    return f"a.{name}", b"".join(draw(pieces))


@given(files())
def test_any_bytes_come_through_when_nothing_is_edited(file):
    name, data = file
    try:
        after, edits, _ = rewritten(name, data, nothing)
    except InputError:
        assert name in ("a.csv", "a.tsv")  # for want of a header with the column
        return
    assert after == data
    assert edits == []


@given(files())
def test_edits_are_all_that_changes(file):
    name, data = file
    try:
        found = units(name, data)
    except InputError:
        return
    kind = name.split(".")[1]
    new = b"".join(unit.after for unit in found)
    edits = [edit for unit in found for edit in unit.edits]
    texts = [text for unit in found for text in unit.texts]
    assert b"".join(unit.before for unit in found) == data
    if kind == "conll":
        assert new == data
    elif kind in WHOLE_FILE:
        codec = codec_of(bom_of(data))
        before, after = (half.decode(codec, "surrogateescape") for half in (data, new))
        assert apply_edits(before, edits) == after
    else:
        assert [text.text for unit in units(name, new, nothing) for text in unit.texts] == [
            apply_edits(text.text, text.edits) for text in texts
        ]
        assert new.replace(b"Suga", b"Soja") == data


MARKUP = {
    "md": ("x", ""),
    "html": ("<p>", "</p>"),
    "xlf": ("<xliff><segment><target>", "</target></segment></xliff>"),
}


@pytest.mark.parametrize("kind", MARKUP)
@given(data=st.data())
def test_new_text_is_written_so_that_it_reads_as_meant(kind, data):
    before, after = MARKUP[kind]
    fill = st.text("abc ", max_size=3) | st.just("&amp;") | st.just("é")
    inside = "".join(data.draw(st.lists(fill | st.just("Odd"), max_size=6)))
    source = f"{before}{inside} Odd{after}".encode()
    seen = []

    def looking(text, doc):
        seen.append(text)
        return by_list(text, doc)

    new, edits, errors = rewritten(f"a.{kind}", source, looking)
    assert errors == []
    assert edits
    rewritten(f"a.{kind}", new, looking)
    assert seen[1] == apply_edits(seen[0], by_list(seen[0], "")[1])


@given(st.lists(st.text('Soja,"\n\t x', max_size=12), min_size=1, max_size=8))
def test_cells_of_csv_read_as_meant(cells):
    import csv

    sink = io.StringIO()
    csv.writer(sink).writerows([["text", "n"], *([cell, "1"] for cell in cells)])

    def odd(text, doc):
        edits = [edit(m.start(), m.end(), "Soja", 'S,"\n\r', doc) for m in re.finditer("Soja", text)]
        return apply_edits(text, edits), edits

    new, _, errors = rewritten("a.csv", sink.getvalue().encode(), odd)
    rows = list(csv.reader(io.StringIO(new.decode(), newline=""), strict=True))
    assert errors == []
    assert [row[0] for row in rows[1:]] == [cell.replace("Soja", 'S,"\n\r') for cell in cells]


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.md", "a.xlf"])
def test_encodings_with_a_bom_are_kept(name, codec):
    text = (
        "\ufeff<xliff><segment><target>Ċ 😀 Soja</target></segment></xliff>\n"
        if name == "a.xlf"
        else "\ufeffĊ😀 Soja\n\n"
    )
    new, edits, errors = rewritten(name, text.encode(codec))
    assert new.decode(codec) == text.replace("Soja", "Suga")
    assert [edits[0].start, errors] == [text.index("Soja"), []]


def test_html_in_its_declared_encoding():
    text = '<meta http-equiv="x" content="text/html; charset=ISO-8859-1">“Soja” Odd'
    new, *_ = rewritten("a.html", text.encode("cp1252"))
    assert new.decode("cp1252").startswith(
        '<meta http-equiv="x" content="text/html; charset=ISO-8859-1">“Suga” O&lt;d&gt;d'
    )

    def foreign(text, doc):
        return "", [edit(m.start(), m.end(), "Soja", "菅", doc) for m in re.finditer("Soja", text)]

    assert rewritten("a.html", text.encode("cp1252"), foreign)[0].decode("cp1252").endswith("“&#33733;” Odd")
    xml = '<?xml version="1.0" encoding="iso-8859-1"?>'
    xml += "<xliff><segment><target>é Soja <![CDATA[Soja]]></target></segment></xliff>"
    new = rewritten("a.xlf", xml.encode("latin-1"), foreign)[0].decode("latin-1")
    assert "é &#33733; <![CDATA[]]>&#33733;<![CDATA[]]></target>" in new


def test_a_name_that_straddles_tags_when_the_number_of_words_changes():
    def canonical(text, doc):
        edits = [
            edit(m.start(), m.end(), m[0], "Huawei Technologies", doc) for m in re.finditer(r"Huawei\w*( Ltd)*", text)
        ]
        return "", edits

    assert rewritten("a.html", b"<p>Hu<b>awei</b> x", canonical)[0] == b"<p>Hu<b>awei Technologies</b> x"
    assert rewritten("a.html", b"Huawei <b>Ltd</b> x", canonical)[0] == b"Huawei <b>Technologies</b> x"
    assert (
        rewritten("a.html", b"Huawei<b> Ltd</b><i> Ltd</i> x", canonical)[0] == b"Huawei<b> Technologies</b><i></i> x"
    )


def test_fields_of_json():
    line = b'{"id":"d1","a":{"b":"Soja"},"c":[{"t":"Soja"},{"t":"Yoshihidi Soja","u":"Soja"},{}],"e":["Soja"]}'
    new, *_ = rewritten("a.jsonl", line, fields=("a.b", "c.t", "e"))
    assert json.loads(new) == {
        "id": "d1",
        "a": {"b": "Suga"},
        "c": [{"t": "Suga"}, {"t": "Yoshihide Suga", "u": "Soja"}, {}],
        "e": ["Suga"],
    }
    (unit,) = units("a.jsonl", line, fields=("a.b", "c.t", "e"))
    assert [(t.doc, t.field, [e.start for e in t.edits]) for t in unit.texts] == [
        ("d1", "a.b", [0]),
        ("d1", "c.0.t", [0]),
        ("d1", "c.1.t", [0]),
        ("d1", "e.0", [0]),
    ]
    assert rewritten("a.jsonl", line, fields=("c.1.t",))[0] == line  # lists are gone through, not asked by number


def test_the_texts_of_a_record_are_one_document():
    seen = []

    def looking(text, doc):
        seen.append((text, doc))
        return by_list(text, doc)

    rewritten("a.jsonl", b'{"t":"Soja","b":"Soja"}', looking, fields=("t", "b"))
    rewritten("a.csv", b"t,id,b\nSoja,7,Soja\n", looking, columns=("b", "t"))
    assert seen == [("Soja\n\nSoja", "a.jsonl:1"), ("Soja\n\nSoja", "7")]


@pytest.mark.parametrize(
    ("name", "source", "text"),
    [
        ("a.md", "a\n> b  \nc\\\nd\n\n1. e\n   f `g`\nh", "a\n\nb\nc\nd\n\ne f \ufffc h"),
        ("a.html", "a \r\n\t b<p>c&amp;<b>d</b><br><pre> f\ng</pre>\nh<sup>i", "a b\n\nc&d\n\n f\ng\n\n h\ufffci"),
        ("a.xlf", "<x><segment><target>a<ph>b</ph>c\r\n</target></segment><segment><target>d</target></segment></x>",
         "ac\n\n\nd"),
    ],
)  # fmt: skip
def test_what_readers_see_is_what_is_rewritten(name, source, text):
    seen = []
    rewritten(name, source.encode(), lambda text, doc: (text, seen.append(text) or []))
    assert seen == [text]


def test_an_edit_over_two_texts_is_not_made():
    def greedy(text, doc):
        return "", [edit(0, len(text), text, "x", doc)]

    assert rewritten("a.jsonl", b'{"t":"a","b":"b"}', greedy, fields=("t", "b"))[:2] == (b'{"t":"a","b":"b"}', [])
    assert rewritten("a.html", b"a<p>b", greedy)[:2] == (b"a<p>b", [])


@pytest.mark.parametrize(
    ("name", "data", "after", "errors"),
    [
        ("a.txt", b"Soja\n\xff Soja\r\nSoja \xe9", b"Suga\n\xff Soja\r\nSoja \xe9", [2, 3]),
        ("a.txt", b"\xff\xfeS\x00\x00\xd8\x00\x00", None, [1]),
        ("a.txt", b"\xef\xbb\xbf\xc3\xa9 Soja\n\xe9 Soja", b"\xef\xbb\xbf\xc3\xa9 Suga\n\xe9 Soja", [2]),
        ("a.md", b"Soja\n# \xe9 Soja\nSoja", b"Suga\n# \xe9 Soja\nSuga", [2]),
        ("a.md", b"\xfe\xff\xd8", None, [1]),
        ("a.html", b"<p>\nSoja \xff", None, [2]),
        ("a.html", b"<meta charset=klingon>Soja", None, [1]),
        ("a.html", b"<meta charset=hex>Soja", None, [1]),
        ("a.html", b"<meta charset=utf-16>Soja ", None, [1]),
        ("a.xlf", b"<xliff>\n<target>Soja</trget></xliff>", None, [2]),
        ("a.xlf", b"<xliff><target>Soja", None, [1]),
        ("a.xlf", b"\n<target>Soja\xff</target>", None, [2]),
        ("a.xlf", b"<target>Soja & Soja</target>", None, [1]),
        ("a.tmx", b"", b"", []),
        ("a.tmx", b"no XML", None, [1]),
        (
            "a.jsonl",
            b'{"text":"Soja"}\n{"text":\n[]\n{"text":"\xff"}\n{"x":"Soja"}\n{"text":7}\n{"text":[{}]}\n{"text":"Soja"}',
            b'{"text":"Suga"}\n{"text":\n[]\n{"text":"\xff"}\n{"x":"Soja"}\n{"text":7}\n{"text":[{}]}\n{"text":"Suga"}',
            [2, 3, 4, 5, 6, 7],
        ),
        ("a.jsonl", b'{"text":' + b"[" * 900 + b'"Soja"' + b"]" * 900 + b"}", None, [1]),
        ("a.jsonl", b'{\x00"\x00t\x00"\x00:\x001\x00}\x00', None, [1]),
        (
            "a.csv",
            b'id,text\n1\n2,Soja,x\n3,"Soja" x\n4,Soja\xff\n5\xff,Soja\n"6,"Soja"\n7,Soja\n8,"Soja\n9,Soja',
            b'id,text\n1\n2,Soja,x\n3,"Soja" x\n4,Soja\xff\n5\xff,Suga\n"6,"Soja"\n7,Suga\n8,"Soja\n9,Suga',
            [2, 3, 4, 5, 7, 9],
        ),
        ("a.tsv", b"id\ttext\nSoja\n1\tSoja\xff\n1\t2\tSoja\n\xff\tSoja\r\n", None, [2, 3, 4]),
        ("a.conll", b"a\tO\n\xff\tO\n\nb\tO\n", None, [2]),
    ],
)
def test_bad_records_stay_as_they_were_and_are_listed(name, data, after, errors):
    new, _, said = rewritten(name, data)
    if after is not None:
        assert new == after
    elif name == "a.tsv":
        assert new == data.replace(b"\xff\tSoja", b"\xff\tSuga")
    else:
        assert new == data
    assert [int(message.split(":")[1]) for message in said] == errors


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"ok\nab\xff", "a.txt:2: not valid UTF-8: byte 0xff at byte 3 of the line"),
        ("a.xlf", b"<a>\n <b></a>", "a.xlf:2: not well-formed XML: mismatched tag at column 7"),
        ("a.html", b"\n\xe9", "a.html:2: not valid UTF-8: byte 0xe9 at byte 1 of the line"),
        ("a.csv", b"id,text\n1", "a.csv:2: 1 cells, but the header has 2"),
        ("a.jsonl", b'{"x":1}', "a.jsonl:1: no string in the field 'text'"),
        ("a.conllu", b"1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n2\n", "a.conllu:2: 1 columns, but the tokens are in column 2"),
    ],
)
def test_messages_name_file_line_and_place(name, data, message):
    assert rewritten(name, data)[2] == [message]


@pytest.mark.parametrize(
    ("name", "data", "options", "message"),
    [
        ("a.csv", b"", {}, "a.csv:1: no header: the file is empty"),
        ("a.csv", b"id,name\n1,2", {}, "a.csv:1: no column 'text' in the header ['id', 'name']"),
        ("a.csv", b'id,"text" x\n1,2', {}, "a.csv:1: no header: ',' expected after '\"'"),
        ("a.tsv", b"text\ttext\n", {}, "names column 'text' twice"),
        ("a.csv", b"text\n", {"columns": ("text", "more")}, "no column 'more'"),
        ("a.jsonl", "\ufeff{}".encode("utf-16-le"), {}, "a.jsonl: this format cannot be read in UTF-16"),
        ("a.csv", "\ufefftext\n".encode("utf-16-be"), {}, "a.csv: this format cannot be read in UTF-16"),
        ("a.conll", "\ufeffa\n".encode("utf-16-be"), {}, "a.conll: this format cannot be read in UTF-16"),
        ("a.conll", b"", {"columns": ("form",)}, "the column of tokens must be a number, from 1, not 'form'"),
        ("a.txt", b"", {"columns": ("x",)}, "only tables have columns such as 'x', and this is text"),
        ("a.csv", b"", {"fields": ("x",)}, "only JSON lines have fields such as 'x', and this is csv"),
        ("a.parquet", b"PAR1", {}, "a.parquet: not a Parquet file, or damaged"),
    ],
)
def test_files_that_cannot_be_read_are_an_input_error(name, data, options, message):
    with pytest.raises(InputError) as error:
        units(name, data, **options)
    assert message in str(error.value)


BILINGUAL = {
    "a.tmx": (
        '<?xml version="1.0"?>\n<tmx><header srclang="en-US">\n</header><body>',
        '<tu><tuv xml:lang="en-US"><seg>Soja</seg></tuv>\n'
        '<tuv xml:lang="en"><seg>é⟦Soja⟧ <hi>⟦Soja⟧</hi></seg></tuv></tu>',
        "</body></tmx>",
    ),
    "a.xlf": (
        '<x:xliff xmlns:x="u&amp;&quot;"><x:file translate="no">\n<x:group translate="yes">',
        "<x:unit><x:segment><x:target>é⟦Soja⟧ <pc>⟦Soja⟧</pc></x:target></x:segment></x:unit>\n",
        "</x:group><x:unit><x:segment><x:target>Soja</x:target></x:segment></x:unit></x:file></x:xliff>",
    ),
}


SMALL_PARTS = SizeLimits(max_whole=1000, min_block=30, max_block=300)


@pytest.mark.parametrize("name", BILINGUAL)
def test_large_bilingual_files_are_cut_before_units(name):
    begin, unit, end = BILINGUAL[name]
    before, after = marked(begin + unit * 40 + end)
    found = units(name, before.encode(), limits=SMALL_PARTS)
    assert len(found) > 8
    assert b"".join(unit.after for unit in found).decode() == after
    edits = [e for unit in found for e in unit.edits]
    assert len(edits) == 80
    assert apply_edits(before, edits) == after
    lines = list(accumulate((unit.before.count(b"\n") for unit in found), initial=1))
    assert [unit.line for unit in found] == lines[:-1]


def test_large_bilingual_files_that_are_broken():
    begin, unit, end = (marked(piece)[0] for piece in BILINGUAL["a.tmx"])
    with pytest.raises(InputError, match=r"a.tmx:\d+: not well-formed XML: mismatched tag at column"):
        units("a.tmx", (begin + unit * 40 + "</bodi></tmx>").encode(), limits=SMALL_PARTS)
    with pytest.raises(InputError, match="must be UTF-8, not latin-1"):
        units("a.tmx", ('<?xml version="1.0" encoding="latin-1"?><tmx>' + unit * 40).encode(), limits=SMALL_PARTS)
    with pytest.raises(InputError, match="no unit begins within"):
        units("a.tmx", (begin + "<note>x</note>" * 200 + end).encode(), limits=SMALL_PARTS)
    entity = (
        begin.replace("<tmx>", '<!DOCTYPE tmx [<!ENTITY a "b">]><tmx>')
        + unit * 20
        + unit.replace("é", "&a;")
        + unit * 20
    )
    new, _, errors = rewritten("a.tmx", (entity + end).encode(), limits=SMALL_PARTS)
    assert [re.sub(r"\d+", "N", error) for error in errors] == [
        "a.tmx:N: not well-formed XML: undefined entity at column N"
    ]
    assert 2 * 41 - 20 < new.count(b"Suga") < 2 * 41


def test_the_format_of_a_file():
    def name_of(path, name=None, **options):
        return format_of(path, name, FormatOptions(**options)).name

    for path in "a.md a.MARKDOWN a.htm a.xhtml a.ndjson a.CSV a.tsv a.parquet a.xliff a.tmx a.conllu a.html.gz".split():
        assert name_of(path) != "text", path
    assert [name_of(path) for path in ["a", "a.dat", "a.gz", "a.txt.zst", "-"]] == ["text"] * 5
    assert name_of("-", fields=("x",)) == "jsonl"
    assert {name_of("a.txt", name) for name in FORMATS} == set(FORMATS)
    with pytest.raises(SettingError, match=r"the format must be one of text, .* not 'pdf'"):
        name_of("a", "pdf")


def test_conll_offsets_and_tokens():
    row = "\t_" * 7 + "\t"
    data = f"# text = x\n1-2\tYoshihidi's{row}_\n1\tYoshihidi{row}_\n2\t's{row}_\n"
    data += f"3\tSoja{row}SpaceAfter=No\n4\t.{row}_\n4.1\tSoja\n\n"
    data += f"1\tDie{row}_\n2\tYoshihidi{row}_\n3\tSoja{row}_\n"
    (unit,) = units("a.conllu", data.encode())
    (text,) = unit.texts
    assert text.text == "Yoshihidi's Soja.\nDie Yoshihidi Soja\n"
    assert [(e.start, e.end, e.after, e.reason) for e in unit.edits] == [
        (12, 16, "Suga", "tokens 2-2, lines 5-5"),
        (22, 36, "Yoshihide Suga", "tokens 2-3, lines 10-11"),
    ]
    data = b"-DOCSTART- O\n\nx A Soja\n" + b"\n\n"
    assert units("a.conll", data, columns=("3",))[0].texts[0].text == "Soja\n"


FILL = "lorem ipsum, " * 20
LONG = {
    "a.txt": f"Soja é. {FILL}" * 4000,
    "b.txt": "é" * 300_000 + "Soja" + "x😀" * 200_000,
    "c.txt": f"Soja\n{FILL}\n\n" * 4000,
    "a.md": "---\nx: Soja\n---\n"
    + f"# Soja\n\nSoja *a* {FILL}\n\n```\nSoja\n\nSoja\n```\n\n" * 2500
    + "<!--\n\nSoja\n\n-->\n",
    "a.conll": f"Soja\tO\né\t{FILL}\n\n" * 2500,
    "b.conll": f"Soja\t{FILL}\n" * 2500,
    "a.csv": "text,x\n" + f'Soja,"{FILL}\nSoja\n"\n' * 2500,
    "b.csv": "text,x\n" + f"Soja,{FILL[:11]}\n" * 3000 + '"Soja,\n' + f"Soja,{FILL[:11]}\n" * 9000,
    "a.tsv": "text\n" + f"Soja {FILL}\n" * 2500,
    "a.jsonl": '{"text":"Soja"}\n' * 6000 + json.dumps({"text": f"Soja {FILL}" * 4000}) + "\n" + '{"text":\n',
}


@pytest.mark.parametrize("name", LONG)
def test_long_files_are_cut_where_nothing_is_lost(name):
    source = LONG[name]
    parts = list(format_of(name, None, FormatOptions()).parts(io.BytesIO(source.encode())))
    assert len(parts) > 1
    assert max(len(part.raw) for part in parts) <= (
        2 * LIMITS.max_block if name != "a.jsonl" else len(source) // 2 + LIMITS.max_block * 4
    )
    found = units(name, source.encode())
    new = b"".join(unit.after for unit in found).decode()
    edits = [edit for unit in found for edit in unit.edits]
    assert sum(unit.error is not None for unit in found) == (name in ("b.csv", "a.jsonl"))
    text = "".join(text.text for unit in found for text in unit.texts) if name.endswith(".conll") else source
    expected = {
        "a.md": lambda: source.replace("# Soja\n\nSoja", "# Suga\n\nSuga"),
        "a.csv": lambda: source.replace("Soja,", "Suga,"),
        "b.csv": lambda: source.replace("\nSoja,", "\nSuga,"),
        "a.conll": lambda: source,
        "b.conll": lambda: source,
    }
    assert new == expected.get(name, lambda: source.replace("Soja", "Suga"))()
    if name.split(".")[1] in ("txt", "md", "conll"):
        assert [text[e.start : e.end] for e in edits] == ["Soja"] * len(edits)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "piece"),
    [
        *(
            ("a.html", piece)
            for piece in ["<a ", " ", "<!--", "<a b='", "<![CDATA[", "<code>", "&", "<b></kbd>", "<textarea>"]
        ),
        *(("a.md", piece) for piece in ["[", "*a", "`", "<b>", "> ", "[a](", "&#"]),
        *(("a.xlf", piece) for piece in ["<a>", "<a", "&"]),
        *(("a.csv", piece) for piece in ['text\n"', 'a,"b\n']),
    ],
)
def test_odd_input_takes_no_more_than_linear_time(name, piece):
    data = (piece * 20_000).encode()
    try:
        assert rewritten(name, data)[0] == data
    except InputError:
        assert name == "a.csv"


def test_blocks_end_with_paragraphs_lines_sentences_words():
    for end, other in [("\n\n", "\n"), ("\n", ". "), (". ", " "), (" ", "x")]:
        text = ("x" * 997 + other) * 80 + "y" + end + ("x" * 997 + other) * 300
        first = next(format_of("a", None, FormatOptions()).parts(io.BytesIO(text.encode()))).raw.decode()
        assert LIMITS.min_block < len(first) <= LIMITS.max_block
        assert first.endswith("y" + end)


def test_change_is_what_the_cases_expect():
    assert change("Yoshihidi Soja") == "Yoshihide Suga"


def test_what_a_format_takes_is_loaded_when_it_is_asked_for():
    heavy = ["pyarrow", "markdown_it", "html.parser", "backports.zstd", "numpy"]
    code = f"import sys, resolver.corpus.formats; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
