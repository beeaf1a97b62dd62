"""Made-up codes: ``AB-12345``, phone numbers, UUIDs, hashes; the layout of the real ones, in a free part of its space.

A layout says for each position which characters may stand there. A *window* of a few positions gets only
combinations that no real value of that length has there; so no code is real, by construction. All other
positions spell a number in mixed radix, so no two codes are alike. When the window leaves too little room, codes
get longer by a character or more, to a length that no real value has.

Letters: N codes, L positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.holders import holders
from synthgen.columns.made_up import hashed, new_key, scatter

_DIGITS, _LOWER, _UPPER = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALPHABETS = (
    (_DIGITS, _LOWER, _UPPER),
    (_DIGITS + "abcdef",),
    (_DIGITS + "ABCDEF",),
    (_DIGITS + _LOWER,),
    (_DIGITS + _UPPER,),
    (_DIGITS + _LOWER + _UPPER,),
)
"""Ways to class characters, finest first; the first that leaves few layouts is used."""
_LONGEST = 80
_MOST_LAYOUTS = 8
_LONGER = 6
_COVERED = 0.9
_MOST_COMBINATIONS = 5_000_000
_FREE_COMBINATIONS = 16
_AMPLE = 4
_SPACE = 1 << 60


@dataclass(frozen=True)
class Layout:
    """One shape of code.

    Attributes:
        positions: which characters may stand at each position; one character stands always.
        window: the positions whose combination is never real; empty when only longer codes are made.
        combinations: what stands in the window, texts of its length.
        longer: by how many characters longer codes may be, in order of use; they go after the last
            digit, or after the last of the freest positions.
        share: of the real values.
    """

    positions: tuple[str, ...]
    window: tuple[int, ...]
    combinations: tuple[str, ...]
    longer: tuple[int, ...]
    share: float

    def spell(self, numbers: np.ndarray, key: int) -> pa.Array:
        """The code of each number: first those of the same length, then longer ones."""
        room, out, left = self._room(), np.full(len(numbers), None, dtype=object), np.asarray(numbers, dtype=np.int64)
        if room and bool((left < room).all()):
            return self._spell(left, self.positions, room, key)
        out[left < room] = self._spell(left[left < room], self.positions, max(room, 1), key).to_pylist()
        todo, before = left >= room, room
        for extra in self.longer:
            positions = self._extended(extra)
            space = _size(positions)
            here = todo & (left < before + space if extra != self.longer[-1] else True)
            out[here] = self._spell((left[here] - before) % space, positions, space, key, free=True).to_pylist()
            todo, before = todo & ~here, before + space
        return pa.array(out, type=pa.string())

    def _room(self) -> int:
        """How many codes the window leaves."""
        others = [chars for place, chars in enumerate(self.positions) if place not in self.window]
        return min(_size(others) * len(self.combinations), _SPACE) if self.window else 0

    def _extended(self, extra: int) -> tuple[str, ...]:
        sizes = [len(chars) for chars in self.positions]
        last = max(place for place, size in enumerate(sizes) if size == max(sizes))
        if _DIGITS in self.positions:
            last = max(place for place, chars in enumerate(self.positions) if chars == _DIGITS)
        return (*self.positions[: last + 1], *[self.positions[last]] * extra, *self.positions[last + 1 :])

    def _spell(
        self, numbers: np.ndarray, positions: tuple[str, ...], space: int, key: int, free: bool = False
    ) -> pa.Array:
        shuffled = scatter(numbers, space, key)
        letters = np.empty((len(numbers), len(positions)), dtype=np.uint8)
        window = () if free else self.window
        if window:
            table = np.array([list(each.encode()) for each in self.combinations], dtype=np.uint8)
            letters[:, list(window)] = table[shuffled % len(table)]
            shuffled = shuffled // len(table)
        used = 1 if not window else len(self.combinations)
        for place, chars in enumerate(positions):
            if place in window:
                continue
            alphabet = np.frombuffer(chars.encode(), dtype=np.uint8)
            if used < space:
                digit, shuffled = shuffled % len(chars), shuffled // len(chars)
                used *= len(chars)
            else:
                digit = hashed(numbers, key + 16 + place) % len(chars)
            letters[:, place] = alphabet[digit]
        return _from_letters(letters)


@dataclass(frozen=True)
class CodeMaker:
    """Codes in the layouts that most real values have.

    Attributes:
        layouts: the most common first.
        key: which shuffle, and which number gets which layout.
    """

    layouts: tuple[Layout, ...]
    key: int

    @classmethod
    def fit(
        cls, texts: pa.Array, min_holders: int, rng: np.random.Generator, unit_V: np.ndarray | None = None
    ) -> Self | None:
        """Learn from all different texts, and who holds each; None when they share no few layouts."""
        longest = pc.max(pc.utf8_length(texts)).as_py() or 0
        ascii_only = pc.all(pc.equal(pc.binary_length(texts), pc.utf8_length(texts))).as_py()
        if not ascii_only or not 0 < longest <= _LONGEST:
            return None
        lengths = np.asarray(pc.utf8_length(texts))
        for alphabets in _ALPHABETS:
            groups = _groups(texts, alphabets, min_holders, unit_V)
            if groups and sum(len(group) for group, _ in groups) >= _COVERED * len(texts):
                break
        else:
            return None
        if any(_is_prose(group, alphabets) for group, _ in groups):
            return None
        by_length = {int(each): _letters(texts.filter(pa.array(lengths == each))) for each in np.unique(lengths)}
        taken = set(by_length)
        layouts = [_fit_layout(*group, alphabets, by_length, taken, min_holders, len(texts), rng) for group in groups]
        found = tuple(layout for layout in layouts if layout is not None)
        return cls(found, new_key(rng)) if found else None

    def make(self, numbers: np.ndarray) -> pa.Array:
        """The code of each number."""
        if len(self.layouts) == 1:
            return self.layouts[0].spell(numbers, self.key)
        bounds = np.cumsum([layout.share for layout in self.layouts])
        which = np.searchsorted(bounds / bounds[-1], hashed(numbers, self.key + 7) % 10_000 / 10_000, side="right")
        order = np.argsort(which, kind="stable")
        parts = [layout.spell(numbers[which == at], self.key) for at, layout in enumerate(self.layouts)]
        return pa.concat_arrays(parts).take(pa.array(np.argsort(order)))

    def state(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "maker": "code",
            "key": self.key,
            "layouts": [
                {
                    "positions": list(layout.positions),
                    "window": list(layout.window),
                    "combinations": list(layout.combinations),
                    "longer": list(layout.longer),
                    "share": layout.share,
                }
                for layout in self.layouts
            ],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The maker again."""
        layouts = tuple(
            Layout(
                tuple(each["positions"]),
                tuple(each["window"]),
                tuple(each["combinations"]),
                tuple(each["longer"]),
                each["share"],
            )
            for each in state["layouts"]
        )
        return cls(layouts, state["key"])


def _groups(
    texts: pa.Array, alphabets: tuple[str, ...], min_holders: int, unit_V: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Letters of the texts, one ``(n, L)`` matrix per common shape, the most common first, and who holds them."""
    classes = np.arange(256, dtype=np.uint8)
    for alphabet in alphabets:
        classes[list(alphabet.encode())] = ord(alphabet[0])
    shapes = _map_bytes(texts, classes).dictionary_encode()
    codes = np.asarray(shapes.indices)
    counts = np.bincount(codes)
    common = np.argsort(-counts, kind="stable")[:_MOST_LAYOUTS]
    held = holders(codes, len(counts), unit_V)
    kept = [each for each in common if held[each] >= min_holders and counts[each] >= len(texts) // 50]
    return [
        (_letters(texts.filter(pa.array(codes == each))), None if unit_V is None else unit_V[codes == each])
        for each in kept
    ]


def _is_prose(letters: np.ndarray, alphabets: tuple[str, ...]) -> bool:
    """Whether these are names, not codes: four letters in a row that vary, or hardly a digit between letters."""
    if len(alphabets) < 3:
        mixed = pc.match_substring_regex(_from_letters(letters), r"[A-Za-z]\d+[A-Za-z]")
        return bool(pc.mean(mixed.cast(pa.int8())).as_py() < 0.3)
    varied = (letters != letters[0]).any(axis=0) & np.isin(letters[0], list((_LOWER + _UPPER).encode()))
    run = longest = 0
    for each in varied:
        run = run + 1 if each else 0
        longest = max(longest, run)
    return longest >= 4


def _fit_layout(
    letters: np.ndarray,
    unit_V: np.ndarray | None,
    alphabets: tuple[str, ...],
    by_length: dict[int, np.ndarray],
    taken: set[int],
    min_holders: int,
    n_texts: int,
    rng: np.random.Generator,
) -> Layout | None:
    """One layout: characters by position, a free window, free lengths; None when every position is fixed."""
    positions = tuple(_characters(column, alphabets, min_holders, unit_V) for column in letters.T)
    varied = [place for place, chars in enumerate(positions) if len(chars) > 1]
    if not varied:
        return None
    window, combinations = _free_window(by_length[letters.shape[1]], positions, varied, _AMPLE * n_texts, rng)
    longer = [extra for extra in range(1, 2 * _LONGEST) if letters.shape[1] + extra not in taken][:_LONGER]
    taken.update(letters.shape[1] + extra for extra in longer)  # two layouts never grow to one length
    return Layout(positions, window, combinations, tuple(longer), round(len(letters) / n_texts, 2) or 0.01)


def _characters(column: np.ndarray, alphabets: tuple[str, ...], min_holders: int, unit_V: np.ndarray | None) -> str:
    """What may stand at a position: the few characters that are there, each well held, or their whole class.

    A zero that is everywhere is open too: it leads numbers that have not come so far.
    """
    counts = np.bincount(column, minlength=256)
    there = np.flatnonzero(counts)
    alphabet = next((alphabet for alphabet in alphabets if chr(there[0]) in alphabet), chr(there[0]))
    held = holders(column, 256, unit_V)[there].min() >= min_holders and counts[there].min() >= len(column) // 100
    few = (len(there) == 1 and there[0] != ord("0")) or (len(there) <= 5 and alphabet != _DIGITS)
    return bytes(there.tolist()).decode() if held and few else alphabet


def _free_window(
    letters: np.ndarray, positions: tuple[str, ...], varied: list[int], need: int, rng: np.random.Generator
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The shortest window, at the start or the end, whose free combinations leave room enough; none: empty."""
    whole = _size(positions)
    for width in range(1, len(varied) + 1):
        for window in (varied[:width], varied[-width:]):
            space = _size([positions[place] for place in window])
            if space > _MOST_COMBINATIONS:
                return (), ()
            free = _free_combinations(letters, positions, window, space)
            chosen = np.sort(rng.permutation(free)[:_FREE_COMBINATIONS])
            if len(chosen) and len(chosen) * (whole // space) >= need:
                alphabets = [positions[place] for place in window]
                return tuple(window), tuple(_spell_window(int(each), alphabets) for each in chosen)
    return (), ()


def _free_combinations(letters: np.ndarray, positions: tuple[str, ...], window: list[int], space: int) -> np.ndarray:
    """Numbers of the combinations that no text has in the window."""
    number, valid = np.zeros(len(letters), dtype=np.int64), np.ones(len(letters), dtype=bool)
    for place in window:
        rank = np.full(256, -1)
        rank[list(positions[place].encode())] = np.arange(len(positions[place]))
        digit = rank[letters[:, place]]
        valid &= digit >= 0
        number = number * len(positions[place]) + digit
    used = np.zeros(space, dtype=bool)
    used[number[valid]] = True
    return np.flatnonzero(~used)


def _spell_window(number: int, alphabets: list[str]) -> str:
    spelt = ""
    for alphabet in reversed(alphabets):
        number, digit = divmod(number, len(alphabet))
        spelt = alphabet[digit] + spelt
    return spelt


def _size(positions: tuple[str, ...] | list[str]) -> int:
    """How many codes the positions spell, at most 2**60."""
    size = 1
    for chars in positions:
        size *= len(chars)
    return min(size, _SPACE)


def _letters(texts: pa.Array) -> np.ndarray:
    """``(n, L)`` bytes of texts of one length."""
    texts = pa.concat_arrays([texts.cast(pa.large_string())])
    first = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2], dtype=np.uint8)[first[0] : first[-1]]
    return data.reshape(len(texts), -1)


def _map_bytes(texts: pa.Array, table: np.ndarray) -> pa.Array:
    """Each byte of ASCII texts replaced by the table's."""
    texts = pa.concat_arrays([texts.cast(pa.large_string())])
    data = table[np.frombuffer(texts.buffers()[2], dtype=np.uint8)]
    return pa.LargeStringArray.from_buffers(len(texts), texts.buffers()[1], pa.py_buffer(data), offset=texts.offset)


def _from_letters(letters: np.ndarray) -> pa.Array:
    """Texts of one length from ``(N, L)`` bytes."""
    offsets = np.arange(len(letters) + 1, dtype=np.int64) * letters.shape[1]
    buffers = (pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))
    return pa.LargeStringArray.from_buffers(len(letters), *buffers).cast(pa.string())
