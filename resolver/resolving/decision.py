"""Decision: linked, ambiguous or nil."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.records import Candidate, Outcome
from resolver.settings import Settings


def decide(candidates: Sequence[Candidate], rivals: float, settings: Settings) -> tuple[Outcome, str]:
    """The outcome, and the reason in words with the numbers that decided.

    `candidates` are the best ones, best first; `rivals` is the probability of all that come near the best, with it.
    """
    if not candidates:
        return "nil", "nothing in the table is like it"
    best = candidates[0]
    least = settings.min_probability
    if best.probability >= least:
        return "linked", f"probability {best.probability:.3f} is at least {least:g}"
    near = [c for c in candidates if c.probability >= settings.ambiguous_share * best.probability]
    if len(near) > 1 and rivals >= settings.ambiguous_probability:
        names = ", ".join(f"{c.entity.name} [{c.entity.id}]" for c in near)
        return "ambiguous", f"{names} are together {rivals:.3f} probable, none alone at least {least:g}"
    return "nil", f"the best, {best.entity.name}, has probability {best.probability:.3f}, below {least:g}"
