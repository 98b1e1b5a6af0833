"""The model that judges whether words of a text are a distorted form of a name.

A logistic regression over the features of a guess (`data/text_weights.tsv`, fitted by `scripts/fit_text`), with one set
of weights for lone words and one for longer runs of words. Its guesses have passed `distortion_guards`, which hold
whatever the model says.
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
from resolver.text.common_words import common_words


@dataclass(frozen=True, slots=True)
class JudgementLimits:
    """Numbers by which the features are made and known words are told apart; similarities are from 0 to 1.

    - `max_rare_forms`: a part of a name that more names of the table share ("John") vouches for little.
    - `min_known_similarity`, `min_new_similarity`: beside common words only, a word sounds at least this much like the
      right one; the first is for a known word in the name of a person, the second for any other.
    - `min_equal_sound`: words known as written may still stand for others that sound this much alike (Dynamo, Dinamo).
    - `min_person_sound`: so do words in the name of a person by the learned costs, if no rare word vouches for it.
    - `max_probability`: probabilities are clipped to between 1 minus this and this.
    - `min_close_letters`, `min_word_letters`: below these similarities of letters, of whole names and of words, the
      difference counts a second time.
    """

    max_rare_forms: int = 4
    min_known_similarity: float = 0.75
    min_new_similarity: float = 0.65
    min_equal_sound: float = 0.9
    min_person_sound: float = 0.5
    max_probability: float = 0.999
    min_close_letters: float = 0.8
    min_word_letters: float = 0.7


LIMITS = JudgementLimits()

_NONE_RIGHT = COMMON + 1
"""The knownness of the right words where there is none: more than that of a common word."""


@dataclass(frozen=True, slots=True)
class WordPair:
    """A word as written and the word that it stands for, both folded.

    `similarity` and `heard` say how alike they sound (0 to 1), by the hand-made and by the learned costs. `telling`
    says that the word tells names apart (it is no title or legal form). `forms` is the number of names of the table
    that have the written word, if it is right. `known` says how well known the written word is; of two joined words,
    the lesser.
    """

    written: str
    right: str
    similarity: float
    heard: float
    telling: bool
    forms: int
    known: int


@dataclass(frozen=True, slots=True)
class GuessCase:
    """A guess to be judged: its pairs of words, and what is known of the entity and of the place in the text.

    `probability` is that of the entity, `ahead` by how much it exceeds that of the next one. `missing` is the number of
    words of the name that are missing; `swapped` says that the words stand in another order. `beside` is the number of
    ends (0 to 2) at which the run of capitalised words goes on. `shouted` says that the words are in capitals and the
    name is not, `capitals` that the name is.
    """

    pairs: Sequence[WordPair]
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


def features(case: GuessCase) -> dict[str, float]:
    """The features of a guess by name; `data/text_weights.tsv` has their meanings."""
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
    rare = any(pair.forms <= LIMITS.max_rare_forms for pair in right)
    probability = min(max(case.probability, 1 - LIMITS.max_probability), LIMITS.max_probability)
    person = case.type == "person"
    found = {
        "bias": 1.0,
        "logit": math.log(probability / (1 - probability)),
        "ahead": case.ahead,
        "close": close,
        "far": max(0.0, LIMITS.min_close_letters - close),
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
        "otherwise": known > NEW and worst < LIMITS.min_known_similarity and not _is_vouched_for(case),
        "letters": letters,
        "letters_far": max(0.0, LIMITS.min_word_letters - letters),
        "person_both": person and known >= NAME and target >= NAME,
    }
    return {feature: float(value) for feature, value in found.items()}


def is_known_otherwise(case: GuessCase) -> bool:
    """Whether the words are known as they are written, and nothing vouches for the name that they resemble.

    "Michael Smith" is no distortion of "Michal Smith": both of its words are common, so it is another name. Names of
    people resemble each other, so more must vouch for them.
    """
    if case.lone or _is_vouched_for(case):
        return False
    wrong, person = _wrong(case), case.type == "person"
    known = min(pair.known for pair in wrong)
    rare = any(pair.forms <= LIMITS.max_rare_forms for pair in _right(case))
    if known == COMMON and person and min(pair.heard for pair in wrong) < LIMITS.min_person_sound:
        return True  # "Stephen King" for Stephen Hawking
    if known == COMMON and not rare:
        return person or min(pair.heard for pair in wrong) < LIMITS.min_equal_sound
    needed = LIMITS.min_known_similarity if known and person else LIMITS.min_new_similarity
    return min(pair.similarity for pair in wrong) < needed


def _is_vouched_for(case: GuessCase) -> bool:
    """Whether one of the right words that tell names apart is not a common word."""
    return any(pair.known < COMMON for pair in _right(case) if pair.telling)


def _wrong(case: GuessCase) -> list[WordPair]:
    return [pair for pair in case.pairs if pair.written != pair.right]


def _right(case: GuessCase) -> list[WordPair]:
    return [pair for pair in case.pairs if pair.written == pair.right]


def _differ_at_end(pair: WordPair) -> bool:
    """Whether the only difference is the last letter: missing, added or another one."""
    written, right = pair.written, pair.right
    return written[:-1] in (right, right[:-1]) or written == right[:-1]


@cache
def _weights() -> tuple[Mapping[str, float], Mapping[str, float]]:
    rows = read_table("text_weights.tsv")
    longer, lone = ({row["feature"]: float(row[column]) for row in rows} for column in ("longer", "lone"))
    return longer, lone


def log_odds(case: GuessCase) -> float:
    """The log-odds that the words are a distorted form of the name; -inf for words that are known otherwise."""
    if is_known_otherwise(case):
        return -math.inf
    weights = _weights()[case.lone]
    return sum(weights[feature] * value for feature, value in features(case).items())


def log_odds_threshold(settings: Settings) -> float:
    """The log-odds above which words are taken for a distorted form of a name: 0 unless a precision is set."""
    sureness = settings.rewrite_sureness
    return math.log(sureness / (1.0 - sureness)) if sureness < 1.0 else math.inf
