"""Made tables with a known law, so that what a model learned can be compared with what there is to learn.

A row belongs to one of a few hidden classes. Given the class its columns are independent, so they depend on
each other only through the class, and the likelihood of a row is a sum over the classes that can be written down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CLASSES = 12
CONCENTRATION = 0.7
"""Of the Dirichlet that gives each class its own probabilities: lower is further apart, so easier to tell."""
FLOOR = 0.1
"""Share of every column's law that is the same for all classes and values: no value is too rare to be kept."""


@dataclass(frozen=True)
class Law:
    """A table's law.

    Attributes:
        classes_C: probability of each class.
        tables: per column, ``(classes, values)`` probability of each value given the class.
        measured: per column, whether a fine continuous number is written instead of the value itself.
    """

    classes_C: npt.NDArray[np.float64]
    tables: list[npt.NDArray[np.float64]]
    measured: list[bool]

    @classmethod
    def make(cls, columns: int, seed: int, measured: bool) -> Law:
        """Labels of 2 to 6 values and whole numbers of 24, by turns; with ``measured`` every third is continuous."""
        rng = np.random.default_rng([seed, columns])
        sizes = [24 if at % 2 else int(rng.integers(2, 7)) for at in range(columns)]
        tables = [cls._table(rng, size, ordered=size == 24) for size in sizes]
        return cls(rng.dirichlet(np.full(CLASSES, 5.0)), tables, [measured and at % 3 == 1 for at in range(columns)])

    @staticmethod
    def _table(rng: np.random.Generator, size: int, ordered: bool) -> npt.NDArray[np.float64]:
        if ordered:  # a bump per class
            middle, width = rng.uniform(0, size, (CLASSES, 1)), rng.uniform(1.5, 5.0, (CLASSES, 1))
            shape = np.exp(-(((np.arange(size) - middle) / width) ** 2) / 2)
            own = shape / shape.sum(1, keepdims=True)
        else:
            own = rng.dirichlet(np.full(size, CONCENTRATION), CLASSES)
        return (1 - FLOOR) * own + FLOOR / size

    def draw(self, rows: int, seed: int) -> list[npt.NDArray[np.int64]]:
        """Value numbers, one array per column."""
        rng = np.random.default_rng(seed)
        class_N = rng.choice(CLASSES, rows, p=self.classes_C)
        drawn = []
        for table in self.tables:
            steps = table.cumsum(1)[class_N]
            drawn.append((rng.random((rows, 1)) * steps[:, -1:] > steps).sum(1).clip(0, table.shape[1] - 1))
        return drawn

    def write(self, path: str, rows: int, seed: int) -> None:
        """A CSV: labels as words, whole numbers as they are, measured columns with six decimals."""
        import pyarrow as pa
        from pyarrow import csv

        rng = np.random.default_rng([seed, 1])
        columns = {}
        for at, (values, measured) in enumerate(zip(self.draw(rows, seed), self.measured, strict=True)):
            if measured:
                columns[f"measure_{at}"] = pa.array(np.round(values + rng.random(rows), 6))
            elif self.tables[at].shape[1] == 24:
                columns[f"count_{at}"] = pa.array(values)
            else:
                columns[f"label_{at}"] = pa.array(np.array([f"kind {v}" for v in range(24)])[values])
        csv.write_csv(pa.table(columns), path)

    def nats_per_row(self, values: list[npt.NDArray[np.int64]]) -> tuple[float, float]:
        """Mean negative log-likelihood of rows under the law, and under the same columns made independent."""
        log_NC = np.log(self.classes_C) + sum(np.log(t[:, v].T) for t, v in zip(self.tables, values, strict=True))
        top_N1 = log_NC.max(1, keepdims=True)
        law = -(np.log(np.exp(log_NC - top_N1).sum(1)) + top_N1[:, 0]).mean()
        alone = -sum(np.log(self.classes_C @ t)[v] for t, v in zip(self.tables, values, strict=True)).mean()
        return float(law), float(alone)


def write_large_category(path: str, rows: int, values: int, seed: int) -> None:
    """A table with one category of very many values (each of at least 5 rows where the rows allow it) and four columns.

    The value decides what the other columns look like through one of twenty groups, as a city decides a country.
    """
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, values + 1) ** 0.5
    value = np.concatenate([np.arange(values), rng.choice(values, rows - values, p=popularity / popularity.sum())])
    rng.shuffle(value)
    group = (value * 7919) % 20
    table = {
        "city": np.array([f"city {v:05d}" for v in range(values)])[value],
        "group": np.array([f"land {g}" for g in range(20)])[
            np.where(rng.random(rows) < 0.9, group, rng.integers(0, 20, rows))
        ],
        "visits": rng.poisson(2 + group),
        "score": np.round(rng.normal(group, 2.0), 3),
        "member": np.where(rng.random(rows) < group / 20, "yes", "no"),
    }
    csv.write_csv(pa.table({name: pa.array(column) for name, column in table.items()}), path)


def write_accounts(path: str, rows: int, seed: int, drift: float = 0.0) -> None:
    """Accounts in 20 columns of every common kind, of which one in twenty is a bot: the target.

    Identifier, date, moment with missing cells, labels of 3 to 5,000 values, truth values, counts with ties and a
    heavy tail, amounts, a share that is often 0, scores with missing cells. All but the identifier hang on a hidden
    class; ``drift`` moves what a class means, as a generator that has learned it a little wrong would.
    """
    import pyarrow as pa
    from pyarrow import csv

    law, rng = np.random.default_rng(7), np.random.default_rng(seed)
    class_N = rng.choice(CLASSES, rows, p=law.dirichlet(np.full(CLASSES, 5.0)))
    level_C = law.normal(0, 1, CLASSES) + drift
    level_N = level_C[class_N]
    bot_N = rng.random(rows) < (np.where(level_C > 0.8, 0.15, 0.02))[class_N]

    def label(name: str, values: int, evenness: float) -> pa.Array:
        """Labels with a few common and many rare values, of which each class has its own order."""
        popularity = 1 / np.arange(1, values + 1) ** evenness
        rank_N = np.searchsorted(popularity.cumsum() / popularity.sum(), rng.random(rows))
        own_N = rng.random(rows) < 0.3
        code_N = np.where(own_N, (rank_N + 3 * class_N) % values, rank_N)
        return pa.array(np.array([f"{name} {v}" for v in range(values)])[code_N])

    def holes(values: np.ndarray, share: float) -> pa.Array:
        return pa.array(values, mask=rng.random(rows) < share)

    day_N = (3650 * rng.beta(2 + np.abs(level_N), 2)).astype(np.int64)
    later_N = rng.exponential(1e7, rows).astype("timedelta64[s]")
    first = np.datetime64("2012-01-01")
    followers_N = np.floor((rng.pareto(1.2, rows) + 1) * np.exp(2 + level_N - 1.5 * bot_N)).astype(np.int64)
    posts_N = rng.poisson(np.exp(2 + 0.6 * level_N + bot_N))
    spend_N = np.where(rng.random(rows) < 0.4, 0.0, np.round(rng.lognormal(2 + 0.5 * level_N, 1.0), 2))
    table = {
        "account": pa.array(np.char.add("u", (10**8 * seed + rng.permutation(rows)).astype(str))),
        "signup": pa.array(first + day_N),
        "last_seen": holes((first + day_N).astype("datetime64[s]") + later_N, 0.05),
        "country": label("country", 60, 1.0),
        "city": label("city", 5_000, 0.8),
        "plan": label("plan", 3, 1.0),
        "device": label("device", 8, 0.7),
        "language": label("language", 25, 1.2),
        "source": label("source", 12, 0.5),
        "verified": pa.array(rng.random(rows) < 1 / (1 + np.exp(2 - level_N))),
        "active": pa.array(np.where(rng.random(rows) < 0.7 - 0.3 * bot_N, "yes", "no")),
        "age": holes(np.clip(rng.normal(35 + 5 * level_N, 12, rows), 13, 95).astype(np.int64), 0.1),
        "followers": pa.array(followers_N),
        "friends": pa.array(rng.negative_binomial(2, 0.02, rows) + 50 * bot_N),
        "posts": pa.array(posts_N),
        "income": holes(np.round(rng.lognormal(10 + 0.3 * level_N, 0.6), -2), 0.2),
        "spend": pa.array(spend_N),
        "score": holes(np.round(rng.normal(level_N, 1.0), 4), 0.02),
        "reply_share": pa.array(np.round(rng.beta(1, 3, rows) * (rng.random(rows) < 0.8), 3)),
        "bot": pa.array(np.where(bot_N, "bot", "human")),
    }
    csv.write_csv(pa.table(table), path)
