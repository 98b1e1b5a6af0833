"""A filter of edits: by type, by entity, and by strings that must stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import regex

from resolver.records import Edit, Rewrite
from resolver.text.edit_composition import apply_edits

_LETTER = r"[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
"""A letter of a script that sets spaces between words."""


@dataclass(frozen=True)
class EditFilter:
    """Which edits are made.

    `types`: only of entities of these types (empty: of all). `only`: only of entities with these ids (None: of all).
    `without`: none of entities with these ids. `protected`: none that touches one of these strings in the text.
    """

    types: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    protected: frozenset[str] = frozenset()

    def key(self) -> list[list[str] | None]:
        """The filter as JSON; equal for equal filters."""
        sets = (self.types, self.only, self.without, self.protected)
        return [None if strings is None else sorted(strings) for strings in sets]

    def present(self, present_id: Callable[[str], str | None]) -> tuple[EditFilter, list[str]]:
        """The filter with each id replaced by the present id of its entity, and the ids that mean no entity.

        `present_id` gives the present id of an entity, or None.
        """
        found = {old: present_id(old) for old in sorted((self.only or frozenset()) | self.without)}
        only = None if self.only is None else frozenset(found[old] or old for old in self.only)
        without = frozenset(found[old] or old for old in self.without)
        return replace(self, only=only, without=without), [old for old, new in found.items() if new is None]

    def applied(self, rewrite: Rewrite, type_of: Callable[[str], str]) -> Rewrite:
        """The function `rewrite` with its edits filtered; `type_of` gives the type of the entity with an id."""
        if self == EditFilter():
            return rewrite

        def rewrite_filtered(text: str, doc: str) -> tuple[str, list[Edit]]:
            new, edits = rewrite(text, doc)
            kept = self._kept(text, edits, type_of)
            return (new, edits) if len(kept) == len(edits) else (apply_edits(text, kept), kept)

        return rewrite_filtered

    def _kept(self, text: str, edits: list[Edit], type_of: Callable[[str], str]) -> list[Edit]:
        kept = [edit for edit in edits if self.wants(edit.id, type_of)]
        if not kept or not self.protected:
            return kept
        spans = [match.span() for match in self._pattern.finditer(text, overlapped=True)]
        return [edit for edit in kept if not any(start < edit.end and edit.start < end for start, end in spans)]

    def wants(self, entity_id: str, type_of: Callable[[str], str]) -> bool:
        """Whether edits of the entity with this id are made."""
        if entity_id in self.without or (self.only is not None and entity_id not in self.only):
            return False
        return not self.types or type_of(entity_id) in self.types

    @cached_property
    def _pattern(self) -> regex.Pattern[str]:
        """A pattern of the protected strings, where they are no part of a longer word."""
        edges = {True: (rf"(?<!{_LETTER})", rf"(?!{_LETTER})"), False: ("", "")}
        spaced = regex.compile(_LETTER, regex.V1)
        groups: dict[tuple[bool, bool], list[str]] = {}
        for string in self.protected:
            groups.setdefault((bool(spaced.match(string)), bool(spaced.match(string[-1]))), []).append(string)
        lists: dict[str, Any] = {f"strings{i}": group for i, group in enumerate(groups.values())}
        branches = [edges[a][0] + rf"\L<strings{i}>" + edges[b][1] for i, (a, b) in enumerate(groups)]
        return regex.compile("|".join(branches), regex.V1, **lists)


def read_lines(lines: Iterable[str]) -> frozenset[str]:
    """The lines as a set, without the white space around them, and without empty lines."""
    return frozenset(stripped for line in lines if (stripped := line.removeprefix("\ufeff").strip()))
