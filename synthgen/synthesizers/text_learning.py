"""Which columns of texts are learned, from what, and for how long.

Letters: N rows.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.codec import Codec
from synthgen.columns.text import Text
from synthgen.config import RunConfig
from synthgen.errors import DataError, choose
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.text_columns import TextColumn, cells_of, rows_told, slots_told, tags_of
from synthgen.table.schema import Schema
from synthgen.table.table import joined
from synthgen.texts import TextModel, TextSettings
from synthgen.texts.training import Watch
from synthgen.texts.units import folded, units_of
from synthgen.training.progress import Progress

LEARNED, STAND_IN = "learned", "stand-in"
FEWEST, MOST_WORDS = 500, 60
"""A column is learned unasked when it has so many texts, of at most so many words on average: posts, not articles."""
MOST_TEXTS = 30_000
"""Texts that are learned from; of more, so many drawn at random."""
EPOCHS, MOST_STEPS = 6, 3_000
"""Each text is seen so often, in so many steps at most: most of what longer training gains, in half the time."""
TRIED = 200
"""Rows that get a text on trial, to see whether any can be written that is nobody's."""
SHARE = 0.4
"""Of ``minutes``, for all columns of texts together; the table gets the rest."""
AGREE, FEWEST_TAGGED = 0.9, 30
"""A column holds the tags of the texts when so large a share of the rows with tags agree, and there are so many."""
PEOPLE = re.compile(
    r"(user|author|account|screen|member|customer|sender|person|handle|poster)(_?(id|name|handle|no|number|key))?", re.I
)
"""Names of columns that say whose a row is."""


@dataclass(frozen=True)
class TextLearning:
    """A table whose texts are to be learned.

    Attributes:
        table: whole rows.
        schema: of the table.
        codec: of the table.
        config: settings.
        owners: ``(N,)`` whose each row is; None: found in the table.
        hidden: handles of a table of users, by column of texts.
    """

    table: pa.Table
    schema: Schema
    codec: Codec
    config: RunConfig
    owners: Sequence[object] | None = None
    hidden: Mapping[str, Collection[str]] = field(default_factory=dict)

    def run(
        self, progress: Progress, stop: Callable[[], bool]
    ) -> tuple[dict[str, TextColumn], list[str], dict[str, Any]]:
        """Learn every such column.

        Returns:
            The columns by name, sentences for the user, and what the run can tell of each.

        Raises:
            DataError: texts that the schema asks to be learned are too few or too different.
        """
        found: dict[str, TextColumn] = {}
        notes: list[str] = []
        facts: dict[str, Any] = {}
        wanted = columns_to_learn(self.schema, self.table, self.codec)
        for name, asked in wanted.items():
            if stop():
                notes.append(f"column {name!r}: its texts are stand-ins, for training was stopped")
                continue
            progress.stage(f"training texts of {name!r}")
            seconds = None if self.config.minutes is None else 60 * SHARE * self.config.minutes / len(wanted)
            began = time.perf_counter()
            try:
                column = self._learned(name, Watch(seconds, stop, progress))
                column.write(self.codec, self.table.slice(0, TRIED), self.config.seed)
                found[name] = column
            except DataError as error:
                if asked:
                    raise DataError(f"column {name!r}: {error}") from None
                notes.append(f"column {name!r}: its texts are stand-ins; {error}")
                continue
            facts[name] = {
                "model": column.model.describe(),
                "tags": column.tags,
                "steps": column.model.history[-1]["step"],
                "seconds": round(time.perf_counter() - began, 1),
            }
        return found, notes, facts

    def _learned(self, name: str, watch: Watch) -> TextColumn:
        own = self.config.unit or owner_column(self.schema, self.table, name)
        seed = derived_seed(self.config.seed, "text column", name) % 2**31
        there_N = np.flatnonzero(np.asarray(joined(self.table.column(name)).is_valid()))
        if len(there_N) > MOST_TEXTS:
            there_N = np.sort(numpy_stream(seed, "texts taken").choice(there_N, MOST_TEXTS, replace=False))
        rows = self.table.take(pa.array(there_N))
        tags = tag_column(self.schema, rows, name)
        told = slots_told(self.codec, name, [one for one in (own,) if one is not None])
        owners = self.owners
        if owners is not None:
            owners = [owners[place] for place in there_N.tolist()]
        elif own is not None:
            owners = cells_of(rows, own)
        most = min(MOST_STEPS, self.config.training.max_steps or MOST_STEPS)
        settings = TextSettings(epochs=EPOCHS, most_steps=most)
        model = TextModel.fit(
            cells_of(rows, name),
            rows_told(self.codec, rows, told),
            owners,
            seed=seed,
            min_holders=self.config.min_holders,
            hidden=self.hidden.get(name, ()),
            public=True,
            tags=None if tags is None else [tags_of(cell) for cell in cells_of(rows, tags)],
            settings=settings,
            watch=watch,
        )
        return TextColumn(model, told, tags)


def columns_to_learn(schema: Schema, table: pa.Table, codec: Codec) -> dict[str, bool]:
    """Columns whose texts are learned, and whether the schema asks for that.

    Unasked those are learned that hold enough texts, none of them articles. What is copied from another column, or
    copied by one, or gives no value twice, is a stand-in.

    Raises:
        ConfigError: the schema asks for neither of the two.
    """
    found = {}
    for column in schema.columns:
        if column.type != Text.name:
            continue
        said = column.options.get("model")
        if said is not None:
            choose(f"column {column.name!r}: model", str(said), (LEARNED, STAND_IN))
        unique = any(step.column == column.name for step in codec.unique)
        if said == STAND_IN or unique or codec.members(column.name) != [column.name]:
            continue
        values = joined(table.column(column.name)).drop_null()
        words = pc.mean(pc.list_value_length(pc.utf8_split_whitespace(values))).as_py() or 0
        if said == LEARNED or (len(values) >= FEWEST and words <= MOST_WORDS):
            found[column.name] = said == LEARNED
    return found


def config_of_table(config: RunConfig, schema: Schema) -> RunConfig:
    """The settings of the table itself: its share of ``minutes``, where it has texts that may be learned."""
    texts = [c for c in schema.columns if c.type == Text.name and c.options.get("model") != STAND_IN]
    if config.minutes is None or not texts:
        return config
    return config.model_copy(update={"minutes": (1 - SHARE) * config.minutes})


def without_texts(schema: Schema) -> Schema:
    """The same, all texts stand-ins."""
    lines = [
        c.model_copy(update={"options": {**c.options, "model": STAND_IN}}) if c.type == Text.name else c
        for c in schema.columns
    ]
    return schema.model_copy(update={"columns": lines})


def tag_column(schema: Schema, table: pa.Table, column: str) -> str | None:
    """The column that holds the tags of the texts of another one; None: there is none.

    Args:
        schema: of the table.
        table: rows with texts.
        column: of texts.
    """
    said = [_tags_in(text) for text in cells_of(table, column)]
    for other in schema.columns:
        if other.type in ("tags", "categorical", "text") and other.name != column:
            held = [{folded(tag) for tag in tags_of(cell)} for cell in cells_of(table, other.name)]
            agree = [one == two for one, two in zip(said, held, strict=True) if one or two]
            if len(agree) >= FEWEST_TAGGED and sum(agree) >= AGREE * len(agree):
                return other.name
    return None


def _tags_in(text: str | None) -> set[str]:
    if text is None or "#" not in text:
        return set()
    return {folded(unit.text[1:]) for unit in units_of(text) if unit.kind == "tag"}


def owner_column(schema: Schema, table: pa.Table, column: str) -> str | None:
    """The column that says who wrote a text, by its name, where some have written several; None: there is none."""
    for other in schema.columns:
        if other.name != column and other.type not in ("drop", "text") and PEOPLE.fullmatch(other.name):
            values = joined(table.column(other.name))
            if len(values.unique()) < len(values):
                return other.name
    return None
