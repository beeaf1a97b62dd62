"""What writes the texts: the model's own network, or a larger language model in a folder of this machine.

Whatever writes, the guard reads along, and handles, addresses and long numbers are filled in anew.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from synthgen.errors import DataError, MissingExtraError, choose
from synthgen.seeding import derived_seed
from synthgen.texts.context import RARE, ContextColumn
from synthgen.texts.guard import Guard
from synthgen.texts.units import TAG, Unit, folded, units_of, words_of
from synthgen.texts.vocabulary import Vocabulary
from synthgen.texts.writing import Writer

_PASSES = 8
"""Times another text is asked for in place of one that is barred."""


class TextEngine(Protocol):
    """Writes a text for each row."""

    def write(self, row_NC: np.ndarray, seed: int, tags: Sequence[Sequence[str]] | None = None) -> Iterator[list[Unit]]:
        """Texts in units, handles and addresses masked.

        Args:
            row_NC: tokens of the context's columns.
            seed: of every draw.
            tags: of each row, which its text holds and no other; None: as it comes.
        """
        ...


class LocalTransformers:
    """A causal language model of the ``transformers`` package, read from a folder; nothing is downloaded.

    It is told of the row in words and sees no real text. A text whose run the guard bars ends before that run.

    Args:
        folder: with the model and its tokenizer.
        columns: of the context.
        vocabulary: says which tags and numbers many users wrote.
        guard: bars runs.
        longest: tokens of a text at most.

    Raises:
        MissingExtraError: ``transformers`` is not installed.
        DataError: the folder holds no model.
    """

    def __init__(
        self,
        folder: str,
        columns: Sequence[ContextColumn],
        vocabulary: Vocabulary,
        guard: Guard,
        longest: int,
    ) -> None:
        try:
            transformers: Any = importlib.import_module("transformers")
        except ImportError as error:
            raise MissingExtraError(
                "text engine 'transformers' needs an extra: pip install 'synthgen-social[language-models]'"
            ) from error
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError) as error:
            raise DataError(
                f"text engine: {folder} holds no language model with its tokenizer in safetensors; a folder that "
                "transformers can read was expected"
            ) from error
        self._seed = transformers.set_seed
        self._columns, self._vocabulary, self._guard, self._longest = columns, vocabulary, guard, longest

    def write(self, row_NC: np.ndarray, seed: int, tags: Sequence[Sequence[str]] | None = None) -> Iterator[list[Unit]]:
        for place, row_C in enumerate(row_NC):
            asked = self.prompt(row_C)
            own = None if tags is None else tags[place]
            for attempt in range(_PASSES):
                own_seed = derived_seed(seed, "engine", place, attempt) % (1 << 32)
                units = self._fine(self._answer(asked, own_seed), own)
                if units:
                    yield units
                    break
            else:
                raise DataError(f"text engine: row {place + 1} got no text that is nobody's in {_PASSES} tries")

    def prompt(self, row_C: np.ndarray) -> str:
        """What the model is told of a row."""
        known = []
        for column, token in zip(self._columns, row_C.tolist(), strict=True):
            if column.labels is not None and token > RARE:
                known.append(f"{column.name}: {column.labels[token - RARE - 1]}")
        return "\n".join(["A short post on a social network.", *known, "post:"])

    def _answer(self, asked: str, seed: int) -> str:
        self._seed(seed)
        given = self._tokenizer(asked, return_tensors="pt")
        made = self._model.generate(**given, do_sample=True, max_new_tokens=self._longest)
        text: str = self._tokenizer.decode(made[0][given["input_ids"].shape[1] :], skip_special_tokens=True)
        return text.strip().split("\n")[0]

    def _fine(self, text: str, tags: Sequence[str] | None) -> list[Unit]:
        """The text without what is barred; nothing where nothing is left. Tags of its row stand at its end."""
        units = self._vocabulary.masked(units_of(text))
        if tags is not None:
            units = [unit for unit in units if unit.kind != "tag" and "#" not in unit.text]
        while units:
            whole = [*units, *[Unit(TAG, "tag", True)] * len(tags or ())]
            barred = self._guard.first_barred([*words_of(units), *(f"#{folded(tag)}" for tag in tags or ())])
            if barred is None:
                return whole
            places = [place for place, unit in enumerate(whole) if unit.is_word]
            units = units[: min(places[barred], len(units) - 1)]
        return units


def engine_of(name: str, writer: Writer, columns: Sequence[ContextColumn]) -> TextEngine:
    """The engine of a name: ``own``, or ``transformers:FOLDER``.

    Raises:
        ConfigError: there is none of that name.
        SynthgenError: it cannot be used here.
    """
    kind, _, folder = name.partition(":")
    return ENGINES[choose("text engine", kind, ENGINES)](folder, writer, columns)


def _local(folder: str, writer: Writer, columns: Sequence[ContextColumn]) -> TextEngine:
    return LocalTransformers(folder, columns, writer.vocabulary, writer.guard, writer.longest)


ENGINES: dict[str, Callable[[str, Writer, Sequence[ContextColumn]], TextEngine]] = {
    "own": lambda _, writer, __: writer,
    "transformers": _local,
}
"""A new engine is a class and a line here."""
