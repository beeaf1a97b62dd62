"""Kinds of campaign: what those of one kind have in common, and nothing of any one of them.

Letters: N accounts, A members of a campaign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from synthgen.campaigns.accounts import Accounts, Evidence
from synthgen.campaigns.finding import Found
from synthgen.campaigns.handles import template_of

GRID = 0.05
"""Shares are kept to so much, spans to a power of two: enough to make another one, too little to know the one."""
FAKE = 0.5
"""Of the members of a campaign of fakes, so many bear the label at least."""


@dataclass(frozen=True)
class Kind:
    """A kind of campaign; the figures that are not learned are those of a campaign that could not be plainer.

    Attributes:
        campaigns: how many there were.
        accounts: in all of them.
        size: geometric mean of their accounts.
        spread: standard deviation of its logarithm.
        burst: the share of accounts that were made in the burst.
        burst_span: seconds that a burst lasts.
        template: the share of accounts whose handle follows the campaign's template.
        digits: at the end of such a handle.
        ties: the share of pairs of accounts that are tied.
        back: of these, the share that is mutual.
        events: at which posts are in step.
        joins: the share of accounts at an event.
        event_span: seconds that an event lasts.
    """

    campaigns: int = 0
    accounts: int = 0
    size: float = 40.0
    spread: float = 0.3
    burst: float = 1.0
    burst_span: float = 16_384.0
    template: float = 1.0
    digits: int = 8
    ties: float = 1.0
    back: float = 1.0
    events: int = 8
    joins: float = 1.0
    event_span: float = 128.0

    def state(self) -> dict[str, Any]:
        """In JSON types."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The kind again."""
        return cls(**state)

    def sizes(self, total: int, rng: np.random.Generator) -> np.ndarray:
        """Sizes of campaigns that have so many accounts in all; the last takes what is left, and joins one if small.

        Example:
            >>> int(Kind(size=10).sizes(57, np.random.default_rng(0)).sum())
            57
        """
        found: list[int] = []
        while total > 0:
            drawn = max(2, round(float(self.size * np.exp(self.spread * rng.standard_normal()))))
            drawn = total if total < 2 or total - drawn < self.size / 2 else drawn
            found.append(drawn)
            total -= drawn
        return np.array(found, np.int64)


def kinds_of(
    accounts: Accounts, found: Found, fake_N: np.ndarray | None, min_holders: int
) -> tuple[list[Kind], np.ndarray]:
    """Kinds of the campaigns that were found.

    Campaigns are of one kind when they were found by the same ways of looking. Of a kind with fewer accounts than
    ``min_holders`` nothing is kept.

    Args:
        accounts: what is known of accounts.
        found: their campaigns.
        fake_N: who bears the label; None: there is no label. Campaigns most of whose accounts do not bear it are none.
        min_holders: accounts of a kind.

    Returns:
        The kinds, that of most accounts first, and ``(N,)`` the number of each account's, -1 for none.
    """
    by_marks: dict[tuple[str, ...], list[int]] = {}
    members_of = [np.flatnonzero(found.campaign_N == c) for c in range(found.n_campaigns)]
    evidence_of = [_about(found.evidence, members) for members in members_of]
    for number, (members, evidence) in enumerate(zip(members_of, evidence_of, strict=True)):
        if fake_N is None or fake_N[members].mean() >= FAKE:
            by_marks.setdefault(tuple(sorted({one.what for one in evidence})), []).append(number)
    kinds: list[Kind] = []
    kind_N = np.full(accounts.n, -1, np.int64)
    groups = sorted(by_marks.values(), key=lambda group: -sum(len(members_of[c]) for c in group))
    for group in groups:
        members = np.concatenate([members_of[c] for c in group])
        if len(members) >= min_holders:
            kind_N[members] = len(kinds)
            kinds.append(_kind([_traits(accounts, members_of[c], evidence_of[c]) for c in group]))
    return kinds, kind_N


def _about(evidence: Sequence[Evidence], members: np.ndarray) -> list[Evidence]:
    """Findings most of whose accounts are these."""
    return [one for one in evidence if np.isin(one.members, members).mean() > 0.5]


def _traits(accounts: Accounts, members: np.ndarray, evidence: list[Evidence]) -> dict[str, float]:
    of = {what: [one for one in evidence if one.what == what] for what in ("burst", "template", "clique", "event")}
    found: dict[str, float] = {"size": len(members)}

    def share(what: str) -> float:
        inside = [one.members for one in of[what]]
        return float(np.isin(members, np.concatenate(inside)).mean()) if inside else 0.0

    found["burst"], found["template"] = share("burst"), share("template")
    if of["burst"] and accounts.created_N is not None:
        found["burst_span"] = max(float(np.ptp(accounts.created_N[one.members])) for one in of["burst"])
    if of["template"] and accounts.handles is not None:
        forms = [template_of(accounts.handles[one.members[0]]) for one in of["template"]]
        found["digits"] = max(form[1] for form in forms if form is not None)
    found["ties"], found["back"] = _ties(accounts, members)
    if of["event"]:
        found["events"] = len(of["event"])
        found["joins"] = float(np.mean([np.isin(members, one.members).mean() for one in of["event"]]))
        found["event_span"] = float(np.median([np.ptp(accounts.second_P[one.rows]) for one in of["event"]]))
    else:
        found["events"] = 0
    return found


def _ties(accounts: Accounts, members: np.ndarray) -> tuple[float, float]:
    """The share of pairs that are tied, and of these the share that is mutual."""
    inside = np.isin(accounts.from_M, members) & np.isin(accounts.to_M, members) & (accounts.from_M != accounts.to_M)
    one, other = accounts.from_M[inside], accounts.to_M[inside]
    pairs, many = np.unique(np.minimum(one, other) * accounts.n + np.maximum(one, other), return_counts=True)
    share = len(pairs) / max(1, len(members) * (len(members) - 1) // 2)
    return share, float((many > 1).mean()) if accounts.directed and len(pairs) else 1.0


def _kind(traits: list[dict[str, float]]) -> Kind:
    def mean(name: str, instead: float) -> float:
        values = [one[name] for one in traits if name in one]
        return float(np.mean(values)) if values else instead

    def kept(name: str) -> float:
        return round(round(mean(name, 0.0) / GRID) * GRID, 2)

    def span(name: str, instead: float) -> float:
        return float(2.0 ** round(float(np.log2(max(1.0, mean(name, instead))))))

    sizes = np.log([one["size"] for one in traits])
    return Kind(
        campaigns=len(traits),
        accounts=int(np.exp(sizes).sum().round()),
        size=float(np.round(np.exp(sizes.mean()) / 5) * 5) or 5.0,
        spread=max(0.1, round(round(float(sizes.std()) / GRID) * GRID, 2)),
        burst=kept("burst"),
        burst_span=span("burst_span", Kind.burst_span),
        template=kept("template"),
        digits=round(mean("digits", Kind.digits)),
        ties=kept("ties"),
        back=kept("back"),
        events=round(mean("events", 0)),
        joins=kept("joins"),
        event_span=span("event_span", Kind.event_span),
    )
