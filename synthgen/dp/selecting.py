"""Which tables of two or three columns are counted, under a budget of privacy and of memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Protocol
import os

import numpy as np

from synthgen.dp.cliques import Columns, junction_tree
from synthgen.dp.coarsening import Coarsening, coarsen
from synthgen.dp.graphical import Evidence, GraphicalModel, estimate

class Budget(Protocol):
    mu: float
    def gaussian(self, values: np.ndarray, *, step: str, share: float, sensitivity: float, schema: bool = False) -> tuple[np.ndarray, float]: ...

@dataclass
class S:
    most_cells: int = 1_000_000
    most_values: int = 16
    least_sd: float = 4.0
    rounds: int = 4
    score_share: float = 0.04      # each round
    first_spend: float = 0.4       # share of its final budget a table gets at once
    target_bonus: float = 3.0
    grow: float = 1.0   # x C columns per round
    triples: bool = True
    tau_min: float = 0.1
    tau_max: float = 5.0
    e_floor: float = 1.0
    lift: bool = True
    ref_rows: int = 300_000
    noise_cost: float = 1.0
    verbose: bool = False

_ROOT = math.sqrt(2 / math.pi)

@dataclass
class Table:
    columns: Columns
    base: np.ndarray
    w: float = 0.0
    wy: np.ndarray | float = 0.0
    spent: float = 0.0
    weight: float = 0.0
    tau: float = 0.0
    def add(self, y, sd):
        self.w += 1 / sd**2; self.wy = self.wy + y / sd**2
    @property
    def y(self): return self.wy / self.w
    @property
    def var(self): return 1 / self.w

def hist(X, columns, sizes):
    code = np.zeros(len(X), np.int64)
    for c in columns: code = code * sizes[c] + X[:, c]
    shape = tuple(sizes[c] for c in columns)
    return np.bincount(code, minlength=math.prod(shape)).astype(float).reshape(shape)

def mad(e):
    k = np.floor(np.minimum(e, 30.0))
    from scipy.special import gammaln
    es = np.maximum(np.minimum(e, 30.0), 1e-12)
    small = 2 * np.exp((k + 1) * np.log(es) - es - gammaln(k + 1))
    return np.where(e < 30, small, np.sqrt(2 * e / math.pi))

def fit_marginals(tokens_NC, sizes, *, sensitivity, budget, share, one_way, target, rng, ordered=None, s=None):
    s = s or S()
    C = len(sizes)
    tot = [(c.sum(), len(c) * sd**2) for c, sd in one_way]
    w = np.array([1 / max(v, 1e-9) for _, v in tot])
    rows = max(float(np.array([t for t, _ in tot]) @ w / w.sum()), 1.0)
    sd_guess = sensitivity / (budget.mu * math.sqrt(share * .8)) * math.sqrt(2.5 * C)
    ordered = ordered or [False] * C
    groups = [coarsen(c, least=s.least_sd * sd_guess if i != target else 0, most=s.most_values, ordered=o) for i, ((c, sd), o) in enumerate(zip(one_way, ordered))]
    g = [x.size for x in groups]
    X = np.stack([x.group_of[tokens_NC[:, i]] for i, x in enumerate(groups)], 1)
    ev1 = []
    for i, ((c, sd), x) in enumerate(zip(one_way, groups)):
        y = np.bincount(x.group_of, weights=c, minlength=x.size)
        n_in = np.bincount(x.group_of, minlength=x.size)
        base = np.maximum(y, sd)
        ev1.append(Evidence((i,), y, sd**2 * n_in / base / 4.0))
    model = estimate(g, ev1, rows)
    tables: dict[Columns, Table] = {}
    meas_share = share * (1 - s.rounds * s.score_share)
    score_share = share * s.score_share
    spent = 0.0
    def evidence(final=False):
        out = list(ev1)
        for t in tables.values():
            e = np.maximum(t.base, s.e_floor)
            t2 = max(float((((t.y - e) ** 2) - t.var).sum() / (e**2).sum()), s.tau_min**2)
            t.tau = min(math.sqrt(t2), s.tau_max)
            out.append(Evidence(t.columns, t.y, t.var / (e * t.tau**2)))
        return out
    def keff(e, sd): return float((e / (e + sd)).sum())
    def measure(cols, shares, step):
        root = np.sqrt(np.array(shares) / sum(shares))
        v = np.concatenate([r * hist(X, c, g).ravel() for c, r in zip(cols, root)])
        noisy, sd = budget.gaussian(v, step=step, share=sum(shares), sensitivity=sensitivity)
        at = 0
        for c, r, sh in zip(cols, root, shares):
            shape = tuple(g[k] for k in c); k = math.prod(shape)
            tables[c].add((noisy[at:at + k] / r).reshape(shape), sd / r); tables[c].spent += sh
            at += k
    for rnd in range(s.rounds):
        ref = model.sample(s.ref_rows, rng)
        lift = rows / s.ref_rows
        cand = [p for p in combinations(range(C), 2) if p not in tables]
        if s.triples and rnd > 0:
            seen = set()
            for cl in model.tree.cliques:
                for t in combinations(cl, 3):
                    if t not in tables and math.prod(g[k] for k in t) <= rows / 4 and (target in t or rnd > 1):
                        seen.add(t)
            seen = sorted(seen)
            if len(seen) > 4 * C * C: seen = [t for t in seen if target in t]
            cand += seen
        if not cand: break
        base = [hist(ref, p, g) * lift for p in cand]
        raw = np.array([np.abs(hist(X, p, g) - b).sum() for p, b in zip(cand, base)])
        score, sd_s = budget.gaussian(raw, step=f'scores {rnd+1}', share=score_share, sensitivity=sensitivity * math.sqrt(len(cand)))
        floor = np.array([(mad(b) * math.sqrt(1 + lift)).sum() for b in base])
        gain = (score - floor)
        bonus = np.array([s.target_bonus if target in p else 1.0 for p in cand])
        sd_g = sensitivity / (budget.mu * math.sqrt(meas_share)) * math.sqrt(max(2 * C, len(tables)))
        ke = np.array([keff(b, sd_g) for b in base]) ** (2 / 3)
        A = sum(t.weight for t in tables.values())
        unit = s.noise_cost * _ROOT * sensitivity / (budget.mu * math.sqrt(meas_share))
        picked = []; dead = set()
        limit = int(s.grow * C) + (C if rnd == 0 else 0)
        while len(picked) < limit:
            net = gain * bonus - unit * ((A + ke) ** 1.5 - A ** 1.5)
            for i in dead: net[i] = -np.inf
            i = int(np.argmax(net))
            if not net[i] > 0: break
            dead.add(i)
            if junction_tree([*tables, cand[i]], g).cells(g) > s.most_cells: continue
            picked.append(i); A += ke[i]
            tables[cand[i]] = Table(cand[i], base[i], weight=ke[i])
        if s.verbose: print('round', rnd, 'cands', len(cand), 'score sd', round(sd_s), 'picked', len(picked), [(cand[i], int(gain[i])) for i in picked][:60], 'left best', sorted([(int(gain[i]), cand[i]) for i in range(len(cand)) if i not in picked], reverse=True)[:5])
        if not picked:
            continue
        new = [cand[i] for i in picked]
        sh = [s.first_spend * meas_share * tables[c].weight / max(A, 1e-9) for c in new]
        spent += sum(sh)
        if spent > meas_share:
            break
        measure(new, sh, f'tables {rnd+1}')
        model = estimate(g, evidence(), rows, start=model.logs, tolerance=.2, iterations=40)
    A = sum(t.weight for t in tables.values())
    if tables:
        left = meas_share - sum(t.spent for t in tables.values())
        want = np.array([max(0.0, meas_share * t.weight / A - t.spent) for t in tables.values()])
        want *= left / want.sum()
        measure(list(tables), list(want), 'tables, last')
        model = estimate(g, evidence(), rows, start=model.logs, tolerance=.05, iterations=100)
    if s.verbose:
        print('sizes', g, 'cells', model.tree.cells(g), 'cliques', [len(c) for c in model.tree.cliques])
        print('tau', sorted([(round(t.tau, 2), c, round(t.var**.5)) for c, t in tables.items()], reverse=True))
    return Coarse(model, groups, tables)

@dataclass
class Coarse:
    model: GraphicalModel
    groups: list
    tables: dict
    def sample(self, n, rng, given=None):
        gv = None if not given else {c: self.groups[c].group_of[v] for c, v in given.items()}
        r = self.model.sample(n, rng, gv)
        out = np.empty_like(r)
        for c, x in enumerate(self.groups): out[:, c] = x.refine(r[:, c], rng)
        if given:
            for c, v in given.items(): out[:, c] = v
        return out
