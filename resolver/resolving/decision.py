"""Decision: linked, ambiguous or nil."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.names.normal_form import NormalForm, normal_form
from resolver.records import Outcome
from resolver.resolving.resolution import Candidate
from resolver.resolving.threshold import in_words, least_probability
from resolver.settings import Settings

CROWDED = 1.5
"""Link only if best + rivals ≤ 1.5 × best, in probabilities: the best is twice as probable as its rivals together."""

_ROUNDING = 1e-9
"""Equal probabilities may differ by this share."""


def decide(
    candidates: Sequence[Candidate], rivals: float, mention: NormalForm, settings: Settings
) -> tuple[Outcome, str]:
    """The outcome, and the reason in words with the numbers that decided.

    `candidates` come best first; `rivals` is the probability of the best and all that come near it. Linked: the best is
    probable enough and not crowded (CROWDED). Ambiguous: crowded, and probable enough together, or the mention is
    exactly the name of the best and of another.
    """
    if not candidates:
        return "nil", "nothing in the table is like it"
    best, least = candidates[0], in_words(settings)
    near = [c for c in candidates if c.probability >= settings.ambiguous_share * best.probability]
    crowded = len(near) > 1 and CROWDED * best.probability < rivals * (1.0 - _ROUNDING)
    enough = best.probability >= least_probability(settings)
    if enough and not crowded:
        return "linked", f"probability {best.probability:.3f} is at least {least}"
    if len(near) > 1 and (enough or rivals >= settings.ambiguous_probability or _namesakes(near, mention)):
        names = ", ".join(f"{c.entity.name} [{c.entity.id}] {c.probability:.3f}" for c in near)
        apart = "none alone twice as much as the others" if enough else f"none alone at least {least}"
        return "ambiguous", f"{names} are together {rivals:.3f} probable, {apart}"
    return "nil", f"the best, {best.entity.name}, has probability {best.probability:.3f}, below {least}"


def _namesakes(near: Sequence[Candidate], mention: NormalForm) -> bool:
    """Whether the mention is exactly the name of the best candidate and of another."""
    best, *others = (normal_form(candidate.alias.name).exact == mention.exact for candidate in near)
    return best and any(others)
