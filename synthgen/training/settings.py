"""Settings of a training run. None means: by the rule in ``planning.py``, from the table's size."""

from __future__ import annotations

from typing import Literal

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
        any_share: share of each batch with any subset of the slots given, for conditions and imputing; usual: 0.15,
            more where many cells are missing.
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
    any_share: float | None = Field(default=None, ge=0, le=1)
    task_share: float = Field(default=0.1, ge=0, le=0.5)
    held_share: float = Field(default=0.1, gt=0, le=0.5)
    evaluate_every: int | None = Field(default=None, ge=1)
    patience: int = Field(default=4, ge=1)
    cooldown: float = Field(default=0.3, ge=0)
    max_steps: int | None = Field(default=None, ge=1)


class CriticSettings(BaseModel):
    """The critic beside a generator that learns by likelihood.

    Attributes:
        loss: one of the registry's adversarial losses.
        weight: of the adversarial loss beside the likelihood while the rate decays; 0: the critic only judges; None:
            by the rule in ``planning.py``, from the table's size.
        gradient: ``slope``: of the critic, through rows as they are drawn; ``rows``: own rows weighed by it.
        passes: in which rows are rolled out for the slope.
        rolled_rows: rolled out for one step of it, or made likelier in it and as many less likely.
        every: steps from one step with that loss to the next.
        width: of the critic.
        learning_rate: of the critic.
        weight_decay: of the critic.
        batch_rows: of each kind, for one update.
        updates: of the critic at each look.
        rows: drawn for each look; half to learn from, half to judge.
        patience: looks in a row at which the critic cannot tell that end the run; None: it ends no run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    loss: str = "non-saturating"
    weight: float | None = Field(default=None, ge=0)
    gradient: Literal["slope", "rows"] = "rows"
    passes: int = Field(default=4, ge=1)
    rolled_rows: int = Field(default=256, ge=2)
    every: int = Field(default=2, ge=1)
    width: int = Field(default=64, ge=8)
    learning_rate: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    batch_rows: int = Field(default=256, ge=1)
    updates: int = Field(default=30, ge=1)
    rows: int = Field(default=2048, ge=4)
    patience: int | None = Field(default=8, ge=1)


class AdversarialSettings(BaseModel):
    """How a generator and a critic are trained against each other.

    Attributes:
        loss: one of the registry's losses.
        penalty_weight: of the penalty on the critic's slope; None: the loss's own.
        penalty_every: critic updates from one penalty to the next; None: the loss's own.
        batch_rows: rows in one batch.
        accumulate: batches whose gradients are averaged for one update.
        packing: rows that the critic sees side by side; more of them make a missing mode easier to see.
        critic_steps: updates of the critic for one of the generator.
        generator_rate: learning rate of the generator.
        critic_rate: learning rate of the critic.
        cooldown: share of the steps, at the end, in which both rates fall to zero.
        beta1: how long Adam remembers the direction of gradients, as a decay per step.
        beta2: how long Adam remembers their size.
        max_grad_norm: gradients longer than this are shortened to it; None: none is.
        average: how long the exponential average of the generator's weights remembers, as a decay per step.
        spectral_norm: divide each layer of the critic by its largest singular value.
        noise: law of the generator's noise, of variance 1 for ``normal`` and from -1 to 1 for ``uniform``.
        noise_width: numbers in the noise of one row.
        initialisation: law of the first weights; None: as the networks were made.
        convergence: what ends the run before its last step: nothing, no better quality, or a critic at chance.
        evaluate_every: steps between two looks.
        patience: looks without a better quality, or with the critic at chance, that end the run.
        max_steps: stop there at the latest.
        epochs: stop when so many times the table's rows were seen, at the latest; None: ``max_steps`` alone counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    loss: str = "relativistic"
    penalty_weight: float | None = Field(default=None, ge=0)
    penalty_every: int | None = Field(default=None, ge=1)
    batch_rows: int = Field(default=256, ge=1)
    accumulate: int = Field(default=1, ge=1)
    packing: int = Field(default=1, ge=1)
    critic_steps: int = Field(default=1, ge=1)
    generator_rate: float = Field(default=1e-3, gt=0)
    critic_rate: float = Field(default=1e-3, gt=0)
    cooldown: float = Field(default=0.0, ge=0, le=1)
    beta1: float = Field(default=0.0, ge=0, lt=1)
    beta2: float = Field(default=0.99, ge=0, lt=1)
    max_grad_norm: float | None = Field(default=None, gt=0)
    average: float = Field(default=0.995, ge=0, lt=1)
    spectral_norm: bool = False
    noise: Literal["normal", "uniform"] = "normal"
    noise_width: int = Field(default=16, ge=1)
    initialisation: Literal["normal", "xavier", "orthogonal", "kaiming"] | None = None
    convergence: Literal["steps", "quality", "chance"] = "steps"
    evaluate_every: int = Field(default=250, ge=1)
    patience: int = Field(default=4, ge=1)
    max_steps: int = Field(default=3_000, ge=1)
    epochs: float | None = Field(default=None, gt=0)


class ImageSettings(BaseModel):
    """How pictures are learned and drawn.

    Attributes:
        side: pixels of the longer side; None: as most pictures have it, at most 64.
        channels: of both networks at half the picture's size.
        held_share: share of the pictures kept from training, to see whether the critic can tell.
        truncation: what the noise is multiplied by when pictures are drawn; below 1 they are more typical and less
            varied, at 1 (the default) as varied as they were learned.
        adversarial: how the pictures of a table's column are trained; a model of pictures takes the run's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    side: int | None = Field(default=None, ge=8, le=256)
    channels: int = Field(default=32, ge=16, le=256, multiple_of=16)
    held_share: float = Field(default=0.1, gt=0, le=0.5)
    truncation: float = Field(default=1.0, gt=0, le=1)
    adversarial: AdversarialSettings = AdversarialSettings()
