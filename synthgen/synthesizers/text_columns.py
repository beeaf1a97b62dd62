"""Columns of texts in a table: each row gets a new text, written to fit the rest of the row.

What the text model is told of a row is its other columns, as the codec sees them; the table's own model says how long
the text is and what kind it is of.

Letters: N rows, S slots.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.codec import Codec
from synthgen.seeding import derived_seed
from synthgen.table.table import joined
from synthgen.texts import TextModel, TextSettings
from synthgen.texts.filling import Fill
from synthgen.texts.units import units_of

MOST_TOLD, MOST_TOKENS = 24, 300
"""Slots of a row that a text model is told, and tokens of a slot."""
_SEPARATORS = re.compile(r"[\s|,;\"'\[\]#]+")


@dataclass(frozen=True)
class TextColumn:
    """What was learned of one column of texts.

    Attributes:
        model: writes them.
        told: slots of the row that it is told, by name.
        tags: the column that holds the tags of the texts; None: there is none.
    """

    model: TextModel
    told: tuple[str, ...]
    tags: str | None

    def state(self) -> dict[str, Any]:
        """All but arrays, in JSON types."""
        return {
            "told": list(self.told),
            "tags": self.tags,
            "seed": self.model.random_state,
            "settings": self.model.settings.model_dump(),
            "model": self.model.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], weights: dict[str, np.ndarray]) -> Self:
        """The column again."""
        settings = TextSettings.model_validate(state["settings"])
        model = TextModel.from_state(state["model"], weights, settings, int(state["seed"]))
        return cls(model, tuple(state["told"]), state["tags"])

    def write(self, codec: Codec, rows: pa.Table, seed: int, fill: Fill | None = None) -> list[str]:
        """A text for each row.

        Args:
            codec: of the table.
            rows: whole rows; in place of the texts stand stand-ins of the right length and kind.
            seed: of every draw.
            fill: says what stands for a handle or an address.
        """
        told = rows_told(codec, rows, self.told)
        tags = None if self.tags is None else [tags_of(cell) for cell in cells_of(rows, self.tags)]
        return self.model.sample(told, len(rows), seed=seed, tags=tags, fill=fill)

    def finish(self, codec: Codec, name: str) -> Callable[[pa.Table, np.ndarray, int], pa.Array]:
        """What the codec calls to put texts in place of stand-ins."""

        def finish(rows: pa.Table, new_N: np.ndarray, seed: int) -> pa.Array:
            values = joined(rows.column(name))
            at = pa.array(np.flatnonzero(new_N))
            texts = self.write(codec, rows.take(at), derived_seed(seed, "texts", name))
            return pc.replace_with_mask(values, pa.array(new_N), pa.array(texts, values.type))

        return finish


def rows_told(codec: Codec, rows: pa.Table, slots: Collection[str]) -> pd.DataFrame:
    """What text models are told of rows: the names of their tokens, by slot."""
    tokens_NS, names = codec.encode(rows), codec.token_names()
    return pd.DataFrame(
        {
            slot.name: np.array(names[place], object)[tokens_NS[:, place]]
            for place, slot in enumerate(codec.layout().slots)
            if slot.name in set(slots)
        }
    )


def slots_told(codec: Codec, column: str, leave: Collection[str]) -> tuple[str, ...]:
    """The slots that say something of a row: the length and kind of its text, then the first of each other column."""
    own, others = [], []
    columns = list(codec.modelled)
    for slot in codec.layout().slots:
        name = columns[slot.column]
        if name == column:
            own.append(slot.name)
        elif not slot.level and 1 < slot.size <= MOST_TOKENS and name not in leave:
            others.append(slot.name)
    return tuple([*own, *others][:MOST_TOLD])


def tags_of(cell: str | None) -> list[str]:
    """Tags in a cell, however they are parted, each once.

    Example:
        >>> tags_of('#late|rude'), tags_of('["a", "b"]'), tags_of(None)
        (['late', 'rude'], ['a', 'b'], [])
    """
    members = [part for part in _SEPARATORS.split(cell or "") if _is_tag(part)]
    return list(dict.fromkeys(members))


def _is_tag(part: str) -> bool:
    units = units_of(f"#{part}")
    return len(units) == 1 and units[0].kind == "tag"


def cells_of(table: pa.Table, name: str) -> list[str | None]:
    """The cells of a column as text; members of a list parted by bars."""
    cells = joined(table.column(name)).to_pylist()
    return [None if c is None else "|".join(map(str, c)) if isinstance(c, list) else str(c) for c in cells]
