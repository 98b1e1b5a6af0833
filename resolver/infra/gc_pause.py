"""Seldom looking for garbage in cycles, of which batches and builds make hardly any while they keep much."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, MIDDLE, OLD = 20_000, 50, 1_000
"""New objects between two looks at these, such looks between two at those that outlived one, and so on."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let Python look for garbage once in a while only, and not at all among what there is already."""
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not frozen:
            gc.unfreeze()
