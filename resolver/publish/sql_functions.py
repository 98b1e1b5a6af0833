"""The SQL functions: plain values in and out, None for NULL, each distinct value answered once."""

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
"""How many answers are remembered (pairs of names: as many)..."""

REMEMBERED_JSON = 1 << 13
"""...and how many in JSON, which are larger."""

FRESH = 0.01
"""For so many seconds a table is not looked at again: rows of a statement come much faster than changes."""

LONGEST = 100_000
"""A text of more code points is not romanised."""

Value = str | bytes | int | float | None
"""What SQL hands over. Numbers count as their text, a BLOB as text in UTF-8."""


class Functions:
    """The functions `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise` of one table.

    They answer with what the table says now, or said FRESH seconds ago. Threads may share them.
    """

    def __init__(self, db: str | Path | Names | None = None, settings: Settings | None = None) -> None:
        """Those of a database file, of an open table, or of the bundled one. Raises DatabaseError as `open` does.

        An open table brings its own settings.
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
        """The id of that entity."""
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
        """The words of a text in the letters a to z and digits, as names are compared; "" when it has none.

        NULL for a text of more than LONGEST code points, which would keep all other threads waiting.
        """
        if text is None:
            return None
        plain = text_of(text)
        return None if len(plain) > LONGEST else " ".join(normal_form(plain).tokens)

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
    """A value as text; what is no UTF-8 in a BLOB becomes U+FFFD."""
    if isinstance(value, str):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
