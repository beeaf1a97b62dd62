"""Texts drawn token by token, many at once; what would complete a barred run is not said, and another token drawn.

Letters: B texts in a batch, V vocabulary, C columns, R width of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from synthgen.errors import DataError
from synthgen.seeding import numpy_stream
from synthgen.texts.guard import RUN, Guard
from synthgen.texts.lengths import Lengths, ahead_of
from synthgen.texts.network import TextNetwork
from synthgen.texts.pieces import END
from synthgen.texts.units import CODE, TAG, Unit, folded
from synthgen.texts.vocabulary import CAPITAL, CAPITALS, FLIP, PIECE, STOP, UNKNOWN, Vocabulary

CHUNK = 256
"""Texts drawn together."""
SPELLED = 0.25
"""Where more of the words are rare, rare words are made up in pieces; else only words that many use are written."""
_TRIES = 60
"""Tokens tried in one place before the text is begun anew."""
_PASSES = 20
"""Times a text is begun anew."""
_LONGER = 4
"""A text that is somebody's as it stands goes on for one to three units."""
_WRITTEN = 0.9
"""Of the texts drawn together, so many must come to an end; the odd one that does not is a made-up code word."""
_BOLD = 0.3
"""Power of chances in the later half of the passes: what is unusual is nobody's."""
_START, _GOING, _FLIPPED, _CASED, _INSIDE = range(5)


@dataclass(frozen=True)
class Writer:
    """Draws texts.

    Attributes:
        network: says how likely each token is.
        vocabulary: of tokens.
        guard: bars runs.
        longest: tokens of a text at most.
        lengths: bins of the units of a text.
        tied: whether texts hold the tags of their rows and no other.
    """

    network: TextNetwork
    vocabulary: Vocabulary
    guard: Guard
    longest: int
    lengths: Lengths
    tied: bool = False

    def write(self, row_NC: np.ndarray, seed: int, tags: Sequence[Sequence[str]] | None = None) -> Iterator[list[Unit]]:
        """A text in units for each row of tokens.

        Args:
            row_NC: tokens of the context's columns.
            seed: of every draw.
            tags: of each row, for texts that are tied to them; None: none.

        Raises:
            DataError: nothing can be said that is nobody's.
        """
        for chunk, first in enumerate(range(0, len(row_NC), CHUNK)):
            rows_BC = row_NC[first : first + CHUNK]
            rng = numpy_stream(seed, "texts", chunk)
            found: dict[int, list[Unit]] = {}
            for again in range(_PASSES):
                left = np.array([place for place in range(len(rows_BC)) if place not in found], np.int64)
                if not len(left):
                    break
                due = [self._tags_of(tags, first + line) for line in left.tolist()]
                drawn = self._drawn(rows_BC[left], due, rng, 1.0 if again < _PASSES // 2 else _BOLD)
                found |= {int(left[line]): units for line, units in drawn.items()}
            if len(found) < _WRITTEN * len(rows_BC):
                raise DataError(
                    f"text model: {len(rows_BC) - len(found)} texts came out as a real one each time; "
                    "the texts learned from are too few or too alike to make others. Give more of them"
                )
            for place in range(len(rows_BC)):
                many = len(tags[first + place]) if tags is not None and self.tied else 0
                yield found.get(place) or _nobodys(many)

    @torch.no_grad()
    def _drawn(
        self, rows_BC: np.ndarray, tags_B: list[list[np.uint64]], rng: np.random.Generator, power: float
    ) -> dict[int, list[Unit]]:
        """Texts that came to an end, or were long enough to be cut, by their place."""
        texts = [_Text(tags) for tags in tags_B]
        row_BR = self.network.row(torch.from_numpy(rows_BC))
        state = self.network.first_state(row_BR)
        for text, left in zip(texts, self._lengths(row_BR, rng).tolist(), strict=True):
            text.left = max(left, len(text.tags))
        last_B = np.zeros(len(rows_BC), np.int64)
        going = np.arange(len(rows_BC))
        done: dict[int, list[Unit]] = {}
        for _ in range(self.longest):
            open_ = [texts[place] for place in going]
            for text in open_:
                if text.left <= 0 and not text.tags and self._bars_end(text):
                    text.left = int(rng.integers(1, _LONGER))
            ahead_B = torch.from_numpy(ahead_of(np.array([text.left for text in open_])))
            found_BTD, state = self.network(torch.from_numpy(last_B[:, None]), ahead_B[:, None], row_BR, state)
            chance_BV = np.exp(power * self.network.log_probs(found_BTD[:, 0]).double().numpy())
            token_B = self._tokens(chance_BV, open_, rng)
            stays = token_B > 0
            for line in np.flatnonzero(token_B == 0):
                done[int(going[line])] = self.vocabulary.units(texts[going[line]].tokens)
            kept = torch.from_numpy(np.flatnonzero(stays))
            going, last_B, row_BR, state = going[stays], token_B[stays], row_BR[kept], state[:, kept]
            if not len(going):
                break
        for place in going.tolist():
            if texts[place].codes and not texts[place].tags and not self._bars_end(texts[place]):
                done[place] = self.vocabulary.units(texts[place].tokens)
        return done

    def _lengths(self, row_BR: torch.Tensor, rng: np.random.Generator) -> np.ndarray:
        """Units of each text."""
        chance_BL = torch.softmax(self.network.length(row_BR).double(), 1).numpy().cumsum(1)
        aim_B = rng.random(len(chance_BL)) * chance_BL[:, -1]
        bin_B = np.minimum((chance_BL <= aim_B[:, None]).sum(1), self.lengths.bins - 1)
        return self.lengths.draw(bin_B, rng)

    def _tokens(self, chance_BV: np.ndarray, texts: list[_Text], rng: np.random.Generator) -> np.ndarray:
        """A token for each text, 0 where it ends, -1 where it leads nowhere; texts are told of theirs."""
        chance_BV *= self._allowed_SV[[text.state for text in texts]]
        chance_BV[[text.left > 0 or bool(text.tags) for text in texts], 0] = 0
        if self.tied:
            chance_BV[[not text.tags for text in texts], self._tag] = 0
            due_B = [self._is_due(text) for text in texts]
            chance_BV[due_B] = np.arange(chance_BV.shape[1]) == self._tag
        token_B = np.full(len(texts), -1)
        open_B = np.arange(len(texts))
        for _ in range(_TRIES):
            total_B = chance_BV[open_B].cumsum(1)
            good = total_B[:, -1] > 1e-12
            open_B, total_B = open_B[good], total_B[good]
            if not len(open_B):
                break
            aim_B = rng.random(len(open_B)) * total_B[:, -1]
            drawn_B = np.minimum((total_B <= aim_B[:, None]).sum(1), len(self.vocabulary.tokens) - 1)
            barred_B = self._barred([texts[place] for place in open_B], drawn_B)
            chance_BV[open_B[barred_B], drawn_B[barred_B]] = 0
            token_B[open_B[~barred_B]] = drawn_B[~barred_B]
            open_B = open_B[barred_B]
        for place in np.flatnonzero(token_B > 0):
            self._say(texts[place], int(token_B[place]))
        return token_B

    def _barred(self, texts: list[_Text], drawn_B: np.ndarray) -> np.ndarray:
        """Which of the drawn tokens would say what is barred."""
        barred_B = np.zeros(len(texts), bool)
        runs, where = [], []
        for line, (text, token) in enumerate(zip(texts, drawn_B.tolist(), strict=True)):
            if token == 0:
                barred_B[line] = self._bars_end(text)
                continue
            if not self._ends_word_V[token]:
                continue
            code = self._code(text, token)
            if code is None:
                barred_B[line] = True
            elif len(text.codes) >= RUN - 1:
                runs.append([*text.codes[-(RUN - 1) :], code])
                where.append(line)
        if runs:
            barred_B[where] = self.guard.bars(np.array(runs, np.uint64))
        return barred_B

    def _bars_end(self, text: _Text) -> bool:
        """Whether the text may not end here, because it would be a whole short one of somebody."""
        return 0 < len(text.codes) < RUN and self.guard.bars_whole(np.array(text.codes, np.uint64))

    def _code(self, text: _Text, token: int) -> np.uint64 | None:
        """The code of the word that the token completes; None: the word may be a real one that few wrote."""
        if self.tied and token == self._tag:
            return text.tags[0] if text.tags else None
        if self.vocabulary.tokens[token].kind != PIECE:
            return np.uint64(self._code_V[token])
        word = text.word + self.vocabulary.tokens[token].text.removesuffix(END)
        if word not in self._known and bool(self.guard.bars_words([word])[0]):
            return None
        return np.uint64(self.guard.codes([word])[0])

    def _say(self, text: _Text, number: int) -> None:
        if self._ends_word_V[number]:
            code = self._code(text, number)
            assert code is not None
            text.codes.append(code)
        token = self.vocabulary.tokens[number]
        text.tokens.append(number)
        text.left -= int(self.vocabulary.whole[number])
        if number == self._tag:
            del text.tags[:1]
        text.word = text.word + token.text if token.kind == PIECE and not token.text.endswith(END) else ""
        text.state = {FLIP: _FLIPPED, CAPITAL: _CASED, CAPITALS: _CASED}.get(
            token.kind, _INSIDE if text.word else _GOING
        )

    def _is_due(self, text: _Text) -> bool:
        """Whether a tag comes now: there is room for no more than the tags, and it completes no run of somebody's."""
        if not text.tags or text.left > len(text.tags) or text.state not in (_START, _GOING):
            return False
        if len(text.codes) < RUN - 1:
            return True
        return not self.guard.bars(np.array([[*text.codes[-(RUN - 1) :], text.tags[0]]], np.uint64))[0]

    def _tags_of(self, tags: Sequence[Sequence[str]] | None, row: int) -> list[np.uint64]:
        """Codes of the tags of a row: a run is somebody's with the very tag that it is written with."""
        own = tags[row] if tags is not None and self.tied else ()
        return list(self.guard.codes([f"#{folded(tag)}" for tag in own]))

    @cached_property
    def _tag(self) -> int:
        return self.vocabulary.number["tag", TAG]

    @cached_property
    def _known(self) -> set[str]:
        return {folded(token.text) for token in self.vocabulary.tokens if token.kind == "word"}

    @cached_property
    def _code_V(self) -> np.ndarray:
        return self.guard.codes([folded(token.text) for token in self.vocabulary.tokens])

    @cached_property
    def _ends_word_V(self) -> np.ndarray:
        return np.array(
            [token.is_word or (token.kind == PIECE and token.text.endswith(END)) for token in self.vocabulary.tokens]
        )

    @cached_property
    def _allowed_SV(self) -> np.ndarray:
        """Which tokens may follow, by the state of a text."""
        tokens = self.vocabulary.tokens
        kind_V = np.array([token.kind for token in tokens])
        piece_V = kind_V == PIECE
        spelled = self.vocabulary.rare_share > SPELLED
        fine_V = (kind_V != UNKNOWN) & (spelled | ~piece_V)
        fine_V[list(self.vocabulary.idle)] = False
        if self.tied:
            fine_V &= ~np.array([token.kind == "tag" or "#" in token.text for token in tokens])
            fine_V[self._tag] = True
        word_V = np.array([token.kind in ("word", PIECE) and folded(token.text) == token.text for token in tokens])
        case_V, flip_V, stop_V = np.isin(kind_V, (CAPITAL, CAPITALS)), kind_V == FLIP, kind_V == STOP
        return np.stack(
            [
                fine_V & ~flip_V & ~stop_V,
                fine_V,
                fine_V & ~flip_V & ~stop_V & (kind_V != "line"),
                fine_V & word_V & ~case_V & ~flip_V & ~stop_V,
                piece_V,
            ]
        )


def _nobodys(tags: int) -> list[Unit]:
    """A code word before each of so many tags, so that no run of tags alone is said."""
    code, tag = Unit(CODE, "code", True), Unit(TAG, "tag", True)
    return [code, *[unit for _ in range(tags) for unit in (tag, code)][: max(0, 2 * tags - 1)]]


class _Text:
    """A text on its way: what was said, how many units are left to say, and codes of the tags that are due."""

    __slots__ = ("codes", "left", "state", "tags", "tokens", "word")

    def __init__(self, tags: list[np.uint64]) -> None:
        self.left, self.tags = 0, tags
        self.tokens: list[int] = []
        self.codes: list[np.uint64] = []
        self.word = ""
        self.state = _START
