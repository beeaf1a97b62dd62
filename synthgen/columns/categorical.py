"""Labels: one token for a few hundred values, a path through clusters for more; few holders make a value rare.

Letters: K kept values, N rows, C clusters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import NOT_APPLICABLE, ColumnType, FitContext, Match, Measure, RejectColumn, Sample, Slot
from synthgen.columns.clusters import Tree, plant
from synthgen.columns.label_restriction import restrict_category
from synthgen.columns.makers import Maker, fit_maker, maker_from_state
from synthgen.columns.physical import is_text, named_type, type_name, whole_limits
from synthgen.columns.restrictions import Restriction
from synthgen.columns.wanted import Clause
from synthgen.errors import ConfigError, DataError, choose

_CODE_NAME = re.compile(
    r"(^|[_\W])(id|code|type|zip|zipcode|postcode|postal|region|browser|os|class|label|category|cluster|group|segment"
    r"|status|gender|sex|kind|channel|species|systems?)s?($|[_\W])"
)
_ZIP_NAME = re.compile(r"zip|post(al)?_?code|plz|^cap$|fips|iso_?code")
_INTEGER, _NUMBER = r"^[+-]?\d+$", r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"
_FEW_CODES, _FEW_SEXES = 50, 5
_OPEN_SHARE = 0.05
_DRAWN_FRESH = 1 << 20  # made-up values that are drawn from; later ones are for columns that must not repeat any
_NAMED = 2
"""Values that stand for a cluster in its name."""


class Categorical(ColumnType):
    """Values as they are, letter for letter; what too few rows hold is one token for all, ``rare``.

    ``kept`` are the values of the vocabulary, the most frequent first, with their ``counts`` and ``paths`` (that of
    ``rare`` comes last); ``n_rare`` rows hold others, and ``maker`` makes such up.

    Options: ``rare``: ``pool`` draws a kept value in place of a rare one, ``fresh`` makes a new one up that is
    none of the real ones, ``auto`` (default) takes fresh where most of the vocabulary is rare. ``categories``: the
    values that are public: these are the vocabulary, whatever number of rows hold them, and all others are rare.
    """

    name: ClassVar[str] = "categorical"
    measure: ClassVar[Measure] = "label"

    def __init__(self, kept: pa.Array, counts: np.ndarray, tree: Tree, n_rare: int, maker: Maker | None) -> None:
        self.kept, self.counts, self._tree, self.n_rare, self.maker = kept, counts, tree, n_rare, maker
        rare = np.full((1, tree.levels), NOT_APPLICABLE, dtype=np.int32)
        rare[0, 0] = len(tree.sizes)
        self.paths = np.concatenate([tree.paths(), rare])
        self._slots = _slots(tree, _places(kept, counts))

    @classmethod
    def matches(cls, sample: Sample) -> Match:
        values, counts = sample.distinct
        if len(values) == 0:
            raise RejectColumn("no values")
        if _looks_numeric(values):
            return _match_codes(sample, values, counts)
        if not is_text(values.type):
            raise RejectColumn(f"values of type {values.type}")
        n, rare = len(sample.values), int((counts < sample.min_holders).sum())
        if n >= 20 and len(values) > 0.9 * n:
            raise RejectColumn("nearly all values are different")
        if len(values) > 0.5 * n and n >= 20 and _mean_words(values) > 6:
            raise RejectColumn("long texts, mostly different")
        reason = f"{len(values):,} different texts" + (f", {rare:,} of them rare" if rare else "")
        return Match(_score(counts, sample, n), reason)

    @classmethod
    def fit(cls, values: pa.Array, options: dict[str, Any], context: FitContext) -> Self:
        rare = choose("categorical option 'rare'", options.get("rare", "auto"), ["auto", "pool", "fresh"])
        coded = values.dictionary_encode()
        codes = np.asarray(coded.indices)
        counts = np.bincount(codes, minlength=len(coded.dictionary))
        order = np.argsort(-counts, kind="stable")
        if "categories" in options:
            kept = _listed(coded.dictionary, options["categories"])
        else:
            kept = context.holders(codes, len(counts)) >= context.min_holders
        order = order[kept[order]]
        number = np.full(len(counts), -1, dtype=np.int64)
        number[order] = np.arange(len(order))
        n_rare = len(values) - int(counts[order].sum())
        is_open = n_rare >= _OPEN_SHARE * len(values) and len(counts) > 2 * len(order)
        fresh = rare == "fresh" or len(order) == 0 or (rare == "auto" and is_open)
        maker = _fit_fresh(coded.dictionary, context.rng, context.first_units(codes)) if fresh and n_rare else None
        if maker is None and len(order) == 0:
            raise DataError("no value is held by enough rows to be a category. Use 'drop' in the schema")
        tree = plant(number[codes], counts[order], context.company, context.rng)
        return cls(coded.dictionary.take(pa.array(order)), counts[order], tree, n_rare, maker)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self._slots

    @property
    def makes_up(self) -> bool:
        """Whether it can make up values that are none of the real ones."""
        return self.maker is not None

    def made_up(self, numbers: np.ndarray) -> pa.Array:
        """A made-up value for each number, another for another number, and none that ``decode`` makes."""
        assert self.maker is not None
        return self.maker.make(_DRAWN_FRESH + numbers).cast(self.kept.type)

    def encode(self, values: pa.Array, rng: np.random.Generator) -> np.ndarray:
        if values.type != self.kept.type:
            values = values.cast(self.kept.type)
        found = pc.index_in(values, value_set=self.kept)
        return np.asarray(self.paths[np.asarray(pc.fill_null(found, len(self.kept)))])

    def decode(self, tokens: np.ndarray, rng: np.random.Generator, start: int) -> pa.Array:
        rare = self.is_rare(tokens)
        if len(self.kept) == 0:
            return self.fresh(len(tokens), rng)
        chosen = self.values_at(tokens)
        n_rare = int(rare.sum())
        if self.maker is None:
            chosen[rare] = rng.choice(len(self.counts), n_rare, p=self.counts / self.counts.sum())
            return self.kept.take(pa.array(chosen))
        chosen[rare] = len(self.kept) + np.arange(n_rare)
        return pa.concat_arrays([self.kept, self.fresh(n_rare, rng)]).take(pa.array(chosen))

    def is_rare(self, tokens: np.ndarray) -> np.ndarray:
        """``(N,)`` whether a path stands for all rare values."""
        rare: np.ndarray = tokens[:, 0] >= len(self._tree.sizes)
        return rare

    def values_at(self, tokens: np.ndarray) -> np.ndarray:
        """``(N,)`` the kept value that each path leads to, by number; any where it is rare."""
        return self._tree.values_at(tokens)

    def restrict(self, wanted: Sequence[Clause]) -> Restriction:
        return restrict_category(self, wanted)

    def state(self) -> dict[str, Any]:
        kept = self.kept if _is_json(self.kept.type) else self.kept.cast(pa.string())
        return {
            "physical": type_name(self.kept.type),
            "values": kept.to_pylist(),
            "counts": self.counts.tolist(),
            "tree": self._tree.state(),
            "n_rare": self.n_rare,
            "maker": None if self.maker is None else self.maker.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        physical = named_type(state["physical"])
        kept = pa.array(state["values"], type=physical if _is_json(physical) else pa.string()).cast(physical)
        maker = None if state["maker"] is None else maker_from_state(state["maker"])
        counts = np.array(state["counts"], dtype=np.int64)
        return cls(kept, counts, Tree.from_state(state["tree"]), state["n_rare"], maker)

    def token_names(self, level: int) -> list[str]:
        if level:
            return super().token_names(level)
        values = [str(value) or "empty text" for value in self.kept.to_pylist()]
        if self._tree.is_flat:
            return [*(values[i] for i in self._tree.order), "rare"]
        leaves = np.split(
            self._tree.order, np.cumsum(self._tree.sizes.sum(axis=tuple(range(1, self._tree.sizes.ndim))))
        )
        return [*(_cluster_name([values[i] for i in np.sort(leaf)]) for leaf in leaves[:-1]), "rare"]

    def describe(self) -> str:
        clusters = f" in {self._tree.sizes.size} clusters" if self._tree.levels > 1 else ""
        what = "made up" if self.maker else "pooled"
        return f"{len(self.kept):,} values{clusters}" + (f", rare ones {what}" if self.n_rare else "")

    def fresh(self, many: int, rng: np.random.Generator) -> pa.Array:
        """So many made-up values, none of them a real one."""
        assert self.maker is not None
        return self.maker.make(rng.integers(0, _DRAWN_FRESH, many)).cast(self.kept.type)


def _listed(values: pa.Array, categories: object) -> np.ndarray:
    """Which values are among those that the schema lists.

    Raises:
        ConfigError: it lists none.
    """
    if not isinstance(categories, list) or not categories:
        raise ConfigError(f"options.categories: {categories!r}; expected a list of values, such as ['free', 'pro']")
    texts = pc.is_in(values.cast(pa.string()), value_set=pa.array([str(value) for value in categories]))
    found: np.ndarray = texts.to_numpy(zero_copy_only=False)
    return found


def _cluster_name(values: list[str]) -> str:
    """The most frequent values of a cluster; they are numbered by how frequent they are."""
    shown = ", ".join(values[:_NAMED])
    return f"{shown} and {len(values) - _NAMED} more" if len(values) > _NAMED else shown


def _slots(tree: Tree, places: np.ndarray | None) -> tuple[Slot, ...]:
    """The path: every slot but the first depends on the one before; after ``rare`` nothing follows."""
    first = Slot("value" if tree.is_flat else "cluster", len(tree.sizes) + 1, places if tree.is_flat else None)
    if tree.levels == 1:
        return (first,)
    padded = np.pad(tree.sizes, [(0, 1)] + [(0, 0)] * (tree.sizes.ndim - 1))
    member = Slot("member", int(tree.sizes.max()), children=padded)
    if tree.levels == 2:
        return (first, member)
    return (first, Slot("group", tree.sizes.shape[1], children=np.count_nonzero(padded, axis=1)), member)


def _places(kept: pa.Array, counts: np.ndarray) -> np.ndarray | None:
    """Where numbers lie among all rows' numbers, 0 to 1, with nan for rare; None when a value is no number."""
    if len(kept) == 0 or not _looks_numeric(kept):
        return None
    numbers = np.array([float(str(value).replace(",", ".")) for value in kept.to_pylist()])
    order = np.argsort(numbers, kind="stable")
    mass = counts[order] / counts.sum()
    places = np.full(len(kept) + 1, np.nan)
    places[order] = np.cumsum(mass) - mass / 2
    return places


def _fit_fresh(values: pa.Array, rng: np.random.Generator, unit_V: np.ndarray | None) -> Maker | None:
    """A maker of values like the rare ones that avoids all real ones; None for a type that has none."""
    if is_text(values.type) or pa.types.is_integer(values.type):
        return fit_maker(values.cast(pa.string()), rng, limits=whole_limits(values.type), unit_V=unit_V)
    return None


def _looks_numeric(values: pa.Array) -> bool:
    """Whether every value is a number, in type or in text."""
    if is_text(values.type):
        return bool(pc.all(pc.match_substring_regex(values, _NUMBER)).as_py())
    return bool(pa.types.is_integer(values.type) or pa.types.is_floating(values.type))


def _match_codes(sample: Sample, values: pa.Array, counts: np.ndarray) -> Match:
    """Numbers are labels when they look or are named like codes; otherwise quantities score higher."""
    texts = values.cast(pa.string())
    whole = pc.all(pc.match_substring_regex(texts, r"^[+-]?\d+(\.0*)?$")).as_py()
    if not whole:
        raise RejectColumn("numbers with decimals")
    if len(values) > 0.9 * len(sample.values) and len(sample.values) >= 20:
        raise RejectColumn("numbers, nearly all different")
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", sample.name).lower()
    widths = pc.utf8_length(texts)
    one_width = pc.min(widths).as_py() == pc.max(widths).as_py() > 1
    if one_width and pc.any(pc.match_substring_regex(texts, r"^0\d")).as_py():
        return Match(0.95, f"codes with leading zeros, {len(values):,} different")
    if _ZIP_NAME.search(name):
        return Match(0.95, f"{len(values):,} different codes, by the name")
    covered = _covered(counts, sample)
    named = _CODE_NAME.search(name)
    few = _FEW_SEXES if named and named[2] in ("sex", "gender") else _FEW_CODES
    if named and (len(values) <= few or (named[2] in ("id", "code") and covered > 0.5)):
        return Match(0.94, f"{len(values):,} different codes, by the name")
    return Match(0.5 if len(values) <= _FEW_CODES else 0.1, f"{len(values):,} different whole numbers")


def _covered(counts: np.ndarray, sample: Sample) -> float:
    """The share of rows whose value has enough holders, judged from the sample."""
    present = sample.n_rows - sample.n_missing
    enough = max(2.0, sample.min_holders * counts.sum() / max(1, present))
    return float(counts[counts >= enough].sum() / counts.sum())


def _score(counts: np.ndarray, sample: Sample, n: int) -> float:
    """0.9 for a short list; less for a long one, least where hardly any value repeats."""
    if len(counts) <= 256 and (n >= 20 or len(counts) < n):
        return 0.9
    covered = _covered(counts, sample)
    return 0.7 + 0.1 * covered if covered > 0.05 else 0.3


def _mean_words(values: pa.Array) -> float:
    return float(pc.mean(pc.add(pc.count_substring(values, " "), 1)).as_py())


def _is_json(physical: pa.DataType) -> bool:
    return is_text(physical) or any(
        check(physical) for check in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    )
