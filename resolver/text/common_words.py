"""Words that are hardly ever a name alone."""

from __future__ import annotations

from functools import cache

from resolver.infra.packaged_data import read_table
from resolver.names.name_parts import SMALL, name_parts


@cache
def common_words() -> frozenset[str]:
    """The words of `data/common_words.tsv`, and the titles and generic parts of names; all folded."""
    listed = {row["word"] for row in read_table("common_words.tsv")}
    return frozenset(listed | {part for part, role in name_parts().roles.items() if role not in SMALL})
