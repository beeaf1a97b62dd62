"""Settings of a training run. None means: by the rule in ``planning.py``, from the table's size."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrainingSettings(BaseModel):
    """How the generator is trained.

    Attributes:
        batch_rows: rows in one step.
        width: width of the network.
        blocks: residual blocks.
        dropout: share of the hidden entries of each block set to zero while training.
        input_dropout: the same for the sum of the embeddings.
        waves: octaves with which a number's order is seen; more of them see finer differences.
        learning_rate: of AdamW, held until held-out loss stalls, then decayed to zero.
        weight_decay: of AdamW.
        average: how long the exponential average of the weights remembers, as a decay per step.
        max_grad_norm: gradients longer than this are shortened to it.
        any_share: share of each batch with any subset of the slots given, for conditions and imputing.
        task_share: share of each batch with all but the target given.
        held_share: share of the rows kept from training, to stop by.
        evaluate_every: steps between two looks at the held-out rows.
        patience: looks without a better held-out loss before the rate decays.
        cooldown: steps of decay, as a share of the steps before it.
        max_steps: stop there at the latest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    batch_rows: int | None = Field(default=None, ge=1)
    width: int | None = Field(default=None, ge=8)
    blocks: int | None = Field(default=None, ge=1)
    dropout: float | None = Field(default=None, ge=0, lt=1)
    input_dropout: float | None = Field(default=None, ge=0, lt=1)
    waves: int | None = Field(default=None, ge=1, le=12)
    learning_rate: float | None = Field(default=None, gt=0)
    weight_decay: float | None = Field(default=None, ge=0)
    average: float = Field(default=0.995, ge=0, lt=1)
    max_grad_norm: float = Field(default=5.0, gt=0)
    any_share: float = Field(default=0.15, ge=0, le=1)
    task_share: float = Field(default=0.1, ge=0, le=0.5)
    held_share: float = Field(default=0.1, gt=0, le=0.5)
    evaluate_every: int | None = Field(default=None, ge=1)
    patience: int = Field(default=4, ge=1)
    cooldown: float = Field(default=0.3, ge=0)
    max_steps: int | None = Field(default=None, ge=1)
