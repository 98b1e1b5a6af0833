"""Features: what the score adds up, each with one meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel, JaroWinkler

from resolver.gazetteer.store import Form, Store
from resolver.names.normal import NormalForm
from resolver.records import Evidence, TokenMatch
from resolver.resolving.alignment import INITIAL, MentionSide
from resolver.sound.keys import metaphone
from resolver.sound.spelling import similarity_rows

WITHIN = {
    "bias": "always 1",
    "equal": "the normal forms are equal",
    "core_equal": "equal but for titles and legal forms",
    "joined_equal": "equal but for spaces and hyphens",
    "mention_sound": "similarity of matched tokens, weighed over the mention's tokens",
    "name_sound": "similarity of matched tokens, weighed over the name's tokens",
    "mention_close": "as mention_sound, of close matches only (fourth power)",
    "name_close": "as name_sound, of close matches only (fourth power)",
    "both_close": "product of mention_close and name_close",
    "worst": "similarity of the worst matched token that is no generic word",
    "heard_mention": "as mention_sound, by the costs learned between Latin spellings",
    "heard_name": "as name_sound, by the costs learned between Latin spellings",
    "heard_joined": "similarity of the names without spaces, by the costs learned between Latin spellings",
    "evidence": "how rare the matched tokens of the name are (0 to 1 each), times how close they are (fourth power)",
    "joined_sound": "similarity of the names without spaces, by sounds",
    "joined_letters": "similarity of the names without spaces, by letters (indel)",
    "jaro_winkler": "Jaro-Winkler similarity of the names as written",
    "phonetic": "share of the matched tokens with equal Metaphone codes",
    "keys": "share of the search keys that they have in common (cosine)",
    "missing": "weight of the name's tokens that the mention lacks",
    "missing_first": "the name's first token, when it is no title, is lacking",
    "extra": "weight of the mention's tokens that the name lacks",
    "beyond_lone": "the name is one token, and the mention has another that is no title or generic word",
    "initials": "matches of a lone letter with a token",
    "swapped": "the matched tokens come in another order",
    "lone": "the mention is one token and the name several",
    "short": "the shorter of the two has at most three letters and they are not equal",
    "weak_alias": "the alias as often means something else",
}

ACROSS = {
    "across": "always 1 for a mention and a name in different scripts, which are compared by these features only",
    "across_mention": "similarity of matched tokens, weighed over the mention's tokens",
    "across_name": "similarity of matched tokens, weighed over the name's tokens",
    "across_mention_close": "as across_mention, of close matches only (square)",
    "across_name_close": "as across_name, of close matches only (square)",
    "across_both": "product of across_mention_close and across_name_close",
    "across_worst": "similarity of the worst matched token that is no generic word",
    "across_evidence": "how rare the matched tokens of the name are (0 to 1 each), times how close they are (square)",
    "across_joined": "similarity of the names without spaces, by sounds",
    "across_keys": "share of the search keys that they have in common (cosine)",
    "across_missing": "weight of the name's tokens that the mention lacks",
    "across_missing_first": "the name's first token, when it is no title, is lacking",
    "across_missing_last": "the name's last token, when it is no legal form, is lacking",
    "across_extra": "weight of the mention's tokens that the name lacks",
    "across_initials": "matches of a lone letter with a token",
    "across_swapped": "the matched tokens come in another order",
    "across_lone": "the mention is one token of a script with spaces and the name several",
}

_ROLE_SHARE = {
    "legal": 0.1,
    "honorific": 0.15,
    "office": 0.15,
    "particle": 0.25,
    "linking": 0.25,
    "generation": 0.3,
    "generic": 0.6,
}
_SAME_TOKEN = 0.8


@dataclass(frozen=True, slots=True)
class WeighedMention:
    """A mention's normal form, how much each of its tokens tells (0 to 1), and its side of every alignment."""

    normal: NormalForm
    weights: tuple[float, ...]
    side: MentionSide


def weigh_tokens(store: Store, tokens: tuple[str, ...], roles: tuple[str, ...]) -> tuple[float, ...]:
    """How much each token tells: its rarity in the table, less for titles, legal forms and generic words."""
    return tuple(
        store.token_weight(token) * _ROLE_SHARE.get(role, 1.0) for token, role in zip(tokens, roles, strict=True)
    )


def weigh_mention(store: Store, normal: NormalForm, forms: Sequence[Form]) -> WeighedMention:
    """A mention ready to be compared with the forms.

    A token in another script tells as much as the token of the forms that sounds most like it.
    """
    side = MentionSide(normal)
    side.compare(forms)
    weights = list(weigh_tokens(store, normal.tokens, normal.roles))
    for place, piece in enumerate(side.singles[: len(weights)]):
        token = None if piece.spelling.is_latin else side.most_alike(place, _SAME_TOKEN)
        if token is not None:
            weights[place] = min(weights[place], store.token_weight(token))
    return WeighedMention(normal, tuple(weights), side)


def compare(store: Store, mention: WeighedMention, form: Form, shared: float, weak: bool) -> Evidence:
    """The evidence that a mention stands for a name form, which shares some of its search keys (cosine, 0 to 1)."""
    matches = mention.side.align(form)
    matched = _Matched(store, mention, form, matches)
    if mention.side.is_latin != form.exact.isascii():
        features = _across(mention.normal, form, matched) | {
            "across_joined": mention.side.whole_similarity(form),
            "across_keys": shared,
        }
    else:
        features = _within(mention.normal, form, matched) | {"keys": shared, "weak_alias": float(weak)}
        if mention.side.is_latin:
            features["heard_joined"] = mention.side.whole_heard(form)
    return Evidence(mention.normal.tokens, form.tokens, matches, features, mention.normal.exact, form.exact)


class _Matched:
    """What the matches of a mention and a form add up to."""

    def __init__(self, store: Store, mention: WeighedMention, form: Form, matches: tuple[TokenMatch, ...]) -> None:
        left, right = mention.weights, weigh_tokens(store, form.tokens, form.roles)
        roles = mention.normal.roles
        self.matches = matches
        self.left_used = {i for match in matches for i in match.mention}
        self.right_used = {i for match in matches for i in match.name}
        self.left_total, self.right_total = sum(left) or 1.0, sum(right) or 1.0
        self.left = [(match.similarity, sum(left[i] for i in match.mention)) for match in matches]
        self.right = [(match.similarity, sum(right[i] for i in match.name)) for match in matches]
        self.missing = sum(weight for i, weight in enumerate(right) if i not in self.right_used)
        self.extra = sum(weight for i, weight in enumerate(left) if i not in self.left_used)
        telling = [m.similarity for m in matches if any(roles[i] == "name" for i in m.mention)]
        self.worst = min(telling, default=0.0)
        self.beyond = any(roles[i] == "name" for i in range(len(left)) if i not in self.left_used)
        self.missing_first = bool(matches) and 0 not in self.right_used and form.roles[0] == "name"
        last = len(right) - 1
        self.missing_last = bool(matches) and last not in self.right_used and form.roles[last] == "name"

    def of_mention(self, power: int) -> float:
        """The similarities to some power, weighed over the mention's tokens."""
        return sum(similarity**power * weight for similarity, weight in self.left) / self.left_total

    def of_name(self, power: int) -> float:
        """The same over the name's tokens."""
        return self.evidence(power) / self.right_total

    def evidence(self, power: int) -> float:
        """The weight of the matched tokens of the name, times their similarity to some power."""
        return sum(similarity**power * weight for similarity, weight in self.right)

    def initials(self) -> float:
        """How many matches are of a lone letter."""
        return float(sum(match.similarity == INITIAL for match in self.matches))


def _across(normal: NormalForm, form: Form, matched: _Matched) -> dict[str, float]:
    """The features of a mention and a form in different scripts."""
    close_left, close_right = matched.of_mention(2), matched.of_name(2)
    return {
        "across": 1.0,
        "across_mention": matched.of_mention(1),
        "across_name": matched.of_name(1),
        "across_mention_close": close_left,
        "across_name_close": close_right,
        "across_both": close_left * close_right,
        "across_worst": matched.worst,
        "across_evidence": matched.evidence(2),
        "across_missing": matched.missing,
        "across_missing_first": float(matched.missing_first),
        "across_missing_last": float(matched.missing_last),
        "across_extra": matched.extra,
        "across_initials": matched.initials(),
        "across_swapped": float(_swapped(matched.matches)),
        "beyond_lone": float(len(form.tokens) == 1 and matched.beyond and bool(matched.matches)),
        "across_lone": float(len(normal.tokens) == 1 < len(form.tokens) and len(matched.right_used) < len(form.tokens)),
    }


def _within(normal: NormalForm, form: Form, matched: _Matched) -> dict[str, float]:
    """The features of a mention and a form in one script."""
    close_left, close_right = matched.of_mention(4), matched.of_name(4)
    joined, form_joined = normal.joined, "".join(form.tokens)
    equal = normal.exact == form.exact
    return {
        "bias": 1.0,
        "equal": float(equal),
        "core_equal": float(normal.core == form.core),
        "joined_equal": float(joined == form_joined),
        "mention_sound": matched.of_mention(1),
        "name_sound": matched.of_name(1),
        "mention_close": close_left,
        "name_close": close_right,
        "both_close": close_left * close_right,
        "worst": matched.worst,
        "evidence": matched.evidence(4),
        "heard_mention": sum(m.heard * w for m, (_, w) in zip(matched.matches, matched.left, strict=True))
        / matched.left_total,
        "heard_name": sum(m.heard * w for m, (_, w) in zip(matched.matches, matched.right, strict=True))
        / matched.right_total,
        "joined_sound": similarity_rows((joined,), (form_joined,))[0],
        "joined_letters": Indel.normalized_similarity(joined, form_joined),
        "jaro_winkler": JaroWinkler.similarity(" ".join(normal.tokens), " ".join(form.tokens)),
        "phonetic": _phonetic(normal.tokens, form.tokens, matched.matches),
        "missing": matched.missing,
        "missing_first": float(matched.missing_first),
        "extra": matched.extra,
        "beyond_lone": float(len(form.tokens) == 1 and matched.beyond and bool(matched.matches)),
        "initials": matched.initials(),
        "swapped": float(_swapped(matched.matches)),
        "lone": float(len(normal.tokens) == 1 and len(form.tokens) > 1),
        "short": float(not equal and min(len(joined), len(form_joined)) <= 3),
    }


def _phonetic(mention: tuple[str, ...], name: tuple[str, ...], matches: tuple[TokenMatch, ...]) -> float:
    if not matches:
        return 0.0
    same = 0
    for match in matches:
        left = metaphone("".join(mention[i] for i in match.mention))
        same += left != "" and left == metaphone("".join(name[i] for i in match.name))
    return same / len(matches)


def _swapped(matches: tuple[TokenMatch, ...]) -> bool:
    places = [match.name[0] for match in sorted(matches, key=lambda match: match.mention)]
    return places != sorted(places)
