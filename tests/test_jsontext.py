import json

from hypothesis import given
from hypothesis import strategies as st

from resolver.corpus.json_strings import find_strings, replace_in_strings
from resolver.records import Edit


def edit(start, end, before, after):
    return Edit(start, end, before, after, "x", "X", 1.0, "")


def find(raw, *path):
    return find_strings(raw, [path]).get(path)


def test_only_the_edit_changes():
    raw = '{"a" : 1e2,  "text":"\\u00e9\\ud83d\\ude00\\/ Soja \\n", "text2": "Soja"}\r\n'
    string = find(raw, "text")
    start = string.value.index("Soja")
    new = replace_in_strings(raw, [(string, [edit(start, start + 4, "Soja", "Suga")])])
    assert new == raw.replace("Soja \\n", "Suga \\n")


def test_written_as_escapes_where_the_line_is_ascii():
    raw = '{"t": "x"}'
    assert replace_in_strings(raw, [(find(raw, "t"), [edit(0, 1, "x", 'é"')])]) == '{"t": "\\u00e9\\""}'
    raw = '{"t": "xé"}'
    assert replace_in_strings(raw, [(find(raw, "t"), [edit(0, 1, "x", "é")])]) == '{"t": "éé"}'


def test_paths():
    raw = '{"a": {"b": "deep"}, "b": ["x", {"c": [[], "y"]}, 1, "z"], "a.b": "flat", "\\u0061b": 1}'
    assert find(raw, "a", "b").value == "deep"
    assert find(raw, "a.b").value == "flat"
    assert [find(raw, "b", n).value for n in "03"] == ["x", "z"]
    assert find(raw, "b", "1", "c", "1").value == "y"
    assert find(raw, "b") is find(raw, "a") is find(raw, "ab") is find(raw, "a", "b", "c") is None
    assert find('{"a": "1", "a": "2"}', "a").value == "2"
    assert find('{"\\u0061": "1"}', "a").value == "1"
    assert find("{}", "a") is None


def test_several_strings_at_once():
    raw = '{"b": "B\\n1", "a": ["A", "A"]}'
    paths = [("a", "1"), ("a", "0"), ("b",)]
    strings = find_strings(raw, paths)
    changes = [(strings[path], [edit(0, 1, "", "Q")]) for path in paths]
    assert replace_in_strings(raw, changes) == '{"b": "Q\\n1", "a": ["Q", "Q"]}'


@given(st.text(max_size=30), st.booleans())
def test_the_value_and_every_code_point_are_found(value, ascii_only):
    raw = json.dumps({"x": 1, "t": value, "y": "z"}, ensure_ascii=ascii_only)
    string = find(raw, "t")
    assert string.value == value
    for place in range(len(value)):
        if "\ud800" <= value[place] <= "\udfff":
            continue
        new = replace_in_strings(raw, [(string, [edit(place, place + 1, value[place], "Q")])])
        assert json.loads(new)["t"] == value[:place] + "Q" + value[place + 1 :]
