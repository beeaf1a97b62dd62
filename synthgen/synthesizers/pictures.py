"""The synthesizer of pictures: fit, sample, save, load, as for tables. Reads top to bottom.

Letters: N pictures, H height, W width, K channels, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator

from synthgen.config import IMAGE_MODEL, RunConfig, check_settings, settings_of
from synthgen.errors import ConfigError, NotFittedError, RunError
from synthgen.nets.pictures import PictureGenerator
from synthgen.pictures.asking import Where, asked_labels
from synthgen.pictures.base import LABEL, Pictures, from_arrays
from synthgen.pictures.reading import read_pictures
from synthgen.seeding import derived_seed
from synthgen.storage import Run, RunWriter, read_run, writing
from synthgen.synthesizers.base import Walk, latent_line
from synthgen.synthesizers.private import not_private
from synthgen.training.devices import device_of
from synthgen.training.pictures import CHUNK, PictureRows, bytes_of, draw_chunk, train_pictures
from synthgen.training.progress import Progress, Silent
from synthgen.training.settings import ImageSettings

FEW_PICTURES = 1_000
UNUSED = ("training", "critic", "sampling", "privacy")
"""Settings of models of tables."""


class ImageSynthesizer(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Learns small pictures, and draws pictures like them with the label that is asked for.

    Args:
        random_state: seed of every random draw.
        minutes: training stops there at the latest; None: when it is done.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        min_holders: a label needs so many pictures.
        image: settings of ``synthgen.training.settings.ImageSettings`` by name.
        adversarial: settings of ``synthgen.training.settings.AdversarialSettings`` by name, above the rule's.

    Example:
        >>> dark, light = np.zeros((40, 8, 8), np.uint8), np.full((40, 8, 8), 255, np.uint8)
        >>> model = ImageSynthesizer(adversarial={"max_steps": 4, "batch_rows": 8})
        >>> model = model.fit(np.concatenate([dark, light]), ["dark"] * 40 + ["light"] * 40)
        >>> pixels, labels = model.sample(3, where={"label": "light"})
        >>> pixels.shape, labels.tolist()
        ((3, 8, 8), ['light', 'light', 'light'])
    """

    def __init__(
        self,
        *,
        random_state: int = 0,
        minutes: float | None = None,
        device: str = "auto",
        min_holders: int = 5,
        image: dict[str, Any] | None = None,
        adversarial: dict[str, Any] | None = None,
    ) -> None:
        self.random_state = random_state
        self.minutes = minutes
        self.device = device
        self.min_holders = min_holders
        self.image = image
        self.adversarial = adversarial

    name: ClassVar[str] = IMAGE_MODEL
    title: ClassVar[str] = "convolutional conditional GAN of pictures"
    network_: PictureGenerator
    _run_config: RunConfig | None = None

    @classmethod
    def from_config(cls, config: RunConfig) -> Self:
        """A new synthesizer with the settings of a config file."""
        synthesizer = cls(
            random_state=config.seed,
            minutes=config.minutes,
            device=config.device,
            min_holders=config.min_holders,
            image=config.image.model_dump(exclude_unset=True) or None,
            adversarial=config.adversarial.model_dump(exclude_unset=True) or None,
        )
        synthesizer._run_config = config
        return synthesizer

    # ------------------------------------------------------------------ fit
    def fit(
        self,
        data: str | Path | np.ndarray,
        y: Any = None,
        *,
        progress: Progress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Self:
        """Learn pictures.

        Args:
            data: a folder of pictures, an idx file, or bytes ``(N, H, W)`` or ``(N, H, W, 3)``.
            y: labels of an array, one for each; those of files are found beside them.
            progress: is told what happens.
            stop: called after each step; True ends training with the best weights so far.

        Raises:
            SynthgenError: the pictures or a setting are at fault.
        """
        progress = progress or Silent()
        config = self._config()
        if config.privacy.epsilon is not None:
            raise not_private(IMAGE_MODEL)
        for section in UNUSED:
            if getattr(config, section).model_fields_set:
                raise ConfigError(f"{section}: model {IMAGE_MODEL!r} does not use it; leave it out")
        device = device_of(config.device)
        progress.stage("reading")
        if isinstance(data, str | Path):
            found = read_pictures(data, config.image.side)
        else:
            found = from_arrays(data, None if y is None else [str(label) for label in y])
        pictures = found.with_common_labels(config.min_holders).checked()
        self.notes_ = [*pictures.notes, *_notes(len(pictures))]
        for note in self.notes_:
            progress.message(note, warning=True)
        progress.stage("training")
        trained = train_pictures(
            _rows(pictures),
            config.image,
            config.adversarial,
            config.seed,
            device,
            progress,
            config.minutes,
            stop or (lambda: False),
        )
        self.network_, self.history_ = trained.network, trained.history
        self.interrupted_ = trained.interrupted
        self.labels_ = pictures.names
        self.shares_ = _shares(pictures)
        self.facts_: dict[str, Any] = {
            "seed": config.seed,
            "data": {"name": Path(pictures.name).name, "pictures": len(pictures), "labels": len(pictures.names)},
            "training": {**trained.training, "cut": trained.training["cut"] or trained.interrupted},
        }
        self.config_: dict[str, Any] = settings_of(config, [*UNUSED, "columns"])
        return self

    def _config(self) -> RunConfig:
        if self._run_config is not None:
            return self._run_config
        given = {
            "seed": self.random_state,
            "minutes": self.minutes,
            "device": self.device,
            "min_holders": self.min_holders,
            "image": self.image,
            "adversarial": self.adversarial,
            "model": {"name": IMAGE_MODEL},
        }
        return check_settings(RunConfig, {k: v for k, v in given.items() if v is not None}, "settings")

    # ------------------------------------------------------------------ sample
    def sample(self, n: int, where: Where = None, *, random_state: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
        """Draw pictures.

        Args:
            n: how many; any number.
            where: which label, ``{"label": 7}`` or ``"label=7|8"``; None: labels at their true shares.
            random_state: seed; the same one gives the same pictures, and more of them begin with these.

        Returns:
            Bytes ``(n, H, W)``, or ``(n, H, W, 3)`` where there is colour, and the label of each as text; None where
            none were learned.

        Raises:
            NotFittedError: ``fit`` or ``load`` come first.
            ConditionError: there is no such label.
        """
        parts = list(self.sample_chunks(n, where, random_state=random_state))
        pixels_NHWK = np.concatenate([pixels for pixels, _ in parts])
        labels = [label for _, names in parts for label in names]
        pixels = pixels_NHWK[..., 0] if pixels_NHWK.shape[3] == 1 else pixels_NHWK
        return pixels, np.array(labels, dtype=str) if self.labels_ else None

    def sample_chunks(
        self, n: int, where: Where = None, *, random_state: int = 0
    ) -> Iterator[tuple[np.ndarray, list[str | None]]]:
        """Draw pictures chunk by chunk.

        Yields:
            Bytes ``(B, H, W, K)`` and the label of each; one empty chunk for ``n = 0``.
        """
        self._fitted()
        if n < 0:
            raise ConfigError(f"rows: {n}; expected 0 or more")
        if where is not None or self.labels_:
            allowed = asked_labels(where, self.labels_)
            shares = self.shares_[allowed]
            bounds, allowed_K = np.cumsum(shares / shares.sum()), np.array(allowed)
        training = self.facts_["training"]
        truncation = ImageSettings(**self.config_.get("image", {})).truncation
        for start in range(0, max(n, 1), CHUNK):
            names: list[str | None] = [None] * CHUNK
            conditions = None
            if self.labels_:
                drawn = np.random.default_rng(derived_seed(random_state, "labels", start)).random(CHUNK)
                labels_B = allowed_K[np.searchsorted(bounds, drawn, side="right").clip(max=len(allowed_K) - 1)]
                names = [self.labels_[k] for k in labels_B]
                conditions = torch.eye(len(self.labels_))[torch.from_numpy(labels_B)]
            seed = derived_seed(random_state, "pictures", start)
            pixels = draw_chunk(self.network_, conditions, training["noise"], truncation, seed)
            yield pixels[: n - start], names[: n - start]

    def walk(self, n_steps: int, seed: int) -> Walk:
        """Pictures of points on a line through the noise, all of one label; see ``Model.walk``."""
        network = self._fitted().network_
        conditions = torch.eye(len(self.labels_))[[0] * n_steps] if self.labels_ else None
        pixels_NHWK = bytes_of(network, latent_line(n_steps, network.noise_width, seed), conditions)
        return Walk(pictures=pixels_NHWK[..., 0] if pixels_NHWK.shape[3] == 1 else pixels_NHWK)

    def _fitted(self) -> Self:
        if not hasattr(self, "network_"):
            raise NotFittedError("synthesizer: not fitted; call fit(pictures) or ImageSynthesizer.load(folder) first")
        return self

    # ------------------------------------------------------------------ disk
    def save(self, path: str | Path) -> None:
        """Write the run folder: settings, labels, weights, history, manifest. No pickle, no picture.

        Raises:
            NotFittedError: there is nothing to save.
            RunError: the folder cannot be written, or is not a run's.
        """
        self._fitted()
        with writing(path) as writer:
            self.write(writer)

    def write(self, writer: RunWriter) -> None:
        """Write into a run folder that is already taken."""
        network = self._fitted().network_
        size = {"height": network.height, "width": network.width, "colours": network.colours}
        columns = [{"name": LABEL, "type": "categorical"}] if self.labels_ else []
        writer.write(
            config=self.config_,
            schema={"pictures": size, "columns": columns},
            codec={"labels": list(self.labels_), "shares": self.shares_.tolist()},
            history=self.history_,
            weights={name: value.cpu().numpy() for name, value in network.state_dict().items()},
            facts=self.facts_ | {"model": IMAGE_MODEL},
        )

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> Self:
        """A fitted synthesizer from a run folder. Nothing in it is executed.

        Raises:
            RunError: the folder is damaged, foreign, from a newer version, or a table's.
        """
        return cls.from_run(read_run(path), device)

    @classmethod
    def from_run(cls, run: Run, device: str = "auto") -> Self:
        """A fitted synthesizer from a run folder that was read and verified.

        Raises:
            RunError: it is a table's, or its parts do not fit together.
        """
        config = check_settings(RunConfig, run.config, f"{run.path}: config.toml")
        if config.model.name != IMAGE_MODEL:
            raise RunError(f"{run.path}: holds a model of a table, {config.model.name!r}; use synthgen.load")
        synthesizer = cls.from_config(config)
        synthesizer.device = device
        with run.fitting_together():
            size, training = run.schema["pictures"], run.manifest["training"]
            network = PictureGenerator(
                (size["colours"], size["height"], size["width"]),
                training["noise_width"],
                training["condition_width"],
                training["channels"],
            )
            network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in run.weights.items()})
            synthesizer.network_ = network.to(device_of(device)).eval()
            synthesizer.labels_ = tuple(run.codec["labels"])
            synthesizer.shares_ = np.array(run.codec["shares"], dtype=float)
        synthesizer.facts_ = run.facts
        synthesizer.config_, synthesizer.history_ = run.config, run.history
        synthesizer.notes_, synthesizer.interrupted_ = [], False
        return synthesizer


def _rows(pictures: Pictures) -> PictureRows:
    pixels_NKHW = torch.from_numpy(pictures.pixels_NHWK.transpose(0, 3, 1, 2).copy())
    if pictures.labels_N is None:
        return PictureRows(pixels_NKHW)
    return PictureRows(pixels_NKHW, torch.from_numpy(pictures.labels_N), torch.eye(len(pictures.names)))


def _shares(pictures: Pictures) -> np.ndarray:
    """The share of each label, to three digits."""
    if pictures.labels_N is None:
        return np.zeros(0)
    counts = np.bincount(pictures.labels_N, minlength=len(pictures.names))
    return np.maximum(np.round(counts / len(pictures), 4), 1e-4)


def _notes(n_pictures: int) -> list[str]:
    if n_pictures >= FEW_PICTURES:
        return []
    return [f"{n_pictures} pictures are few: what is made of them looks alike, and may look like one of them"]
