import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.corpus.jsontext import find_string, replace_in_string
from resolver.records import Edit


def edit(start, end, before, after):
    return Edit(start, end, before, after, "x", "X", 1.0, "")


def test_only_the_edit_changes():
    raw = '{"a" : 1e2,  "text":"\\u00e9\\ud83d\\ude00\\/ Soja \\n", "text2": "Soja"}\r\n'
    string = find_string(raw, ["text"])
    start = string.value.index("Soja")
    new = replace_in_string(raw, string, [edit(start, start + 4, "Soja", "Suga")])
    assert new == raw.replace("Soja \\n", "Suga \\n")


def test_written_as_escapes_where_the_line_is_ascii():
    raw = '{"t": "x"}'
    assert replace_in_string(raw, find_string(raw, ["t"]), [edit(0, 1, "x", 'é"')]) == '{"t": "\\u00e9\\""}'
    raw = '{"t": "xé"}'
    assert replace_in_string(raw, find_string(raw, ["t"]), [edit(0, 1, "x", "é")]) == '{"t": "éé"}'


def test_paths():
    raw = '{"a": {"b": "deep"}, "b": ["x"], "a.b": "flat"}'
    assert find_string(raw, ["a", "b"]).value == "deep"
    assert find_string(raw, ["a.b"]).value == "flat"
    assert find_string(raw, ["b"]) is None
    assert find_string(raw, ["a"]) is None
    assert find_string(raw, ["a", "b", "c"]) is None
    assert find_string('{"a": "1", "a": "2"}', ["a"]).value == "2"
    assert find_string("{}", ["a"]) is None


@pytest.mark.parametrize("raw", ["[]", "", '{"a"', '{"a": }', "{1: 2}", '{"a" "b"}'])
def test_no_json_object(raw):
    with pytest.raises(ValueError, match=r".+"):
        find_string(raw, ["a"])


@given(st.text(max_size=30), st.booleans())
def test_the_value_and_every_code_point_are_found(value, ascii_only):
    raw = json.dumps({"x": 1, "t": value, "y": "z"}, ensure_ascii=ascii_only)
    string = find_string(raw, ["t"])
    assert string.value == value
    for place in range(len(value)):
        if "\ud800" <= value[place] <= "\udfff":
            continue
        new = replace_in_string(raw, string, [edit(place, place + 1, value[place], "Q")])
        assert json.loads(new)["t"] == value[:place] + "Q" + value[place + 1 :]
