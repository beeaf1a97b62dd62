"""A model of short texts: fitted on real ones, it writes others that fit their rows and are nobody's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import torch

from synthgen.errors import DataError, RunError
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.storage import read_run, writing
from synthgen.texts.context import ContextColumn, encode_context, fit_context
from synthgen.texts.engines import engine_of
from synthgen.texts.filling import Fill, Filler
from synthgen.texts.guard import Guard
from synthgen.texts.handles import Handles
from synthgen.texts.lengths import Lengths
from synthgen.texts.network import TextNetwork
from synthgen.texts.training import TextRows, TextSettings, Watch, train_texts
from synthgen.texts.units import HANDLE, Unit, as_said, folded, owner_numbers, tied, units_of, words_of
from synthgen.texts.vocabulary import UNKNOWN, Vocabulary
from synthgen.texts.writing import SPELLED, Writer

FEWEST = 20
"""Texts to learn from."""
LONGEST = 400
"""Tokens that are read of a text."""
MODEL = "text"


@dataclass
class TextModel:
    """What is kept: words that enough users wrote, a network, and a table that bars runs of real texts.

    Made by ``fit`` or ``load``.

    Attributes:
        random_state: seed of the fit.
        vocabulary: tokens.
        columns: of the context.
        writer: draws texts.
        filler: fills in handles, addresses and numbers.
        history: a line per epoch.
        settings: of the network.

    Example:
        >>> texts = [f"the {what} was {how}" for what in ("bus", "train") for how in ("late", "fine")] * 10
        >>> model = TextModel.fit(texts, settings=TextSettings(width=8, embedding=8, least_steps=20, epochs=1))
        >>> len(model.sample(n=3, seed=1))
        3
    """

    random_state: int
    vocabulary: Vocabulary
    columns: tuple[ContextColumn, ...]
    writer: Writer
    filler: Filler
    history: list[dict[str, Any]]
    settings: TextSettings

    @classmethod
    def fit(
        cls,
        texts: Sequence[str | None],
        context: pd.DataFrame | None = None,
        owners: Sequence[object] | None = None,
        *,
        seed: int = 0,
        min_holders: int = 5,
        handles: Mapping[str, str] | None = None,
        hidden: Collection[str] = (),
        public: bool = False,
        tags: Sequence[Sequence[str]] | None = None,
        settings: TextSettings | None = None,
        watch: Watch | None = None,
    ) -> Self:
        """Learn from real texts.

        Args:
            texts: one per row; empty and missing ones teach nothing.
            context: what is known of each row: labels, numbers, times; any column may be left out when sampling.
            owners: the user of each text; None: each is a user's only one.
            seed: of everything drawn.
            min_holders: a word, tag, handle or run of words is kept when so many users wrote it.
            handles: real handle to synthetic one, as in the table of users; a public account may keep its own name.
            hidden: handles of a table of users, which are filled in when sampling; none has a name of its own.
            public: handles that ``min_holders`` users mention keep their names, hidden ones aside.
            tags: of each row, without ``#``, where a column has those that its text holds; ``sample`` asks for them.
            settings: of network and training.
            watch: may end the training early.

        Raises:
            DataError: there are too few texts, or nothing that enough users wrote.
        """
        settings = settings or TextSettings()
        owners_N = owner_numbers(owners, len(texts))
        if len(owners_N) != len(texts):
            raise DataError(f"owners: {len(owners_N):,} values; one for each of the {len(texts):,} texts was expected")
        columns = fit_context(context, owners_N, min_holders)
        row_NC = encode_context(columns, context, len(texts))
        there = np.array([isinstance(text, str) and bool(text.strip()) for text in texts], bool)
        if there.sum() < FEWEST:
            raise DataError(
                f"text model: {there.sum()} texts that are not empty; at least {FEWEST} were expected to learn from"
            )
        present = [str(texts[place]) for place in np.flatnonzero(there).tolist()]
        owners_N, row_NC = owners_N[there], row_NC[there]
        low = {f"@{name.lstrip('@').lower()}" for name in hidden}
        rng = numpy_stream(seed, "text handles")
        kept, names = Handles.fit(present, owners_N, handles, min_holders, rng, low, public)
        units = [units_of(text, lambda real: names.get(real.lower(), HANDLE)) for text in present]
        whole = units
        if tags is not None:
            units = [tied(one, tags[place]) for one, place in zip(units, np.flatnonzero(there).tolist(), strict=True)]
        vocabulary = Vocabulary.fit(units, owners_N, min_holders)
        if not any(token.is_word and token.kind in ("word", "single") for token in vocabulary.tokens):
            raise DataError(
                f"text model: no word is written by {min_holders} users or more, so none may be kept. Give more texts"
            )
        masked = [vocabulary.masked(one) for one in units]
        if tags is not None:
            masked = [as_said(one, own) for one, own in zip(masked, whole, strict=True)]
        said = [words_of(one) for one in masked]
        never = _never(units, vocabulary)
        guard = Guard.fit(said, owners_N, min_holders, numpy_stream(seed, "text guard"), never)
        tokens = [vocabulary.encode(one)[:LONGEST] for one in units]
        ends = [vocabulary.whole[one].astype(np.int64) for one in tokens]
        units_N = np.array([one.sum() for one in ends])
        lengths = Lengths.fit(units_N, owners_N, min_holders)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(seed, "text weights"))
            network = _network(vocabulary, columns, settings, lengths)
        rows = TextRows(tokens, row_NC, owners_N, ends, lengths.bin_of(units_N), vocabulary.number[UNKNOWN, ""])
        history = train_texts(network, rows, settings, seed, watch)
        writer = Writer(network, vocabulary, guard, _longest(tokens, min_holders), lengths, tags is not None)
        filler = Filler.fit(kept, numpy_stream(seed, "text addresses"))
        return cls(seed, vocabulary, columns, writer, filler, history, settings)

    def sample(
        self,
        context: pd.DataFrame | None = None,
        n: int | None = None,
        *,
        seed: int = 0,
        handles: Sequence[str] | None = None,
        tags: Sequence[Sequence[str]] | None = None,
        fill: Fill | None = None,
        engine: str = "own",
    ) -> list[str]:
        """Texts, one for each row of the context, or so many.

        Args:
            context: rows with some of the columns that were learned.
            n: how many; None: as many as rows.
            seed: of every draw.
            handles: synthetic handles of a table of users; mentions of the less known are drawn among them.
            tags: of each row, for a model that was fitted with those of its rows; None: no tags.
            fill: says by row and place-holder what stands there; None from it: it is made up.
            engine: ``own``, or ``transformers:FOLDER`` for a language model in a folder.

        Raises:
            DataError: neither rows nor a number were given, or they do not agree.
        """
        return list(self.stream(context, n, seed=seed, handles=handles, tags=tags, fill=fill, engine=engine))

    def stream(
        self,
        context: pd.DataFrame | None = None,
        n: int | None = None,
        *,
        seed: int = 0,
        handles: Sequence[str] | None = None,
        tags: Sequence[Sequence[str]] | None = None,
        fill: Fill | None = None,
        engine: str = "own",
    ) -> Iterator[str]:
        """``sample``, one text after the other: memory does not grow with their number."""
        if context is None and n is None:
            raise DataError("text model: how many texts? Neither a context nor n was given")
        many = len(context) if n is None and context is not None else int(n or 0)
        row_NC = encode_context(self.columns, context, many)
        known = {token.text for token in self.vocabulary.tokens if token.kind == "number"}
        stock = self.filler.stock(numpy_stream(seed, "text filling"), known, handles, fill)
        of_rows = (tags or [()] * many) if self.writer.tied else [None] * many
        asked = [list(one or ()) for one in of_rows] if self.writer.tied else None
        written = islice(engine_of(engine, self.writer, self.columns).write(row_NC, seed, asked), many)
        for row, (units, of_row) in enumerate(zip(written, of_rows, strict=True)):
            yield stock.text(units, self.writer.guard, row, of_row)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write a run folder: JSON and safetensors, no text.

        Raises:
            RunError: the place is not writable, or holds something else.
        """
        with writing(Path(folder)) as writer:
            writer.write(
                config={"seed": self.random_state, "text": self.settings.model_dump()},
                schema={},
                codec=self.state(),
                history=self.history,
                weights=self.weights(),
                facts={"model": MODEL, "seed": self.random_state},
            )

    def state(self) -> dict[str, Any]:
        """What was learned, besides arrays, in JSON types."""
        return {
            "vocabulary": self.vocabulary.state(),
            "columns": [column.state() for column in self.columns],
            "guard": self.writer.guard.state(),
            "filler": self.filler.state(),
            "longest": self.writer.longest,
            "lengths": self.writer.lengths.state(),
            "tied": self.writer.tied,
        }

    def weights(self) -> dict[str, np.ndarray]:
        """Arrays by name."""
        network = {f"network.{name}": value.numpy() for name, value in self.writer.network.state_dict().items()}
        return network | {f"guard.{name}": value for name, value in self.writer.guard.arrays().items()}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray], settings: TextSettings, seed: int
    ) -> Self:
        """The model again, without its history.

        Args:
            state: as ``state`` gave it.
            arrays: as ``weights`` gave them.
            settings: of the fit.
            seed: of the fit.
        """
        vocabulary = Vocabulary.from_state(state["vocabulary"])
        columns = tuple(ContextColumn.from_state(one) for one in state["columns"])
        guard, lengths = (
            Guard.from_state(state["guard"], _under("guard.", arrays)),
            Lengths.from_state(state["lengths"]),
        )
        network = _network(vocabulary, columns, settings, lengths)
        weights = {name: torch.from_numpy(value.copy()) for name, value in _under("network.", arrays).items()}
        network.load_state_dict(weights)
        writer = Writer(network.eval(), vocabulary, guard, int(state["longest"]), lengths, bool(state["tied"]))
        return cls(seed, vocabulary, columns, writer, Filler.from_state(state["filler"]), [], settings)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Self:
        """Read a run folder.

        Raises:
            RunError: it is damaged, foreign, or another model's.
        """
        run = read_run(Path(folder))
        if run.manifest.get("model") != MODEL:
            raise RunError(f"{folder}: holds a model of another kind; a text model was expected. Use synthgen.load")
        with run.fitting_together():
            settings = TextSettings.model_validate(run.config["text"])
            model = cls.from_state(run.codec, run.weights, settings, int(run.config["seed"]))
            return replace(model, history=run.history)

    def describe(self) -> str:
        """One clause for a summary."""
        words = sum(token.kind in ("word", "single") for token in self.vocabulary.tokens)
        return f"{words:,} words, {len(self.columns)} columns of context, up to {self.writer.longest} tokens"


def _network(
    vocabulary: Vocabulary, columns: tuple[ContextColumn, ...], settings: TextSettings, lengths: Lengths
) -> TextNetwork:
    sizes, tokens = tuple(column.size for column in columns), len(vocabulary.tokens)
    return TextNetwork(tokens, sizes, settings.embedding, settings.width, settings.dropout, lengths.bins)


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _longest(tokens: Sequence[Sequence[int]], min_holders: int) -> int:
    """Tokens of the longest texts, of which there are enough, and room for words drawn in place of barred ones."""
    lengths = np.sort([len(one) for one in tokens])
    return int(lengths[-min(min_holders, len(lengths))]) + 24


def _never(units: Sequence[Sequence[Unit]], vocabulary: Vocabulary) -> list[str]:
    """What must not be made up: tags that few wrote and, where words are spelled, words that few wrote."""
    kinds = ("tag", "word") if vocabulary.rare_share > SPELLED else ("tag",)
    known = {folded(token.text) for token in vocabulary.tokens if token.kind in kinds}
    return sorted({folded(unit.text) for one in units for unit in one if unit.kind in kinds} - known)
