"""Legal forms and titles that stand glued to a name, in scripts without spaces between words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from resolver.names.name_parts import name_parts
from resolver.names.scripts import FIRST_UNSPACED

MIN_BESIDE_ONE_LETTER = 2
"""Letters that a name has, at least, beside a part of one letter (安倍氏, but not 李氏)."""


@cache
def _glued() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """The parts that may stand at the start of a word, by their first letter, and at its end, by their last one."""
    parts = name_parts()
    return _longest_first(parts.glued_first, 0), _longest_first(parts.glued_last, -1)


def _longest_first(parts: Iterable[str], place: int) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for part in sorted(parts, key=lambda part: (-len(part), part)):
        found.setdefault(part[place], []).append(part)
    return {letter: tuple(some) for letter, some in found.items()}


def cut_glued(folded: str) -> tuple[str, ...]:
    """A folded word, cut where a legal form or a title is glued to its start or its end; no part is empty.

    >>> cut_glued("株式会社白樺製作所"), cut_glued("白樺集団有限公司"), cut_glued("株式会社")
    (('株式会社', '白樺製作所'), ('白樺集団', '有限公司'), ('株式会社',))
    """
    if max(folded) < FIRST_UNSPACED:
        return (folded,)
    firsts, lasts = _glued()
    before: list[str] = []
    behind: list[str] = []
    left = folded
    while part := next((p for p in firsts.get(left[0], ()) if left.startswith(p) and _leaves_a_name(left, p)), ""):
        before.append(part)
        left = left[len(part) :]
    while part := next((p for p in lasts.get(left[-1], ()) if left.endswith(p) and _leaves_a_name(left, p)), ""):
        behind.append(part)
        left = left[: -len(part)]
    return (*before, left, *reversed(behind))


def _leaves_a_name(word: str, part: str) -> bool:
    return len(word) - len(part) >= (MIN_BESIDE_ONE_LETTER if len(part) == 1 else 1)
