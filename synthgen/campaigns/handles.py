"""Handles of one template: the same letters, then as many digits.

Letters: N accounts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy.stats import poisson

from synthgen.campaigns.accounts import Accounts, Evidence

FORM = re.compile(r"^@?(.*?)(\d*)$")
SHORTEST = 3
"""Letters of a stem: of fewer there are not enough to be told from each other."""
CAP = 3
"""More company than this says nothing of how common stems are: it may be what is looked for."""


def template_of(handle: str | None) -> tuple[str, int] | None:
    """The stem and the number of digits; None where there is no stem, or no digit.

    Example:
        >>> template_of("Kobara00412345"), template_of("anna"), template_of("77")
        (('kobara', 8), None, None)
    """
    match = FORM.match((handle or "").strip().lower())
    assert match is not None
    stem, digits = match.groups()
    return (stem, len(digits)) if len(stem) >= SHORTEST and digits else None


def templates(accounts: Accounts, alpha: float) -> list[Evidence]:
    """Templates that more accounts share than their letters and their number of digits explain.

    Letters are a chain, each given the one before, learned from different stems; a stem that is common with other
    numbers of digits, or with none, is expected to be as common with this one. Expectations are raised by how much more
    company handles have in the whole table than that (capped). The chance is multiplied by the number of accounts.
    """
    if accounts.handles is None:
        return []
    form = [FORM.match((handle or "").strip().lower()) for handle in accounts.handles]
    stems = Counter(match.group(1) for match in form if match is not None)
    of = [template_of(handle) for handle in accounts.handles]
    count = Counter(one for one in of if one is not None)
    if not count:
        return []
    digits = Counter({n: 0 for _, n in count})
    for _, n in count:
        digits[n] += 1
    n_known = sum(stems.values())
    share = {n: many / len(count) * sum(count.values()) / n_known for n, many in digits.items()}
    chain = _Chain(stems)
    expected = {}
    for (stem, n), many in count.items():
        elsewhere = (stems[stem] - many) * share[n] / max(1 - share[n], 1e-3)
        expected[stem, n] = max(n_known * chain.chance(stem) * share[n], elsewhere)
    company = sum(many * min(many - 1, CAP) for many in count.values())
    closer = max(1.0, company / max(sum(many * expected[one] for one, many in count.items()), 1e-12))
    found = []
    for one, many in count.items():
        if many < SHORTEST:
            continue
        nats = -float(poisson.logsf(many - 2, closer * expected[one]) + np.log(n_known))
        if nats > -np.log(alpha):
            members = np.array([n for n, other in enumerate(of) if other == one], np.int64)
            found.append(Evidence("template", members, nats))
    return found


class _Chain:
    """Letters, each given the one before; every pair is seen once more than it was."""

    def __init__(self, stems: Iterable[str]) -> None:
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.ones: Counter[str] = Counter()
        for stem in stems:
            for one, other in zip("^" + stem, stem + "$", strict=True):
                self.pairs[one, other] += 1
                self.ones[one] += 1

    def chance(self, stem: str) -> float:
        kinds = len(self.ones) + 1
        logs = [
            np.log((self.pairs[one, other] + 1) / (self.ones[one] + kinds))
            for one, other in zip("^" + stem, stem + "$", strict=True)
        ]
        return float(np.exp(sum(logs)))
