# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""Boosted regression trees (Friedman, 2001): the sum of one leaf of each tree.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython


@cython.locals(
    row=cython.double[::1],
    roots=cython.int[::1],
    feature=cython.int[::1],
    number=cython.double[::1],
    low=cython.int[::1],
    high=cython.int[::1],
    tree=cython.Py_ssize_t,
    node=cython.int,
    total=cython.double,
)
def sum_of_leaves(
    row: cython.double[::1],
    roots: cython.int[::1],
    feature: cython.int[::1],
    number: cython.double[::1],
    low: cython.int[::1],
    high: cython.int[::1],
) -> float:
    """The sum of the leaves that a row of features comes to.

    Node n compares `row[feature[n]]` with `number[n]`: the next one is `low[n]` if it is at most that, else `high[n]`.
    A leaf has a feature of -1, and its value in `number`. `roots` are the first nodes of the trees.
    """
    total = 0.0
    for tree in range(len(roots)):
        node = roots[tree]
        while feature[node] >= 0:
            node = low[node] if row[feature[node]] <= number[node] else high[node]
        total += number[node]
    return total
