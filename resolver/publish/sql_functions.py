"""The SQL functions as Python functions: values of SQL in and out, None for NULL, answers cached by value."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

from resolver.api.names import Names
from resolver.api.opening import open as open_names
from resolver.corpus.byte_streams import json_line
from resolver.names.normal_form import normal_form
from resolver.settings import Settings

REMEMBERED = 1 << 17
"""Answers that are cached; as many similarities of pairs of names."""

REMEMBERED_JSON = 1 << 13
"""Answers in JSON that are cached; they are larger."""

FRESH = 0.01
"""Seconds for which a change of the table may go unnoticed: the rows of a statement come much faster."""

MAX_ROMANISED = 100_000
"""Characters of a text that is romanised."""

Value = str | bytes | int | float | None
"""A value of SQL. A number is taken as its text, a BLOB as text in UTF-8."""


class Functions:
    """The functions `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise` of one table.

    They answer from the table as it is, or as it was FRESH seconds ago. Threads may share them.
    """

    def __init__(self, db: str | Path | Names | None = None, settings: Settings | None = None) -> None:
        """Open a database file, or the bundled table without `db`; an open table keeps its own settings.

        Raises DatabaseError as `resolver.open` does.
        """
        self.names = db if isinstance(db, Names) else open_names(db, settings)
        self._longest = self.names.settings.max_mention
        self._looked = 0.0
        self._answers = lru_cache(maxsize=REMEMBERED)(self._answer)
        self._texts = lru_cache(maxsize=REMEMBERED_JSON)(self._text)
        self._likenesses = lru_cache(maxsize=REMEMBERED)(self._likeness)

    def resolve(self, mention: Value) -> str | None:
        """The canonical name of the entity that a mention is linked to; NULL when it is not."""
        return None if mention is None else self._found(text_of(mention))[0]

    def resolve_id(self, mention: Value) -> str | None:
        """The id of the entity that a mention is linked to; NULL when it is not."""
        return None if mention is None else self._found(text_of(mention))[1]

    def resolve_json(self, mention: Value) -> str | None:
        """The whole answer as JSON: outcome, probability and candidates, as `resolver resolve --json` prints it."""
        if mention is None:
            return None
        text = text_of(mention)
        return self._text(0, text) if len(text) > self._longest else self._texts(self._version(), text)

    def name_similarity(self, mention: Value, name: Value) -> float | None:
        """The probability (0 to 1) that a mention stands for a name, whether the table has it or not."""
        if mention is None or name is None:
            return None
        one, other = text_of(mention), text_of(name)
        return 0.0 if max(len(one), len(other)) > self._longest else self._likenesses(self._version(), one, other)

    def romanise(self, text: Value) -> str | None:
        """The words of a text in lower-case ASCII letters and digits, as names are compared; "" when it has none.

        NULL for a text of more than MAX_ROMANISED characters, which would hold up all other threads.
        """
        if text is None:
            return None
        plain = text_of(text)
        return None if len(plain) > MAX_ROMANISED else " ".join(normal_form(plain).tokens)

    def _found(self, mention: str) -> tuple[str | None, str | None]:
        return (None, None) if len(mention) > self._longest else self._answers(self._version(), mention)

    def _version(self) -> int:
        """The state of the table that answers may be remembered for."""
        now = time.monotonic()
        if now > self._looked + FRESH:
            self._identity = self.names.table.snapshot().identity
            self._looked = now
        return self._identity

    def _answer(self, version: int, mention: str) -> tuple[str | None, str | None]:
        entity = self.names.resolve(mention).entity
        return (entity.name, entity.id) if entity else (None, None)

    def _text(self, version: int, mention: str) -> str:
        return json_line(self.names.resolve(mention).to_dict()).decode().rstrip("\n")

    def _likeness(self, version: int, mention: str, name: str) -> float:
        return self.names.compare(mention, name).probability


def text_of(value: str | bytes | int | float) -> str:
    """A value as text; bytes of a BLOB that are not UTF-8 become U+FFFD."""
    if isinstance(value, str):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
