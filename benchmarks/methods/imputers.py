"""The usual ways to fill a table: means and modes, neighbours, chained regressions, forests.

Each takes a table with holes as arrays and gives a best guess, draws, and the chances of the labels.

Letters: N rows, M columns of numbers, L columns of labels, V numbers and values of labels side by side, K values of
one label, C columns.

Sources: Troyanskaya et al. 2001, doi:10.1093/bioinformatics/17.6.520 (neighbours); van Buuren and Groothuis-Oudshoorn
2011, doi:10.18637/jss.v045.i03 (chained regressions); Stekhoven and Buehlmann 2012, doi:10.1093/bioinformatics/btr597
(MissForest); Doove et al. 2014, doi:10.1016/j.csda.2013.10.025 (draws from the leaves of forests).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer

from methods.tables import Cells, Columns

DRAWS = 10
NEIGHBOURS = 10
ROUNDS = 5
"""Of the chained regressions."""
NEAREST = 30
"""Columns of numbers and of values that each of them is regressed on: those most correlated with it."""
TREES, LEAF_ROWS, FOREST_ROUNDS = 30, 5, 3


@dataclass(frozen=True)
class Filled:
    """A table whose holes are filled; what was known stays.

    Attributes:
        best: the best guess of each cell.
        draws: tables drawn; the best guess alone where a method draws none.
        chances: per label column ``(N, K)``.
    """

    best: Cells
    draws: list[Cells]
    chances: list[np.ndarray]


def shares(columns: Columns, known: Cells) -> list[np.ndarray]:
    """Of each value of each label, among the known ones."""
    counts = [
        np.bincount(codes[codes >= 0], minlength=len(columns.values[name])) + 1e-9
        for name, codes in zip(columns.labels, known.codes_NL.T, strict=True)
    ]
    return [count / count.sum() for count in counts]


def mean_mode(columns: Columns, known: Cells, seed: int) -> Filled:
    """The mean of a column of numbers, the commonest of its labels."""
    share = shares(columns, known)
    means = np.nanmean(known.numbers_NM, 0) if len(columns.numbers) else np.zeros(0)
    numbers_NM = np.where(np.isnan(known.numbers_NM), columns.tidied(means[None]), known.numbers_NM)
    common = np.array([int(part.argmax()) for part in share])
    best = Cells(numbers_NM, np.where(known.codes_NL < 0, common, known.codes_NL))
    chances = [np.tile(part, (len(numbers_NM), 1)) for part in share]
    return Filled(best, [best], chances)


def hot_deck(columns: Columns, known: Cells, rng: np.random.Generator) -> Cells:
    """Holes filled with known cells of the same column, drawn evenly."""
    numbers_NM, codes_NL = known.numbers_NM.copy(), known.codes_NL.copy()
    for column_N, gone_N in [
        *zip(numbers_NM.T, np.isnan(numbers_NM).T, strict=True),
        *zip(codes_NL.T, (codes_NL < 0).T, strict=True),
    ]:
        column_N[gone_N] = rng.choice(column_N[~gone_N], int(gone_N.sum()))
    return Cells(numbers_NM, codes_NL)


class SideBySide:
    """Numbers by their mean and spread, and a column of zeros and ones for each value of each label.

    Args:
        columns: what there is.
        known: rows with holes.
        label_scale: in place of one.
    """

    def __init__(self, columns: Columns, known: Cells, label_scale: float = 1.0) -> None:
        self.columns, self.scale = columns, label_scale
        self.mean = np.nanmean(known.numbers_NM, 0) if len(columns.numbers) else np.zeros(0)
        spread = np.nanstd(known.numbers_NM, 0) if len(columns.numbers) else np.zeros(0)
        self.spread = np.where(spread > 0, spread, 1.0)
        self.sizes = [len(columns.values[name]) for name in columns.labels]

    def write(self, cells: Cells) -> np.ndarray:
        """``(N, V)``, nan in the holes."""
        parts = [(cells.numbers_NM - self.mean) / self.spread]
        for codes_N, size in zip(cells.codes_NL.T, self.sizes, strict=True):
            part = np.eye(size)[codes_N] * self.scale
            part[codes_N < 0] = np.nan
            parts.append(part)
        return np.concatenate(parts, 1)

    def read(self, filled_NV: np.ndarray, known: Cells) -> tuple[Cells, list[np.ndarray]]:
        """Cells, the known ones as they were, and how strongly each value was said, adding up to one."""
        n_numbers = len(self.columns.numbers)
        numbers_NM = self.columns.tidied(filled_NV[:, :n_numbers] * self.spread + self.mean)
        said = np.split(filled_NV[:, n_numbers:], np.cumsum(self.sizes)[:-1], axis=1)
        codes_NL = np.stack([part.argmax(1) for part in said], 1) if said else known.codes_NL
        chances = [np.clip(part, 1e-9, None) for part in said]
        chances = [part / part.sum(1, keepdims=True) for part in chances]
        numbers_NM = np.where(np.isnan(known.numbers_NM), numbers_NM, known.numbers_NM)
        return Cells(numbers_NM, np.where(known.codes_NL < 0, codes_NL, known.codes_NL)), chances


def neighbours(columns: Columns, known: Cells, seed: int) -> Filled:
    """Mean over the nearest rows that have the cell."""
    side = SideBySide(columns, known, label_scale=0.5**0.5)  # two different labels are then 1 apart
    imputer = KNNImputer(n_neighbors=NEIGHBOURS, keep_empty_features=True)
    best, chances = side.read(imputer.fit_transform(side.write(known)), known)
    return Filled(best, [best], chances)


def chained(columns: Columns, known: Cells, seed: int) -> Filled:
    """Bayesian ridge regressions in turn: predictions for the best guess, their posterior for the draws."""
    side = SideBySide(columns, known)
    matrix_NV = side.write(known)

    def imputer(posterior: bool) -> IterativeImputer:
        return IterativeImputer(
            max_iter=ROUNDS,
            n_nearest_features=min(NEAREST, matrix_NV.shape[1] - 1),
            sample_posterior=posterior,
            skip_complete=True,
            keep_empty_features=True,
            random_state=seed,
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        best, chances = side.read(imputer(False).fit_transform(matrix_NV), known)
        drawing = imputer(True).fit(matrix_NV)
    return Filled(best, [side.read(drawing.transform(matrix_NV), known)[0] for _ in range(DRAWS)], chances)


class Forests:
    """A forest per column with holes, each told all other columns, in turn.

    Args:
        columns: what there is.
        known: rows with holes.
        seed: of everything.
    """

    def __init__(self, columns: Columns, known: Cells, seed: int) -> None:
        self.columns, self.known, self.seed = columns, known, seed
        self.rng = np.random.default_rng(seed)
        self.n_numbers = len(columns.numbers)
        self.truth_NC = self._matrix(known)
        self.gone_NC = np.concatenate([np.isnan(known.numbers_NM), known.codes_NL < 0], 1)
        counts = self.gone_NC.sum(0)
        self.order = [int(c) for c in np.argsort(counts, kind="stable") if counts[c]]
        self.best_NC = self._matrix(mean_mode(columns, known, seed).best)
        self.chances = [np.tile(share, (len(self.truth_NC), 1)) for share in shares(columns, known)]
        self.forests: dict[int, RandomForestClassifier | RandomForestRegressor] = {}

    @staticmethod
    def _matrix(cells: Cells) -> np.ndarray:
        return np.concatenate([cells.numbers_NM, cells.codes_NL.astype(float)], 1)

    def _cells(self, matrix_NC: np.ndarray) -> Cells:
        numbers_NM = self.columns.tidied(matrix_NC[:, : self.n_numbers])
        numbers_NM = np.where(np.isnan(self.known.numbers_NM), numbers_NM, self.known.numbers_NM)
        return Cells(numbers_NM, matrix_NC[:, self.n_numbers :].astype(int))

    def learn(self) -> None:
        """The rounds; the last one's forests are kept."""
        for turn in range(FOREST_ROUNDS):
            for c in self.order:
                gone_N = self.gone_NC[:, c]
                others_NC = np.delete(self.best_NC, c, 1)
                options = {"n_estimators": TREES, "min_samples_leaf": LEAF_ROWS, "random_state": self.seed + turn}
                if c < self.n_numbers:
                    forest = RandomForestRegressor(max_features=1 / 3, **options)
                    forest.fit(others_NC[~gone_N], self.truth_NC[~gone_N, c])
                    self.best_NC[gone_N, c] = forest.predict(others_NC[gone_N])
                else:
                    forest = RandomForestClassifier(max_features="sqrt", **options)
                    forest.fit(others_NC[~gone_N], self.truth_NC[~gone_N, c])
                    chance_NK = forest.predict_proba(others_NC[gone_N])
                    values = forest.classes_.astype(int)
                    all_NK = np.zeros((len(chance_NK), self.chances[c - self.n_numbers].shape[1]))
                    all_NK[:, values] = chance_NK
                    self.chances[c - self.n_numbers][gone_N] = all_NK
                    self.best_NC[gone_N, c] = values[chance_NK.argmax(1)]
                self.forests[c] = forest

    def draw(self) -> Cells:
        """One more round, each cell a known one from the leaf of a tree that is drawn for it."""
        drawn_NC = self.best_NC.copy()
        for c in self.order:
            gone_N, others_NC = self.gone_NC[:, c], np.delete(drawn_NC, c, 1)
            leaves_NT = self.forests[c].apply(others_NC)
            values_N = self.truth_NC[~gone_N, c]
            tree_N = self.rng.integers(leaves_NT.shape[1], size=int(gone_N.sum()))
            picked_N = np.empty(len(tree_N))
            for tree in range(leaves_NT.shape[1]):
                asked = np.flatnonzero(tree_N == tree)
                donors_N = leaves_NT[~gone_N, tree]
                order = np.argsort(donors_N, kind="stable")
                leaf_N = leaves_NT[gone_N, tree][asked]
                first = np.searchsorted(donors_N[order], leaf_N, "left")
                last = np.searchsorted(donors_N[order], leaf_N, "right")
                empty = first == last  # learned without a row that is here by now: any row will do
                first, last = np.where(empty, 0, first), np.where(empty, len(order), last)
                picked_N[asked] = values_N[order[self.rng.integers(first, last)]]
            drawn_NC[gone_N, c] = picked_N
        return self._cells(drawn_NC)


def forests(columns: Columns, known: Cells, seed: int) -> Filled:
    """MissForest, with draws from the leaves of its last round."""
    model = Forests(columns, known, seed)
    model.learn()
    return Filled(model._cells(model.best_NC), [model.draw() for _ in range(DRAWS)], model.chances)


def merged(columns: Columns, known: Cells, drawn: Cells, rng: np.random.Generator) -> Cells:
    """What is known as it was, the rest as it was drawn; a value that no row has is drawn from those that have one."""
    whole = hot_deck(columns, known, rng)
    numbers_NM = np.where(np.isnan(drawn.numbers_NM), whole.numbers_NM, columns.tidied(drawn.numbers_NM))
    codes_NL = np.where(drawn.codes_NL < 0, whole.codes_NL, drawn.codes_NL)
    return Cells(
        np.where(np.isnan(known.numbers_NM), numbers_NM, known.numbers_NM),
        np.where(known.codes_NL < 0, codes_NL, known.codes_NL),
    )


def from_draws(columns: Columns, known: Cells, draws: list[Cells]) -> Filled:
    """Best guesses and chances counted in draws: means, commonest labels, and the column's shares as one more draw."""
    chances = []
    for i, share_K in enumerate(shares(columns, known)):
        counts_NK = sum(np.eye(len(share_K))[draw.codes_NL[:, i]] for draw in draws)
        chances.append((counts_NK + share_K) / (len(draws) + 1))
    mean_NM = columns.tidied(np.mean([draw.numbers_NM for draw in draws], 0))
    best = Cells(
        np.where(np.isnan(known.numbers_NM), mean_NM, known.numbers_NM),
        np.where(known.codes_NL < 0, np.stack([chance.argmax(1) for chance in chances], 1), known.codes_NL),
    )
    return Filled(best, draws[:DRAWS], chances)
