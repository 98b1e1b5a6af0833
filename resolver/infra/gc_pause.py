"""Less frequent garbage collection for batches and builds, which allocate many objects and few cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, MIDDLE, OLD = 20_000, 50, 1_000
"""The thresholds of the three generations, as for gc.set_threshold."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect cycles rarely in the block, and never among objects that existed before it."""
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not frozen:
            gc.unfreeze()
