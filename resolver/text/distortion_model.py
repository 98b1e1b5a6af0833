"""Judging whether words of a text are a distorted form of a name: the features of a guess, weighed and added up.

A logistic model (`data/text_weights.tsv`, fitted by `scripts/fit_text`) with one set of weights for lone words and one
for longer runs of words. What it is asked about has passed the guards of `distortion.py`, which hold always.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import Indel

from resolver.infra.packaged_data import read_table
from resolver.names.known_words import COMMON, LISTED, NAME, NEW, how_known
from resolver.settings import Settings
from resolver.text.text_tokens import common_words

FEW_FORMS = 4
"""A part of a name that more names of the table have than this ("John") vouches for little."""

LIKE_KNOWN, LIKE_NEW = 0.75, 0.65
"""Beside common words only, a word of a person's name that is known, or any other, sounds at least so much like the
right one."""

SOUNDS_EQUAL = 0.9
"""Words that are known as written may stand for others all the same where both sound so much alike (Dynamo, Dinamo)."""

_SURE = 0.999
"""Probabilities further from a half than this are as good as this one."""

_CLOSE = 0.8
"""Letters of two names that are less similar than this count against them twice."""

_FEW_LETTERS = 0.7
"""A word that has less of the letters of another than this has few of them."""

_NONE_RIGHT = COMMON + 1


@dataclass(frozen=True, slots=True)
class Pair:
    """What is written and what it stands for, folded, and how alike they sound (0 to 1), by hand-made and by learned
    costs; whether it is a word that tells names apart, by how many names of the table what is written is had, and how
    well that is known: two words that are joined are known as well as both are."""

    written: str
    right: str
    similarity: float
    heard: float
    telling: bool
    forms: int
    known: int


@dataclass(frozen=True, slots=True)
class Case:
    """A guess to be judged: the pairs of words, and what is known of the entity and of the place in the text.

    `probability` and `ahead` are that of the entity and by how much it is more than the next one's; `missing` is how
    many words of the name are lacking, `swapped` that they stand in another order; `beside` at how many ends other
    words of a name follow on; `shouted` says that they are in capitals and the
    name is not, `capitals` that it is.
    """

    pairs: Sequence[Pair]
    lone: bool
    probability: float
    ahead: float
    type: str
    missing: int
    swapped: bool
    beside: int
    shouted: bool
    capitals: bool


FEATURES = (
    "bias logit ahead close far worst heard first none_wrong common common_right right right_rare missing swapped"
    " person person_missing place length shouted capitals beside last_letter wrong_name wrong_listed wrong_common"
    " right_name right_listed right_common none_right both_known known_far rare_far target_known more_known less_known"
    " target_new otherwise letters letters_far person_both"
).split()


def features(case: Case) -> dict[str, float]:
    """What speaks for and against a guess; the meanings are in `data/text_weights.tsv`."""
    wrong, right = _wrong(case), _right(case)
    telling = [pair for pair in right if pair.telling]
    written, name = "".join(p.written for p in case.pairs), "".join(p.right for p in case.pairs)
    close = Indel.normalized_similarity(written, name)
    worst = min((pair.similarity for pair in wrong), default=1.0)
    letters = min((Indel.normalized_similarity(pair.written, pair.right) for pair in wrong), default=1.0)
    known = max((pair.known for pair in wrong), default=0)
    target = max((how_known(pair.right) for pair in wrong), default=0)
    target_new = any(how_known(pair.right) == NEW for pair in wrong)
    beside_known = min((pair.known for pair in telling), default=_NONE_RIGHT)
    rare = any(pair.forms <= FEW_FORMS for pair in right)
    probability = min(max(case.probability, 1 - _SURE), _SURE)
    person = case.type == "person"
    found = {
        "bias": 1.0,
        "logit": math.log(probability / (1 - probability)),
        "ahead": case.ahead,
        "close": close,
        "far": max(0.0, _CLOSE - close),
        "worst": worst,
        "heard": min((pair.heard for pair in wrong), default=1.0),
        "first": sum(pair.written[0] != pair.right[0] for pair in wrong),
        "none_wrong": not wrong,
        "common": sum(pair.written in common_words() for pair in wrong),
        "common_right": sum(pair.right in common_words() for pair in wrong),
        "right": len(right),
        "right_rare": rare,
        "missing": case.missing,
        "swapped": case.swapped,
        "person": person,
        "person_missing": person * case.missing,
        "place": case.type == "place",
        "length": min(len(written), 14) / 10,
        "shouted": case.shouted,
        "capitals": case.capitals,
        "beside": case.beside,
        "last_letter": any(_differ_at_end(pair) for pair in wrong),
        "wrong_name": known >= NAME,
        "wrong_listed": known >= LISTED,
        "wrong_common": known >= COMMON,
        "right_name": beside_known >= NAME,
        "right_listed": beside_known >= LISTED,
        "right_common": beside_known >= COMMON,
        "none_right": beside_known == _NONE_RIGHT,
        "both_known": known >= COMMON and beside_known >= LISTED,
        "known_far": (known >= NAME) * (1 - worst),
        "rare_far": (not rare) * (1 - worst),
        "target_known": target >= LISTED,
        "more_known": known > target,
        "less_known": known < target,
        "target_new": target_new,
        "otherwise": known > NEW and worst < LIKE_KNOWN and not _is_vouched_for(case),
        "letters": letters,
        "letters_far": max(0.0, _FEW_LETTERS - letters),
        "person_both": person and known >= NAME and target >= NAME,
    }
    return {feature: float(value) for feature, value in found.items()}


def is_known_otherwise(case: Case) -> bool:
    """Whether the words are known as they are written, and nothing vouches for the name that they are like.

    "Michael Smith" is no distortion of "Michal Smith": both of its words are common, so it is another name. People
    have names that are like those of others, so that more must vouch for theirs.
    """
    if case.lone or _is_vouched_for(case):
        return False
    wrong, person = _wrong(case), case.type == "person"
    known = min(pair.known for pair in wrong)
    if known == COMMON and all(pair.forms > FEW_FORMS for pair in _right(case)):
        return person or min(pair.heard for pair in wrong) < SOUNDS_EQUAL
    return min(pair.similarity for pair in wrong) < (LIKE_KNOWN if known and person else LIKE_NEW)


def _is_vouched_for(case: Case) -> bool:
    """Whether a right word that tells names apart is no common one."""
    return any(pair.known < COMMON for pair in _right(case) if pair.telling)


def _wrong(case: Case) -> list[Pair]:
    return [pair for pair in case.pairs if pair.written != pair.right]


def _right(case: Case) -> list[Pair]:
    return [pair for pair in case.pairs if pair.written == pair.right]


def _differ_at_end(pair: Pair) -> bool:
    """Whether the last letter is lacking, added or another one."""
    written, right = pair.written, pair.right
    return written[:-1] in (right, right[:-1]) or written == right[:-1]


@cache
def _weights() -> tuple[Mapping[str, float], Mapping[str, float]]:
    rows = read_table("text_weights.tsv")
    longer, lone = ({row["feature"]: float(row[column]) for row in rows} for column in ("longer", "lone"))
    return longer, lone


def log_odds(case: Case) -> float:
    """How sure it is that the words are a distorted form of the name."""
    if is_known_otherwise(case):
        return -math.inf
    weights = _weights()[case.lone]
    return sum(weights[feature] * value for feature, value in features(case).items())


def least_log_odds(settings: Settings) -> float:
    """Above this, 0 if nothing else is asked for, words are taken for a distorted form of a name."""
    sureness = settings.rewrite_sureness
    return math.log(sureness / (1.0 - sureness)) if sureness < 1.0 else math.inf
