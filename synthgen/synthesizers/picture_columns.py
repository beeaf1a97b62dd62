"""Columns of pictures in a table: each row gets a new picture, drawn to fit the rest of the row.

What the critic and the generator are told of a picture is its row's other columns, as the codec sees them.

Letters: N rows, C numbers in a condition, H height, W width, K channels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from synthgen.codec import Codec
from synthgen.columns.image import ImagePath, picture_path
from synthgen.config import RunConfig
from synthgen.errors import DataError
from synthgen.nets.pictures import PictureGenerator
from synthgen.pictures.base import FEWEST
from synthgen.pictures.files import as_image, read_files
from synthgen.seeding import derived_seed
from synthgen.table.schema import Schema
from synthgen.table.table import Table, joined
from synthgen.training.devices import device_of
from synthgen.training.pictures import CHUNK, PictureRows, draw_chunk, train_pictures
from synthgen.training.progress import Progress

MOST_LABELS = 32
"""Tokens of a label column that are told apart; more of them would be known by heart."""
SIDE = 32
"""Pixels of the longer side at most, unless the settings say otherwise: the table comes first, pictures take long."""


def picture_columns(schema: Schema) -> list[str]:
    """Names of the columns that hold pictures."""
    return [column.name for column in schema.columns if column.type == ImagePath.name]


def row_conditions(codec: Codec, table: pa.Table) -> Tensor:
    """What is known of each row, ``(N, C)``: a number for what has an order, one of several for a label."""
    tokens_NS = codec.encode(table)
    parts = [np.ones((len(tokens_NS), 1))]
    for slot, tokens_N in zip(codec.layout().slots, tokens_NS.T, strict=True):
        if slot.level:
            continue
        if np.isfinite(slot.places).any():
            places_N = slot.places[tokens_N]
            parts += [np.nan_to_num(2 * places_N - 1)[:, None], np.isnan(places_N)[:, None]]
        elif slot.size <= MOST_LABELS:
            parts.append(np.eye(slot.size)[tokens_N])
    return torch.from_numpy(np.concatenate(parts, 1).astype(np.float32))


@dataclass(frozen=True)
class PictureColumn:
    """What was learned of one column of pictures.

    Attributes:
        network: draws them.
        noise: law of its noise.
        truncation: what the noise is multiplied by.
    """

    network: PictureGenerator
    noise: str
    truncation: float

    def state(self) -> dict[str, Any]:
        """All but the weights, in JSON types."""
        network = self.network
        return {
            "colours": network.colours,
            "height": network.height,
            "width": network.width,
            "noise_width": network.noise_width,
            "condition_width": network.condition_width,
            "channels": network.channels,
            "noise": self.noise,
            "truncation": self.truncation,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], weights: dict[str, np.ndarray], device: str) -> Self:
        """The column again."""
        shape = (state["colours"], state["height"], state["width"])
        network = PictureGenerator(shape, state["noise_width"], state["condition_width"], state["channels"])
        network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights.items()})
        return cls(network.to(device_of(device)).eval(), state["noise"], state["truncation"])

    def draw(self, conditions_NC: Tensor, seed: int, start: int) -> np.ndarray:
        """A picture ``(H, W, K)`` of bytes for each row.

        Args:
            conditions_NC: what is known of the rows.
            seed: of the noise.
            start: rows of this sampling that came before.
        """
        parts = []
        for at in range(0, len(conditions_NC), CHUNK):
            part = conditions_NC[at : at + CHUNK]
            whole = torch.cat([part, part[:1].expand(CHUNK - len(part), -1)])
            noise_seed = derived_seed(seed, "picture column", start + at)
            parts.append(draw_chunk(self.network, whole, self.noise, self.truncation, noise_seed)[: len(part)])
        return np.concatenate(parts)


def fit_picture_columns(
    table: Table,
    schema: Schema,
    codec: Codec,
    config: RunConfig,
    device: torch.device,
    progress: Progress,
    stop: Callable[[], bool],
) -> tuple[dict[str, PictureColumn], list[str], dict[str, Any]]:
    """Learn the pictures of every such column.

    Returns:
        The columns by name, sentences for the user, and what the run can tell of each.

    Raises:
        DataError: a picture is missing or damaged, or there are too few.
    """
    found: dict[str, PictureColumn] = {}
    notes: list[str] = []
    facts: dict[str, Any] = {}
    names = picture_columns(schema)
    if names and table.folder is None:
        listed = ", ".join(map(repr, names))
        return {}, [f"column {listed}: paths alone, for the folder of the pictures is not known; fit the file"], {}
    for name in names:
        progress.stage(f"training pictures of {name!r}")
        paths = joined(table.arrow.column(name))
        present = np.flatnonzero(np.asarray(paths.is_valid()))
        if len(present) < FEWEST:
            raise DataError(
                f"column {name!r}: {len(present)} pictures; expected at least {FEWEST}. Set its type to 'drop'"
            )
        files = [Path(str(table.folder)) / path for path in paths.take(pa.array(present)).to_pylist()]
        try:
            pixels_NHWK, said = read_files(files, config.image.side, SIDE)
        except DataError as error:
            raise DataError(f"column {name!r}: {error}") from None
        notes += [f"column {name!r}: {note}" for note in said]
        rows = PictureRows(
            torch.from_numpy(pixels_NHWK.transpose(0, 3, 1, 2).copy()),
            torch.arange(len(present)),
            row_conditions(codec, table.arrow.take(pa.array(present))),
        )
        chosen = config.image.adversarial
        trained = train_pictures(rows, config.image, chosen, config.seed, device, progress, config.minutes, stop)
        found[name] = PictureColumn(trained.network, trained.training["noise"], config.image.truncation)
        facts[name] = trained.training
        if trained.interrupted:
            notes.append(f"column {name!r}: its pictures were stopped at step {trained.training['steps']:,}")
    return found, notes, facts


def write_picture_column(
    column: PictureColumn, codec: Codec, chunk: pa.Table, name: str, folder: Path, shown: str, seed: int, start: int
) -> pa.Table:
    """Draw the pictures of some rows into a folder, and put their paths into the column.

    Args:
        column: what was learned.
        codec: of the table.
        chunk: rows.
        name: the column.
        folder: gets the files.
        shown: the folder as the paths name it.
        seed: of the noise.
        start: rows of this sampling that came before.
    """
    values = joined(chunk.column(name))
    present = np.flatnonzero(np.asarray(values.is_valid()))
    paths: list[str | None] = [None] * len(values)
    if len(present):
        pixels = column.draw(row_conditions(codec, chunk), seed, start)
        for row in present.tolist():
            path = picture_path(shown, start + row)
            as_image(pixels[row]).save(folder / Path(path).name, format="PNG")
            paths[row] = path
    place = chunk.column_names.index(name)
    return chunk.set_column(place, chunk.schema.field(place), pa.array(paths, values.type))
