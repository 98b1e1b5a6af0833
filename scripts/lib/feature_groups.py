"""Features for scripts/fit: with weights that vary with the size of the table, set by hand, and in groups."""

SLOPED_FEATURES = (
    "bias",
    "evidence",
    "keys",
    "both_close",
    "across",
    "across_evidence",
    "across_keys",
    "across_joined",
)
"""The features whose weights change with the size of the table."""

AGREEMENT = (
    "mention_sound",
    "name_sound",
    "mention_close",
    "name_close",
    "both_close",
    "worst",
    "heard_mention",
    "heard_name",
    "heard_joined",
    "evidence",
    "joined_sound",
    "joined_letters",
    "phonetic",
    "keys",
    "first_letters",
    "across_mention",
    "across_name",
    "across_mention_close",
    "across_name_close",
    "across_both",
    "across_worst",
    "across_evidence",
    "across_joined",
    "across_keys",
    "across_first_letters",
)
"""Features that rise as a mention and a name agree: no weight of theirs is below 0 in a table of any size."""

CONTRADICTION = (
    "missing",
    "missing_first",
    "extra",
    "swapped",
    "lone",
    "short",
    "weak_alias",
    "other_words",
    "against",
    "replaced",
    "kinds_replaced",
    "across_missing",
    "across_missing_first",
    "across_missing_last",
    "across_extra",
    "across_swapped",
    "across_lone",
    "across_against",
    "across_replaced",
    "across_kinds_replaced",
)
"""Features that rise as the two differ: no weight of theirs is above 0."""

BY_HAND = {
    "equal": 7.0,
    "core_equal": 1.0,
    "joined_equal": 0.8,
    "differing": -9.0,
    "across_differing": -9.0,
    "number_lacking": -2.0,
    "across_number_lacking": -1.0,
    "place_lacking": -1.0,
    "acronym": 1.5,
    "beyond_lone": -2.5,
    "across_beyond_lone": -2.5,
    "kinds_replaced": -2.5,
    "across_kinds_replaced": -1.0,
    "reversed": -12.0,
    "across_reversed": -8.0,
}
"""Weights set by hand, since the query sets cannot teach them: they have no short aliases (and so do not show that
"Ivanka Trump" is not the "Trump" of the table), no exact names beside near ones, no acronyms, and few names that differ
in a number or a country."""

CANDIDATE_BY_HAND = {"written_otherwise": -3.0, "context_named": 3.0, "context_other": -1.5, "context_type": 2.0}
"""Weights of the features of a candidate that come from outside its name, set by hand: the query sets have hardly any
namesakes that differ only in accents, and no text around their mentions."""

GROUPS = {
    "learned Latin costs": ("heard_mention", "heard_name", "heard_joined"),
    "hand-written costs": ("mention_sound", "name_sound", "mention_close", "name_close", "both_close", "joined_sound"),
    "jellyfish": ("phonetic",),
    "letters": ("joined_letters",),
    "search keys": ("keys", "across_keys"),
    "token matches across scripts": (
        "across_mention",
        "across_name",
        "across_mention_close",
        "across_name_close",
        "across_both",
        "across_worst",
        "across_evidence",
    ),
    "missing and extra tokens": (
        "missing",
        "missing_first",
        "extra",
        "across_missing",
        "across_missing_first",
        "across_missing_last",
        "across_extra",
    ),
    "rarity of tokens": ("evidence", "across_evidence"),
    "first letters": ("first_letters", "across_first_letters"),
    "other words": ("other_words", "against", "across_against"),
    "whole names": ("joined_sound", "joined_letters", "heard_joined", "across_joined"),
}
"""The groups of features that --ablation leaves out, one at a time."""
