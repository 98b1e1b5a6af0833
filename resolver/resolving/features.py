"""Features: what the score adds up, each with one meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Indel, JaroWinkler

from resolver.gazetteer.store import Form, Store
from resolver.names.normal import NormalForm
from resolver.records import Evidence, TokenMatch
from resolver.resolving.alignment import INITIAL, MentionSide, align, pieces_of
from resolver.sound.keys import metaphone
from resolver.sound.spelling import similarity_rows

FEATURES = {
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
    "evidence": "how rare the matched tokens of the name are (0 to 1 each), times how close they are (fourth power)",
    "joined_sound": "similarity of the names without spaces, by sounds",
    "joined_letters": "similarity of the names without spaces, by letters (indel)",
    "jaro_winkler": "Jaro-Winkler similarity of the names as written",
    "phonetic": "share of the matched tokens with equal Metaphone codes",
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

_ROLE_SHARE = {"legal": 0.1, "honorific": 0.15, "office": 0.15, "particle": 0.25, "linking": 0.25, "generic": 0.6}


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


def weigh_mention(store: Store, normal: NormalForm) -> WeighedMention:
    """A mention ready to be compared with forms."""
    return WeighedMention(normal, weigh_tokens(store, normal.tokens, normal.roles), MentionSide(normal))


def compare_sounds(mention: WeighedMention, forms: Iterable[Form]) -> None:
    """Work out how alike the mention's tokens are to those of all the forms at once, which is faster than one by one."""
    mention.side.likeness.compare(piece.spelling for form in forms for piece in pieces_of(form.tokens, form.exact))


def compare(store: Store, mention: WeighedMention, form: Form, weak: bool) -> Evidence:
    """The evidence that a mention stands for a name form."""
    normal, left = mention.normal, mention.weights
    right = weigh_tokens(store, form.tokens, form.roles)
    matches = align(mention.side, pieces_of(form.tokens, form.exact))
    left_used = {i for match in matches for i in match.mention}
    right_used = {i for match in matches for i in match.name}
    left_total, right_total = sum(left) or 1.0, sum(right) or 1.0
    sound_left = sum(match.similarity * left[i] for match in matches for i in match.mention)
    sound_right = sum(match.similarity * right[i] for match in matches for i in match.name)
    close_left = sum(match.similarity**4 * left[i] for match in matches for i in match.mention)
    close_right = sum(match.similarity**4 * right[i] for match in matches for i in match.name)
    joined, form_joined = normal.joined, "".join(form.tokens)
    equal = normal.exact == form.exact
    telling = [m.similarity for m in matches if any(normal.roles[i] == "name" for i in m.mention)]
    beyond = any(normal.roles[i] == "name" for i in range(len(left)) if i not in left_used)
    missing_first = bool(right_used) and 0 not in right_used and form.roles[0] == "name"
    features = {
        "bias": 1.0,
        "equal": float(equal),
        "core_equal": float(normal.core == form.core),
        "joined_equal": float(joined == form_joined),
        "mention_sound": sound_left / left_total,
        "name_sound": sound_right / right_total,
        "mention_close": close_left / left_total,
        "name_close": close_right / right_total,
        "both_close": close_left / left_total * close_right / right_total,
        "worst": min(telling, default=0.0),
        "evidence": close_right,
        "joined_sound": similarity_rows((joined,), (form_joined,))[0],
        "joined_letters": Indel.normalized_similarity(joined, form_joined),
        "jaro_winkler": JaroWinkler.similarity(" ".join(normal.tokens), " ".join(form.tokens)),
        "phonetic": _phonetic(normal.tokens, form.tokens, matches),
        "missing": sum(weight for i, weight in enumerate(right) if i not in right_used),
        "missing_first": float(missing_first),
        "extra": sum(weight for i, weight in enumerate(left) if i not in left_used),
        "beyond_lone": float(len(form.tokens) == 1 and beyond and bool(matches)),
        "initials": float(sum(match.similarity == INITIAL for match in matches)),
        "swapped": float(_swapped(matches)),
        "lone": float(len(normal.tokens) == 1 and len(form.tokens) > 1),
        "short": float(not equal and min(len(joined), len(form_joined)) <= 3),
        "weak_alias": float(weak),
    }
    return Evidence(normal.tokens, form.tokens, matches, features)


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
