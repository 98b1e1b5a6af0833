"""Keys: the strings that a name is indexed and searched by.

Trigrams of each token, trigrams of its folded consonant skeleton, and its Metaphone code. A real variant shares
some of them even when its first letter or all its vowels are other ones.
"""

from __future__ import annotations

from functools import lru_cache

import jellyfish
import regex

_SKELETON = str.maketrans(
    {
        **dict.fromkeys("aeiouyhw"),
        **dict.fromkeys("bp", "b"),
        **dict.fromkeys("ckqxg", "k"),
        **dict.fromkeys("dt", "d"),
        **dict.fromkeys("fv", "f"),
        **dict.fromkeys("sz", "s"),
        **dict.fromkeys("jZ", "j"),
    }
)
_SOFT = regex.compile(r"c(?=[eiy])|[sc]h|cz|sz|ts|tz")


def _trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]


@lru_cache(maxsize=1 << 16)
def metaphone(token: str) -> str:
    """The Metaphone code of a token (Lawrence Philips, 1990, as in jellyfish)."""
    return jellyfish.metaphone(token)


@lru_cache(maxsize=1 << 16)
def skeleton(token: str) -> str:
    """The consonants of a token, those that change places across languages folded together."""
    bones = _SOFT.sub("s", token).translate(_SKELETON)
    return "".join([bone for bone, before in zip(bones, " " + bones, strict=False) if bone != before])


@lru_cache(maxsize=1 << 16)
def token_keys(token: str) -> tuple[str, ...]:
    """The keys of one romanised token, without repetition, in a fixed order."""
    keys = _trigrams(f" {token} ")
    bones = skeleton(token)
    keys += ["~" + gram for gram in _trigrams(f" {bones} ")]
    code = metaphone(token)
    if code:
        keys.append("!" + code)
    return tuple(dict.fromkeys(keys))


def name_keys(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a name: those of its tokens, and its initials when it has three tokens or more."""
    keys = [key for token in tokens for key in token_keys(token)]
    if len(tokens) > 2:
        keys.append("#" + "".join(token[0] for token in tokens))
    return tuple(dict.fromkeys(keys))


def mention_keys(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The keys to search for: those of a name, and a lone token also as the initials of one."""
    keys = name_keys(tokens)
    return (*keys, "#" + tokens[0]) if len(tokens) == 1 else keys
