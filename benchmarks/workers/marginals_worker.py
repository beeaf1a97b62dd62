"""MST, AIM and independent columns on mbi's graphical models, written from the papers.

- MST: McKenna, Miklau, Sheldon, "Winning the NIST Contest: A scalable and general approach to differentially private
  synthetic data", 2021.
- AIM: McKenna, Mullins, Sheldon, Miklau, "AIM: An Adaptive and Iterative Mechanism for Differentially Private Synthetic
  Data", 2022, for the workload of all pairs of columns.
- independent: every column's noisy counts, nothing else.

Privacy is counted in zero-concentrated privacy (rho). A row is added or removed. Noise comes from a seed, for the
benchmark. What ``marginals_codec`` reads from the data is outside the guarantee.
"""

from __future__ import annotations

import itertools
import math
import os
import pickle
from collections.abc import Sequence
from typing import Any

os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
import jax  # compiling takes most of the time: every round has another model

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_enable_compilation_cache", False)

import mbi  # noqa: E402
import networkx as nx  # noqa: E402
import numpy as np  # noqa: E402
import opt_einsum  # noqa: E402
import pandas as pd  # noqa: E402
from common import Job, System, main  # noqa: E402
from concentrated import rho_of  # noqa: E402
from marginals_codec import Codec  # noqa: E402

ITERATIONS = 1000
"""Steps of mirror descent for the model that is drawn from; AIM's rounds start from the last round's model."""
ROUND_ITERATIONS = 200
MAX_MODEL_MB = 4.0
"""Of AIM's graphical model; the paper allows 80 and hours."""
AIM_ROUNDS = 16
"""Per column: the budget is cut into so many parts at first (the paper's choice), one for each column alone."""
MOST_ROUNDS = 30
"""After that, for time: what is left is cut into so many parts, the paper's being smaller; annealing does the rest."""
AIM_MEASURING = 0.9
"""Share of a round's budget that measures, the rest selects (the paper's choice)."""

Clique = tuple[str, ...]


class Mechanism:
    """What the mechanisms share: the data, the noise, the estimate, and what is left of the budget.

    Attributes:
        spent: rho so far.
    """

    def __init__(self, data: mbi.Dataset, rho: float, rng: np.random.Generator) -> None:
        self.data, self.rho, self.rng = data, rho, rng
        self.domain = data.domain
        self.spent = 0.0
        self.measured: list[mbi.LinearMeasurement] = []

    def spend(self, rho: float) -> None:
        """Refuses what is beyond the budget."""
        self.spent += rho
        if self.spent > self.rho * (1 + 1e-9):
            raise RuntimeError(f"{self.spent:g} of rho {self.rho:g} would be spent")

    def measure(self, clique: Clique, sd: float) -> None:
        """Noisy counts of a table; one row changes one count by one."""
        self.spend(1 / (2 * sd**2))
        counts = self.data.project(clique).datavector()
        noisy = np.asarray(counts) + self.rng.normal(0, sd, counts.shape)
        self.measured.append(mbi.LinearMeasurement(noisy, clique, stddev=sd))

    def choose(self, scores: dict[Clique, float], epsilon: float, sensitivity: float) -> Clique:
        """The exponential mechanism, which is epsilon^2 / 8-zCDP."""
        self.spend(epsilon**2 / 8)
        names = list(scores)
        logits = 0.5 * epsilon / sensitivity * np.array([scores[name] for name in names])
        return names[int(np.argmax(logits + self.rng.gumbel(size=len(names))))]

    def estimate(self, before: Any = None, iterations: int = ITERATIONS) -> Any:
        """The graphical model of greatest entropy that fits what was measured."""
        return mbi.estimation.MirrorDescent().estimate(
            self.domain, self.measured, warm_start=before, iters=iterations, tol=1e-6
        )

    def ones(self, sd: float) -> None:
        """Every column alone."""
        for name in self.domain:
            self.measure((name,), sd)

    def gap(self, clique: Clique, guess: np.ndarray) -> float:
        """L1 distance between real and guessed counts."""
        return float(np.abs(np.asarray(self.data.project(clique).datavector()) - guess.ravel()).sum())


def fit_independent(data: mbi.Dataset, rho: float, rng: np.random.Generator) -> tuple[Any, dict[str, np.ndarray]]:
    """The whole budget for single columns."""
    mechanism = Mechanism(data, rho, rng)
    mechanism.ones(math.sqrt(len(data.domain) / (2 * rho)))
    return mechanism.estimate(), {}


def fit_mst(data: mbi.Dataset, rho: float, rng: np.random.Generator) -> tuple[Any, dict[str, np.ndarray]]:
    """Thirds of the budget: single columns, which pairs (a spanning tree), these pairs."""
    n_columns = len(data.domain)
    first = Mechanism(data, rho / 3, rng)
    first.ones(math.sqrt(3 * n_columns / (2 * rho)))
    merges = {one.clique[0]: merged(one) for one in first.measured}
    merges = {name: tokens for name, tokens in merges.items() if tokens.max() + 1 < len(tokens)}
    second = Mechanism(data.compress(merges), rho * 2 / 3, rng)
    second.measured = [one.compress(merges, data.domain) for one in first.measured]
    model = second.estimate()
    scores = {}
    for pair in itertools.combinations(second.domain, 2):
        alone = [np.asarray(model.project((name,)).datavector()) for name in pair]
        scores[pair] = second.gap(pair, np.outer(*alone) / float(model.total))
    tree, epsilon = nx.utils.UnionFind(second.domain), math.sqrt(8 * rho / 3 / (n_columns - 1))
    chosen = []
    for _ in range(n_columns - 1):
        open_pairs = {pair: score for pair, score in scores.items() if tree[pair[0]] != tree[pair[1]]}
        chosen.append(second.choose(open_pairs, epsilon, 1.0))
        tree.union(*chosen[-1])
    for pair in chosen:
        second.measure(pair, math.sqrt(3 * len(chosen) / (2 * rho)))
    return second.estimate(), merges


def merged(one: mbi.LinearMeasurement) -> np.ndarray:
    """New tokens of a column: values whose noisy counts are below three deviations share the last."""
    common = np.asarray(one.noisy_measurement) >= 3 * one.stddev
    if not common.any():
        common[np.argmax(one.noisy_measurement)] = True
    return np.where(common, np.cumsum(common) - 1, common.sum())


def fit_aim(data: mbi.Dataset, rho: float, rng: np.random.Generator) -> tuple[Any, dict[str, np.ndarray]]:
    """Rounds of: choose the table that the model has most wrong, measure it, fit again; less noise when it stalls."""
    mechanism, n_columns = Mechanism(data, rho, rng), len(data.domain)
    pairs = list(itertools.combinations(data.domain, 2))
    workload = [*((name,) for name in data.domain), *pairs]
    weights = {one: float(sum(len(set(one) & set(pair)) for pair in pairs)) for one in workload}
    sensitivity = max(weights.values())
    rounds = AIM_ROUNDS * n_columns
    sd = math.sqrt(rounds / (2 * AIM_MEASURING * rho))
    epsilon = math.sqrt(8 * (1 - AIM_MEASURING) * rho / rounds)
    mechanism.ones(sd)
    model = mechanism.estimate(iterations=ROUND_ITERATIONS)
    guesses = tables_of(model, workload)
    larger = math.sqrt(max(1.0, (rho - mechanism.spent) * rounds / (MOST_ROUNDS * rho)))
    sd, epsilon = sd / larger, epsilon * larger
    while mechanism.spent < rho * (1 - 1e-9):
        left = rho - mechanism.spent
        if left < 2 * (1 / (2 * sd**2) + epsilon**2 / 8):
            sd, epsilon = math.sqrt(1 / (2 * AIM_MEASURING * left)), math.sqrt(8 * (1 - AIM_MEASURING) * left)
        this_round = 1 / (2 * sd**2) + epsilon**2 / 8
        allowed = MAX_MODEL_MB * (mechanism.spent + this_round) / rho
        cliques = [one.clique for one in mechanism.measured]
        noise = {one: math.sqrt(2 / math.pi) * sd * data.domain.size(one) for one in workload}
        scores = {
            one: weights[one] * (mechanism.gap(one, guesses[one]) - noise[one])
            for one in workload
            if mbi.junction_tree.hypothetical_model_size(data.domain, [*cliques, one]) <= allowed
            or any(set(one) <= set(clique) for clique in cliques)
        }
        best = mechanism.choose(scores, epsilon, sensitivity)
        mechanism.measure(best, sd)
        model = mechanism.estimate(model, ROUND_ITERATIONS)
        before, guesses = guesses, tables_of(model, workload)
        if np.abs(guesses[best] - before[best]).sum() <= noise[best]:
            sd, epsilon = sd / 2, epsilon * 2
        print(f"{mechanism.spent / rho:.3f} {best} sd {sd:.1f}, {len(mechanism.measured)} tables", flush=True)
    return mechanism.estimate(model), {}


def tables_of(model: Any, wanted: Sequence[Clique]) -> dict[Clique, np.ndarray]:
    """Counts that the model expects, for single columns and pairs: products along the path between their cliques."""
    tree = mbi.junction_tree.make_junction_tree(model.domain, [tuple(one) for one in model.cliques])[0]
    cliques = list(tree.nodes)
    said = mbi.marginal_oracles.message_passing_stable(model.potentials.expand(cliques), 1.0)
    tables = {one: np.asarray(said.project(one).datavector(flatten=False)) for one in cliques}
    home = {name: [one for one in cliques if name in one] for name in model.domain}
    paths = dict(nx.all_pairs_shortest_path(tree))
    found = {}
    for one in wanted:
        ends = itertools.product(*(home[name] for name in one))
        path = min((paths[end[0]].get(end[-1]) or list(end) for end in ends), key=len)
        operands: list[Any] = []
        for last, clique in zip([None, *path], path, strict=False):
            shared = set(last or ()) & set(clique)
            summed = tuple(axis for axis, name in enumerate(clique) if name not in shared)
            below = tables[clique].sum(summed, keepdims=True) if shared else 1.0
            operands += [np.divide(tables[clique], below, out=np.zeros_like(tables[clique]), where=below > 0), clique]
        found[one] = float(model.total) * opt_einsum.contract(*operands, one)
    return found


MECHANISMS = {"aim": fit_aim, "mst": fit_mst, "independent": fit_independent}


def fit(job: Job) -> Any:
    """Read, cut into tokens, measure, estimate."""
    rows = pd.read_csv(job.train, dtype=str, keep_default_na=False).drop(columns=job.options["aside"], errors="ignore")
    codec = Codec.of(rows, job.dates)
    domain = mbi.Domain(list(codec.columns), [column.size for column in codec.columns.values()])
    data = mbi.Dataset(codec.encode(rows), domain)
    rho = rho_of(job.options["epsilon"], job.options["delta"])
    model, merges = MECHANISMS[job.system](data, rho, np.random.default_rng(job.seed))
    return model, merges, codec


def save(model: Any, job: Job) -> None:
    """Our own file, read by ``load`` alone."""
    found, merges, codec = model
    mbi.save(found, str(job.path("model.mbi")))
    job.path("codec.pkl").write_bytes(pickle.dumps((merges, codec)))


def load(job: Job) -> Any:
    """Read what ``save`` wrote."""
    return mbi.load(str(job.path("model.mbi"))), *pickle.loads(job.path("codec.pkl").read_bytes())


def sample(model: Any, rows: int, seed: int) -> pd.DataFrame:
    """Draw tokens, then cells; mbi draws from the global generator."""
    found, merges, codec = model
    np.random.seed(seed)  # noqa: NPY002
    drawn = found.synthetic_data(rows)
    if merges:
        drawn = drawn.decompress(merges)
    tokens = {name: np.asarray(drawn.data[name], np.int64) for name in codec.columns}
    return codec.decode(tokens, np.random.default_rng(seed))


if __name__ == "__main__":
    main(System(fit, save, load, sample, ("mbi", "jax")))
