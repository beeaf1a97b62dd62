"""The tables, how they are split, what is left out, and the bars that synthgen has to reach on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Bars:
    """What counts as reached; errors are relative to the floor (held-out real rows in place of synthetic ones)."""

    floor_ratio: float
    """Shape and trend error may be this many times the floor's."""
    detector_auc: float
    """The largest detector AUC against held-out rows."""
    detector_below_argn: bool = False
    task_gap: float | None = None
    """How far the classifier may fall behind one trained on real rows, in AUC."""
    fit_share_of_argn: float | None = None
    """The largest share of TabularARGN's fit time, in the same run."""
    distance_share: tuple[float, float] | None = None
    copies_at_most_floor: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One real table."""

    name: str
    title: str
    train: str
    """CSV below the data folder; the whole table when there is no ``test``."""
    test: str | None
    """CSV of the held-out rows; without one, a tenth of ``train`` is held out."""
    target: str
    task: Literal["binclass", "regression"]
    bars: Bars
    row_ids: list[str] = field(default_factory=list)
    """Row numbers: no system sees them."""
    aside: list[str] = field(default_factory=list)
    """Free text: systems see it, the judge does not."""
    dates: list[str] = field(default_factory=list)
    """Judged as seconds since 1970."""


TABLES = {
    table.name: table
    for table in (
        TableSpec(
            name="adult",
            title="Adult",
            train="adult/adult_train.csv",
            test="adult/adult_test.csv",
            target="income",
            task="binclass",
            bars=Bars(
                1.0,
                0.53,
                task_gap=0.007,
                fit_share_of_argn=0.5,
                distance_share=(0.48, 0.52),
                copies_at_most_floor=True,
            ),
        ),
        TableSpec(
            name="shoppers",
            title="Shoppers",
            train="shoppers/online_shoppers_intention.csv",
            test=None,
            target="Revenue",
            task="binclass",
            bars=Bars(1.2, 0.55, detector_below_argn=True, task_gap=0.012),
        ),
        TableSpec(
            name="news_random20",
            title="News (a random fifth)",
            train="news_sample/news_random20.csv",
            test=None,
            target="shares",
            task="regression",
            bars=Bars(1.2, 0.62, detector_below_argn=True),
        ),
        TableSpec(
            name="twitter_human_bots",
            title="Twitter humans and bots",
            train="twitter_human_bots/accounts.csv",
            test=None,
            target="account_type",
            task="binclass",
            bars=Bars(1.2, 0.62, detector_below_argn=True),
            row_ids=["account"],
            aside=["location"],
            dates=["created_at"],
        ),
    )
}
