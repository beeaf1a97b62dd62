"""What is looked into: a model of rows of tokens with rows that it made, and parts of a page about it.

Letters: N rows, S slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from synthgen.config import SamplingSettings, check_settings
from synthgen.inspecting.leaning import Score
from synthgen.layout import Layout
from synthgen.synthesizers.base import TokenModel
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.training.critic import Taught

ROWS = 1_000
"""Generated rows that are looked at."""


@dataclass(frozen=True)
class Subject:
    """A model of rows of tokens, and rows that it made.

    Attributes:
        model: fitted.
        layout: its slots.
        columns: names by number.
        names: per slot, of its tokens.
        drawn_NS: generated rows.
        seed: of everything drawn.
    """

    model: TokenModel
    layout: Layout
    columns: list[str]
    names: list[list[str]]
    drawn_NS: np.ndarray
    seed: int

    @property
    def score(self) -> Score | None:
        """The critic's."""
        return None if self.model.critic is None else Taught(self.model.critic).score

    def cell(self, tokens_S: np.ndarray, column: int) -> str:
        """A column and the name of its first token."""
        slot = self.layout.paths[column][0]
        return f"{self.columns[column]}: {self.names[slot][int(tokens_S[slot])]}"


def subject_of(fitted: Synthesizer, seed: int) -> Subject | None:
    """None: the model works on something else, or there is nothing to model."""
    if not isinstance(fitted.model_, TokenModel) or not fitted.model_.codec.layout().slots:
        return None
    how = check_settings(SamplingSettings, fitted.config_.get("sampling", {}), "sampling")
    model = fitted.model_.drawing(how)
    layout = model.codec.layout()
    return Subject(
        model, layout, list(model.codec.modelled), model.codec.token_names(), model.draw(0, ROWS, seed), seed
    )


TITLES = {
    "training": ("Training", "How did it learn?"),
    "tokens": ("Tokens", "What are values to the network?"),
    "walk": ("Latent walk", "What lies between two points of its inner space?"),
    "leaning": ("What scores lean on", "Which columns give a row away?"),
    "rows": ("Unusual rows", "Which rows stand out, and why?"),
}


def part(key: str, said: list[str], charts: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """One section of the page."""
    title, question = TITLES[key]
    return {"key": key, "title": title, "question": question, "said": said, "charts": charts or [], **more}
