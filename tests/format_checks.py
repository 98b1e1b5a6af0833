"""What the tests of formats have in common: a rewriter that knows a few names, and what must be true of its edits."""

import io
import pickle
import re

from resolver.corpus.formats import format_of
from resolver.corpus.formats.file_format import FormatOptions
from resolver.records import Edit
from resolver.text.edit_composition import apply_edits

NAMES = {
    "Yoshihidi": "Yoshihide",
    "Soja": "Suga",
    "Spencr": "Spencer",
    "Softbank": "SoftBank",
    "Odd": 'O<d>d & "Sons", *Ltd*_',
}
WORD = re.compile("|".join(NAMES))
NAME = re.compile(r"Yoshihidi(?=\s)[^\S\n]*\n?[^\S\n]*Soja|Marks & Spencr|Soja|Softbank|Odd")


def change(text):
    return WORD.sub(lambda match: NAMES[match.group()], text)


def edit(start, end, before, after, doc=""):
    return Edit(start, end, before, after, "x", "X", 1.0, "", doc)


def by_list(text, doc):
    """A rewriter by a list of names: what an edit does is told by its words alone."""
    edits = [edit(*m.span(), m.group(), change(m.group()), doc) for m in NAME.finditer(text)]
    return apply_edits(text, edits), edits


def nothing(text, doc):
    return text, []


def marked(case):
    """The text before and after of a case in which ⟦what⟧ is to change stands in brackets."""
    return re.sub("[⟦⟧]", "", case), re.sub("⟦(.*?)⟧", lambda match: change(match[1]), case, flags=re.DOTALL)


def units(name, data, rewrite=by_list, **options):
    """All units of a file, each part and format through a pipe as to a worker."""
    format = pickle.loads(pickle.dumps(format_of(name, None, FormatOptions(**options))))
    found = []
    for part in format.parts(io.BytesIO(data)):
        done = format.rewrite(pickle.loads(pickle.dumps(part)), rewrite)
        assert b"".join(unit.before for unit in done) == part.raw
        found += pickle.loads(pickle.dumps(done))
    for unit in found:
        assert unit.error is None or (unit.before == unit.after and unit.error.line == unit.line)
        for text in unit.texts:
            assert all(text.text[e.start - text.offset : e.end - text.offset] == e.before for e in text.edits)
    return found


def rewritten(name, data, rewrite=by_list, **options):
    """The new file, the edits, and what was rejected."""
    found = units(name, data, rewrite, **options)
    after = b"".join(unit.after for unit in found)
    return after, [e for unit in found for e in unit.edits], [str(unit.error) for unit in found if unit.error]
