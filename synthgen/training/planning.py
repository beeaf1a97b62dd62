"""The rule that turns a table's size into the size of a training run.

What each number rests on is measured in ``benchmarks/scale.md``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from synthgen.training.settings import CriticSettings, TrainingSettings

STEPS, STEPS_ROWS = 3_500, 40_000
"""Steps at the most for a table of so many rows, held-out loss gains next to nothing after; they grow with the root."""

FEW_ROWS, WEIGHT_OF_FEW = 4_000, 0.3
"""Up to so many rows the critic teaches the generator, with this weight: ``benchmarks/ablation.md``."""

ANY, MOST_ANY = 0.15, 0.6
FEW_MISSING, ANY_OF_MISSING = 0.05, 9.0
"""Share of a batch with any subset given; it grows with the share of missing cells beyond a few, to the most at a
tenth. With the most in place of 0.15 to 0.25, the log loss of filled labels fell from 0.605 to 0.597 (10 % missing),
from 0.651 to 0.639 (30 %) and from 1.188 to 1.164 (50 %), and sampled rows were as good: detector 0.683 for 0.692."""


@dataclass(frozen=True)
class Plan:
    """A training run in numbers; the attributes are those of ``TrainingSettings``, none left open."""

    batch_rows: int
    width: int
    blocks: int
    dropout: float
    input_dropout: float
    waves: int
    learning_rate: float
    weight_decay: float
    average: float
    max_grad_norm: float
    any_share: float
    task_share: float
    evaluate_every: int
    patience: int
    cooldown: float
    max_steps: int

    def state(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


def plan(n_rows: int, settings: TrainingSettings, missing_share: float = 0.0) -> Plan:
    """Fill in what the settings leave open.

    Args:
        n_rows: rows that are trained on.
        settings: what the user chose; it wins.
        missing_share: of their cells. Those of a table with many will be asked for: ``benchmarks/imputation.md``.

    Example:
        >>> plan(1_000, TrainingSettings()).any_share, plan(1_000, TrainingSettings(), missing_share=0.5).any_share
        (0.15, 0.6)
    """
    rule: dict[str, Any] = {
        "batch_rows": 256 if n_rows < 4_000 else 512 if n_rows < 200_000 else 1024,
        "width": 128,
        "blocks": 2,
        "dropout": 0.3 if n_rows < 200_000 else 0.05,
        "input_dropout": 0.1 if n_rows < 200_000 else 0.0,
        "waves": 3 if n_rows < 40_000 else 6,
        "learning_rate": 2e-3,
        "weight_decay": 0.01,
        "any_share": min(MOST_ANY, ANY + ANY_OF_MISSING * max(0.0, missing_share - FEW_MISSING)),
        "evaluate_every": 100 if n_rows < 20_000 else 250,
        "max_steps": int(STEPS * max(1.0, n_rows / STEPS_ROWS) ** 0.5),
    }
    chosen = {k: v for k, v in settings.model_dump(exclude={"held_share"}).items() if v is not None}
    return Plan(**{**rule, **chosen})


def critic_weight(n_rows: int, settings: CriticSettings) -> float:
    """The weight of the adversarial loss beside the likelihood: what the user chose, or by the table's size.

    Example:
        >>> critic_weight(1_000, CriticSettings()), critic_weight(30_000, CriticSettings())
        (0.3, 0.0)
    """
    if settings.weight is not None:
        return settings.weight
    return WEIGHT_OF_FEW if n_rows <= FEW_ROWS else 0.0
