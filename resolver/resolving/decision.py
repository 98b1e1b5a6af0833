"""Decision: linked, ambiguous or nil."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.names.normal_form import NormalForm, normal_form
from resolver.records import Candidate, Outcome
from resolver.resolving.threshold import in_words, least_probability
from resolver.settings import Settings

APART = 1.5
"""So many times the probability of the best is at least that of it and its rivals together, if it is linked."""
ROUNDING = 1e-9
"""Two equally probable ones are so up to this share."""


def decide(
    candidates: Sequence[Candidate], rivals: float, mention: NormalForm, settings: Settings
) -> tuple[Outcome, str]:
    """The outcome, and the reason in words with the numbers that decided.

    `candidates` are the best ones, best first; `rivals` is the probability of all that come near the best, with it.
    What is linked is also twice as probable as its rivals together. Where the mention is the name of several that come
    near, it is ambiguous.
    """
    if not candidates:
        return "nil", "nothing in the table is like it"
    best, least = candidates[0], in_words(settings)
    near = [c for c in candidates if c.probability >= settings.ambiguous_share * best.probability]
    crowded = len(near) > 1 and APART * best.probability < rivals * (1.0 - ROUNDING)
    enough = best.probability >= least_probability(settings)
    if enough and not crowded:
        return "linked", f"probability {best.probability:.3f} is at least {least}"
    if len(near) > 1 and (enough or rivals >= settings.ambiguous_probability or _namesakes(near, mention)):
        names = ", ".join(f"{c.entity.name} [{c.entity.id}] {c.probability:.3f}" for c in near)
        apart = "none alone twice as much as the others" if enough else f"none alone at least {least}"
        return "ambiguous", f"{names} are together {rivals:.3f} probable, {apart}"
    return "nil", f"the best, {best.entity.name}, has probability {best.probability:.3f}, below {least}"


def _namesakes(near: Sequence[Candidate], mention: NormalForm) -> bool:
    """Whether the mention is the name of the best and of another one."""
    best, *others = (normal_form(candidate.alias.name).exact == mention.exact for candidate in near)
    return best and any(others)
