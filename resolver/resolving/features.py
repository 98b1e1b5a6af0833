"""The features of a mention and a name, which a score weights and adds up."""

from __future__ import annotations

WITHIN = {
    "bias": "always 1",
    "equal": "the normal forms are equal",
    "core_equal": "equal but for titles and legal forms",
    "joined_equal": "equal but for spaces, hyphens, titles and legal forms",
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
    "joined_letters": "similarity of the names without spaces, titles and legal forms, by letters (indel)",
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
    "first_letters": "share of the matches whose two sides begin with the same letter",
    "other_words": "how much the mention's tokens tell that are known words, and yet unlike what they match",
    "against": "what the name lacks and what it has instead: the less of missing and extra",
    "differing": "of how many kinds (number, country, direction, generation) both have one that the other lacks",
    "replaced": "how many words of the one, of which the other has nothing like them, it has others for; generic words"
    " for generic ones do not count",
    "kinds_replaced": "of how many generic words (bank, oil) the other has others instead",
    "reversed": "child and father are the other way round (Ali bin Omar, Omar bin Ali)",
    "number_lacking": "one has a number or generation, and the other has none",
    "place_lacking": "one has a country or direction, and the other has none",
    "acronym": "one is what the first letters of the other spell: then only this counts, its letters beyond 3.5",
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
    "across_lone": "the mention is one token, which is not the whole name, and the name several",
    "across_beyond_lone": "as beyond_lone",
    "across_first_letters": "as first_letters, of the mention as romanised",
    "across_against": "as against",
    "across_differing": "as differing",
    "across_replaced": "as replaced",
    "across_kinds_replaced": "as kinds_replaced",
    "across_reversed": "as reversed",
    "across_number_lacking": "as number_lacking",
}

STEEPNESS = {
    "steepness": "how steeply the log-odds to be in the table rise with what all candidates add up to",
    "across_steepness": "the same where the best candidate is in another script than the mention",
}
"""The parameters of calibration."""

FEATURES = WITHIN | ACROSS
"""All features of a mention and a name, in the order in which the comparison writes them."""

FEATURE_NUMBERS = {name: number for number, name in enumerate(FEATURES)}
"""The place of each feature in a row of features or weights: first those of WITHIN, then those of ACROSS."""

CANDIDATE = {
    "written_otherwise": "in how many more words another name with the same normal form is written as the mention is,"
    " with accents and variant letters; one more if it is so throughout",
    "context_named": "the context has another name of the entity (shared by those who have that name)",
    "context_other": "the context has a fuller name of another candidate with the mention in it, and none of this one",
    "context_type": "a word beside the mention in the context tells a type: 1 for that of the entity, -1 for another",
}
"""Features of a candidate that come from the other candidates, and from the text around the mention."""

ROLE_SHARE = {
    "legal": 0.1,
    "honorific": 0.15,
    "office": 0.15,
    "particle": 0.25,
    "linking": 0.25,
    "generation": 0.3,
    "generic": 0.6,
}
"""Weight of a token by its role, relative to a token without one."""
