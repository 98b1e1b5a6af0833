"""The SQL functions as Python functions: SQL values in and out, None for NULL, answers cached by value."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from pathlib import Path

from resolver.api.names import Names
from resolver.api.opening import open as open_names
from resolver.corpus.byte_streams import json_line
from resolver.names.normal_form import normal_form
from resolver.settings import Settings

MAX_CACHED_ANSWERS = 1 << 17
"""Maximum number of cached answers, and of cached similarities of pairs of names."""

MAX_CACHED_JSON_ANSWERS = 1 << 13
"""Maximum number of cached JSON answers, which are larger."""

FRESH_SECONDS = 0.01
"""Maximum number of seconds for which a change of the table may go unnoticed; the rows of a statement come faster."""

MAX_ROMANISED_CHARACTERS = 100_000
"""Maximum number of characters of a text that is romanised."""

Value = str | bytes | int | float | None
"""An SQL value. A number is treated as its text, a BLOB as UTF-8 text."""


class Functions:
    """The functions `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise` of one table.

    They use the current table, or its state FRESH_SECONDS ago. Threads may share them.
    """

    def __init__(self, db: str | Path | Names | None = None, settings: Settings | None = None) -> None:
        """Open a database file, or the bundled table without `db`; an open table keeps its own settings.

        Raises DatabaseError as `resolver.open` does.
        """
        self.names = db if isinstance(db, Names) else open_names(db, settings)
        self._longest = self.names.settings.max_mention
        self._identity = 0
        self._checked = -math.inf
        self._answers = lru_cache(maxsize=MAX_CACHED_ANSWERS)(self._answer)
        self._json_answers = lru_cache(maxsize=MAX_CACHED_JSON_ANSWERS)(self._json_answer)
        self._similarities = lru_cache(maxsize=MAX_CACHED_ANSWERS)(self._similarity)

    def resolve(self, mention: Value) -> str | None:
        """The canonical name of the entity that a mention is linked to; NULL if it is not linked."""
        return None if mention is None else self._linked(text_of(mention))[0]

    def resolve_id(self, mention: Value) -> str | None:
        """The id of the entity that a mention is linked to; NULL if it is not linked."""
        return None if mention is None else self._linked(text_of(mention))[1]

    def resolve_json(self, mention: Value) -> str | None:
        """The full answer as JSON: outcome, probability and candidates, as `resolver resolve --json` prints it."""
        if mention is None:
            return None
        text = text_of(mention)
        return (
            self._json_answer(0, text)
            if len(text) > self._longest
            else self._json_answers(self._table_identity(), text)
        )

    def name_similarity(self, mention: Value, name: Value) -> float | None:
        """The probability (0 to 1) that a mention stands for a name, which need not be in the table."""
        if mention is None or name is None:
            return None
        one, other = text_of(mention), text_of(name)
        return (
            0.0 if max(len(one), len(other)) > self._longest else self._similarities(self._table_identity(), one, other)
        )

    def romanise(self, text: Value) -> str | None:
        """The words of a text in lower-case ASCII letters and digits, as names are compared; "" if it has none.

        NULL for a text of more than MAX_ROMANISED_CHARACTERS characters, which would hold up all other threads.
        """
        if text is None:
            return None
        plain = text_of(text)
        return None if len(plain) > MAX_ROMANISED_CHARACTERS else " ".join(normal_form(plain).tokens)

    def _linked(self, mention: str) -> tuple[str | None, str | None]:
        """The name and the id of the entity that a mention is linked to; (None, None) if it is not linked."""
        return (None, None) if len(mention) > self._longest else self._answers(self._table_identity(), mention)

    def _table_identity(self) -> int:
        """The identity of the snapshot that answers are cached for, which may be FRESH_SECONDS old."""
        now = time.monotonic()
        if now > self._checked + FRESH_SECONDS:
            self._identity = self.names.table.snapshot().identity
            self._checked = now
        return self._identity

    def _answer(self, identity: int, mention: str) -> tuple[str | None, str | None]:
        entity = self.names.resolve(mention).entity
        return (entity.name, entity.id) if entity else (None, None)

    def _json_answer(self, identity: int, mention: str) -> str:
        return json_line(self.names.resolve(mention).to_dict()).decode().rstrip("\n")

    def _similarity(self, identity: int, mention: str, name: str) -> float:
        return self.names.compare(mention, name).probability


def text_of(value: str | bytes | int | float) -> str:
    """A value as text; bytes of a BLOB that are not UTF-8 become U+FFFD."""
    if isinstance(value, str):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
