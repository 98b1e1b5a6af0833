"""The search index: from keys to the name forms that share the most and the rarest of them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from resolver.gazetteer.postings import accumulate, best_forms
from resolver.sound.keys import name_keys

BUDGET = 400_000
"""Postings read for one mention, rarest keys first; the first four keys are read whatever their length."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A form that the index found: its number and the cosine (0 to 1) of its keys with the mention's."""

    form: int
    similarity: float


class Index:
    """Postings of the keys of all name forms, as flat arrays. Searching is not safe from two threads at once."""

    def __init__(self, keys: list[str], offsets: array[int], postings: array[int], norms: array[float]) -> None:
        """Take the parts of the index: the postings of `keys[i]` are `postings[offsets[i]:offsets[i + 1]]`."""
        self._keys = keys
        self._places = {key: place for place, key in enumerate(keys)}
        self._offsets = offsets
        self._postings = postings
        self._norms = norms
        self._scores = array("f", bytes(4 * len(norms)))
        self._touched = array("I", bytes(4 * len(norms)))

    @classmethod
    def build(cls, names: Iterable[tuple[str, ...]]) -> Index:
        """The index of the romanised tokens of each form; a form's number is its place in `names`."""
        lists: dict[str, array[int]] = {}
        key_sets = []
        for number, tokens in enumerate(names):
            keys = name_keys(tokens)
            key_sets.append(keys)
            for key in keys:
                lists.setdefault(key, array("I")).append(number)
        ordered = sorted(lists)
        weight = {key: _weight(len(lists[key]), len(key_sets)) for key in ordered}
        offsets, postings = array("q", [0]), array("I")
        for key in ordered:
            postings.extend(lists[key])
            offsets.append(len(postings))
        norms = array("f", (math.sqrt(sum(weight[key] ** 2 for key in keys)) or 1.0 for keys in key_sets))
        return cls(ordered, offsets, postings, norms)

    def parts(self) -> dict[str, bytes]:
        """The index as named byte strings, from which `from_parts` makes it again."""
        return {
            "keys": "\n".join(self._keys).encode(),
            "offsets": self._offsets.tobytes(),
            "postings": self._postings.tobytes(),
            "norms": self._norms.tobytes(),
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Index:
        """The index that `parts` was called on."""
        arrays: list[array[Any]] = [array("q"), array("I"), array("f")]
        for values, part in zip(arrays, ("offsets", "postings", "norms"), strict=True):
            values.frombytes(parts[part])
        keys = parts["keys"].decode()
        return cls(keys.split("\n") if keys else [], *arrays)

    def __len__(self) -> int:
        """How many forms are indexed."""
        return len(self._norms)

    def search(self, keys: Mapping[str, float], limit: int) -> list[Hit]:
        """The `limit` forms that share most and the rarest of the keys, best first; each key counts as much as said."""
        counts = {place: share for key, share in keys.items() if (place := self._places.get(key)) is not None}
        lengths = {place: self._offsets[place + 1] - self._offsets[place] for place in counts}
        found = sorted(counts, key=lambda place: (lengths[place], place))
        starts, ends, weights = array("q"), array("q"), array("f")
        read = 0
        for place in found:
            read += lengths[place]
            if read > BUDGET and len(starts) >= 4:
                break
            starts.append(self._offsets[place])
            ends.append(self._offsets[place + 1])
            weights.append(counts[place] * _weight(lengths[place], len(self)) ** 2)
        if not starts:
            return []
        norm = math.sqrt(sum(weights))
        best, values = array("I", bytes(4 * limit)), array("d", bytes(8 * limit))
        count = accumulate(self._postings, starts, ends, weights, self._scores, self._touched)
        hits = best_forms(self._scores, self._norms, self._touched, count, best, values)
        return [Hit(best[i], values[i] / norm) for i in range(hits)]


def _weight(frequency: int, forms: int) -> float:
    """Inverse document frequency of a key (Sparck Jones, 1972)."""
    return math.log(1.0 + forms / frequency)
