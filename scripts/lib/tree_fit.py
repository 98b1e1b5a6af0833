"""Fits the trees of data/in_table.tsv, for scripts/fit: whether a mention is in the table, by its best candidate."""

import math

import lightgbm
import numpy as np
from feature_groups import AGREEMENT, BY_HAND, CONTRADICTION
from scipy.optimize import minimize

from resolver.resolving.features import FEATURES
from resolver.resolving.in_table import CIRCUMSTANCES, MAX_LEAD, SCORE
from resolver.resolving.score import table_tenfolds

FEATURE_NAMES = list(FEATURES)
TAUGHT = [name for name in FEATURE_NAMES if name not in BY_HAND and name != "bias"] + list(CIRCUMSTANCES)
"""What the trees know."""

RISING, FALLING = {*AGREEMENT, "lead", "share"}, {*CONTRADICTION}
"""What the log-odds of each tree rise with, and fall with."""

TITLE = "Whether a mention is in the table: boosted trees"

HEAD = (
    "# A node compares a feature with a number: low is the next node if it is at most that, high if it is more. A leaf",
    "# has no feature. The leaves that a candidate comes to, one in each tree, add up to the log-odds. Nodes have the",
    "# numbers 0, 1, 2... The row 'score' has the part of the score (times its steepness) that is added to the trees.",
    "tree\tfeature\tnumber\tlow\thigh",
)
"""The head of data/in_table.tsv."""

MADE_UP_SHARE = 2.5
"""How much more a query that is no real one counts here than for the weights: strangers are what the trees are for."""

TREES, LEAVES, RATE, FOLDS = 200, 8, 0.1, 5
OPTIONS = {
    "objective": "binary",
    "learning_rate": RATE,
    "num_leaves": LEAVES,
    "min_data_in_leaf": 15,
    "lambda_l2": 5.0,
    "feature_fraction_bynode": 0.3,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
    "monotone_constraints": [(name in RISING) - (name in FALLING) for name in TAUGHT],
}


def examples(samples, weights):
    """The best candidate of each query as a row for the trees, with the parts of the score, the answer and the weight.

    The parts are, times the steepness, what the features set by hand add up to, and the rest.
    """
    rows, by_hands, fitted, answers, counts = [], [], [], [], []
    by_hand = np.array([name in BY_HAND for name in FEATURE_NAMES])
    for one in samples:
        tenfolds = table_tenfolds(one.forms)
        factors = weights.middle + tenfolds * weights.changes
        scores = one.rows @ factors
        order = np.argsort(-scores, kind="stable")
        best = one.rows[order[0]]
        lead = scores[order[0]] - scores[order[1]] if len(order) > 1 else MAX_LEAD
        share = -math.log(np.exp(scores - scores[order[0]]).sum())
        known = {**dict(zip(FEATURE_NAMES, best, strict=True)), "tenfolds": tenfolds}
        known |= {"lead": min(lead, MAX_LEAD), "share": share}
        rows.append([known[name] for name in TAUGHT])
        steep = weights.steepnesses[int(known["across"])]
        by_hands.append(steep * float(best[by_hand] @ factors[by_hand]))
        fitted.append(steep * float(scores[order[0]] - share) - by_hands[-1])
        answers.append(one.right >= 0)
        counts.append(one.count if one.asked else MADE_UP_SHARE * one.count)
    return np.array(rows), np.array(by_hands), np.array(fitted), np.array(answers, float), np.array(counts)


def train(rows, added, answers, counts):
    """The trees, and the log-odds that they start from."""
    start = math.log((counts @ answers) / (counts @ (1.0 - answers)))
    data = lightgbm.Dataset(
        rows, answers, weight=counts / counts.mean(), init_score=added + start, params={"verbose": -1}
    )
    return lightgbm.train(OPTIONS, data, TREES), start


def write_trees(path, about, samples, weights):
    """Fit the trees and write them to data/in_table.tsv, headed by the line `about`."""
    nodes, value = fit_trees(samples, weights)
    lines = [about, f"# mean negative log-likelihood of the real queries: {value:.4f}"]
    path.write_text("\n".join([*lines, *HEAD, *map("\t".join, nodes)]) + "\n", encoding="utf-8")
    print("\n".join(lines))


def fit_trees(samples, weights):
    """The rows of data/in_table.tsv, and the loss.

    Made-up queries teach what contradicts, but not how often it occurs: the sum of the trees is stretched and shifted,
    and part of the score added, so that the lower log-odds of the two judges are most likely for the real ones, each
    predicted by trees that have not seen it.
    The loss is the mean negative log-likelihood of the real queries.
    """
    samples = [one for one in samples if len(one.rows)]
    rows, by_hand, fitted, answers, counts = examples(samples, weights)
    asked = np.array([one.asked for one in samples])
    fold = np.arange(len(samples)) % FOLDS
    sums = np.zeros(len(samples))
    for held in range(FOLDS):
        seen = (fold != held) | ~asked
        trees, start = train(rows[seen], by_hand[seen], answers[seen], counts[seen])
        sums[~seen] = trees.predict(rows[~seen], raw_score=True) + start
    share = counts[asked] / counts[asked].sum()

    def loss(found):
        judged = found[0] * sums[asked] + found[1] * fitted[asked] + found[2] + by_hand[asked]
        odds = np.minimum(judged, fitted[asked] + by_hand[asked])
        return share @ np.logaddexp(0.0, np.where(answers[asked] > 0, -odds, odds))

    result = minimize(loss, np.array([1.0, 0.0, 0.0]), bounds=[(0, None), (0, None), (None, None)])
    stretch, beside, shift = result.x
    trees, start = train(rows, by_hand, answers, counts)
    return nodes_of(trees, stretch, stretch * start + shift, beside), float(result.fun)


def nodes_of(trees, stretch, start, beside):
    """Rows (tree, feature, number, low, high): the number `beside`, then the nodes of the trees.

    The first tree has only `start`. Leaves have no feature.
    """
    found = [("0", "", repr(float(start)), "", "")]
    for number, tree in enumerate(trees.dump_model()["tree_info"], 1):
        _add(found, str(number), tree["tree_structure"], stretch)
    return [(SCORE, "", f"{beside:.4f}", "", ""), *found]


def _add(found, tree, node, stretch):
    if "leaf_value" in node:
        found.append((tree, "", f"{stretch * node['leaf_value']:.6g}", "", ""))
        return
    place = len(found)
    found.append(())
    low = len(found)
    _add(found, tree, node["left_child"], stretch)
    high = len(found)
    _add(found, tree, node["right_child"], stretch)
    found[place] = (tree, TAUGHT[node["split_feature"]], repr(node["threshold"]), str(low), str(high))
