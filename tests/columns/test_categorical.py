from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen.columns.base import NOT_APPLICABLE, FitContext, RejectColumn, Sample
from synthgen.columns.categorical import Categorical
from synthgen.columns.clusters import plant
from synthgen.errors import ConfigError, DataError


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def fit(values: pa.Array, company: np.ndarray | None = None, **options: object) -> Categorical:
    beside = np.empty((len(values), 0), dtype=np.int32) if company is None else company
    return Categorical.fit(values, options, FitContext(rng(), 5, len(values), beside))


def match(values: list, name: str = "column"):
    return Categorical.matches(Sample(name, pa.array(values), len(values), 0))


def again(column: Categorical) -> Categorical:
    return Categorical.from_state(json.loads(json.dumps(column.state())))


COUNTRIES = ["France"] * 60 + ["Peru"] * 30 + ["Chad"] * 6 + ["Holand-Netherlands"]


def test_listed_categories_are_the_vocabulary_whoever_holds_them():
    column = fit(pa.array(COUNTRIES), categories=["France", "Holand-Netherlands", "Mali"])
    assert column.kept.to_pylist() == ["France", "Holand-Netherlands"]
    assert column.n_rare == 36
    with pytest.raises(ConfigError, match=r"options.categories: 'France'; expected a list"):
        fit(pa.array(COUNTRIES), categories="France")


def test_a_rare_value_is_pooled_and_nowhere_in_the_state():
    column = fit(pa.array(COUNTRIES))
    assert "Holand" not in json.dumps(column.state())
    tokens = column.encode(pa.array(["France", "Peru", "Chad", "Holand-Netherlands", "Mars"]), rng())
    assert tokens.ravel().tolist() == [0, 1, 2, 3, 3]
    drawn = column.decode(np.full((9_600, 1), 3), rng(), 0).to_pylist()
    assert set(drawn) == {"France", "Peru", "Chad"}
    assert abs(drawn.count("France") / len(drawn) - 60 / 96) < 0.03  # 6 standard errors


def test_an_open_vocabulary_gets_fresh_values_that_are_not_real():
    real = ["London"] * 50 + [f"Secret {i}" for i in range(40)]
    column = fit(pa.array(real))
    assert "ecret" not in json.dumps(column.state())
    drawn = column.decode(column.encode(pa.array(real), rng()), rng(), 0).to_pylist()
    assert drawn[:50] == ["London"] * 50
    assert not set(drawn[50:]) & set(real)


@pytest.mark.parametrize(("rare", "is_real"), [("pool", True), ("fresh", False)])
def test_the_option_rare_is_obeyed(rare, is_real):
    column = again(fit(pa.array(COUNTRIES), rare=rare))
    drawn = column.decode(np.full((20, 1), 3), rng(), 0).to_pylist()
    assert all((value in COUNTRIES) == is_real for value in drawn)


def test_a_wrong_option_is_named():
    with pytest.raises(ConfigError, match="did you mean 'fresh'"):
        fit(pa.array(COUNTRIES), rare="frsh")


def test_fresh_whole_numbers_lie_outside_the_real_ones():
    values = pa.array([1] * 50 + list(range(100, 140)), type=pa.int16())
    drawn = fit(values).decode(np.full((500, 1), 1), rng(), 0)
    assert drawn.type == pa.int16()
    assert not set(drawn.to_pylist()) & set(values.to_pylist())


def test_codes_keep_their_zeros_and_numbers_have_places():
    column = fit(pa.array(["007"] * 10 + ["100"] * 20 + ["020"] * 10))
    assert column.slots[0].size == 4
    np.testing.assert_allclose(column.slots[0].places, [0.75, 0.125, 0.375, np.nan])  # 100, 007, 020, rare
    assert column.decode(np.array([[1]]), rng(), 0).to_pylist() == ["007"]
    assert fit(pa.array(["a"] * 10 + ["1"] * 10)).slots[0].places is None


@pytest.mark.parametrize(("many", "levels"), [(256, 1), (257, 2), (10_000, 2), (41_000, 3)])
def test_every_kept_value_survives_its_path(many, levels):
    values = pa.array([f"v{i}" for i in range(many)] * 5)
    column = again(fit(values))
    tokens = column.encode(values, rng())
    assert tokens.shape == (5 * many, levels)
    assert column.decode(tokens, rng(), 0).equals(values)
    for place, slot in enumerate(column.slots):
        assert tokens[:, place].min() >= 0
        assert tokens[:, place].max() < slot.size <= 257
        if slot.children is not None:
            assert slot.children.shape == tuple(earlier.size for earlier in column.slots[:place])
            assert (tokens[:, place] < slot.children[tuple(tokens[:, :place].T)]).all()
    unseen = column.encode(pa.array(["never seen"]), rng())[0]
    assert unseen.tolist() == [column.slots[0].size - 1] + [NOT_APPLICABLE] * (levels - 1)


def test_clusters_gather_values_that_keep_the_same_company():
    # 600 values in 12 known groups; the company tells the group in 80 % of rows. By chance purity would be 0.15.
    source = rng()
    group = np.repeat(np.arange(12), 50)
    value = source.integers(0, 600, 30_000)
    told = np.where(source.random(30_000) < 0.8, group[value], source.integers(0, 12, 30_000))
    noise = source.integers(0, 30, (30_000, 3))
    tree = plant(value, np.bincount(value), np.column_stack([told, noise]).astype(np.int32), source)
    cluster = tree.paths()[:, 0]
    alike = [np.bincount(group[cluster == each]).max() / (cluster == each).sum() for each in range(len(tree.sizes))]
    assert np.mean(alike) > 0.8


def test_members_of_a_cluster_stand_in_order_of_frequency():
    counts = np.repeat(np.arange(300, 0, -1), 1)
    paths = plant(np.repeat(np.arange(300), counts), counts, np.empty((counts.sum(), 0), dtype=np.int32), rng()).paths()
    assert all((np.diff(paths[paths[:, 0] == cluster, 1]) == 1).all() for cluster in range(paths[:, 0].max() + 1))


def test_the_same_seed_gives_the_same_column():
    source = rng()
    values = pa.array([f"v{i}" for i in source.integers(0, 400, 8_000)])
    company = source.integers(0, 9, (8_000, 4)).astype(np.int32)
    assert fit(values, company).state() == fit(values, company).state()


def test_nothing_but_rare_values_is_made_up_altogether():
    values = pa.array(["Ann", "Bob", "Cyd"])
    column = again(fit(values))
    drawn = column.decode(column.encode(values, rng()), rng(), 0).to_pylist()
    assert not set(drawn) & {"Ann", "Bob", "Cyd"}
    with pytest.raises(DataError, match="Use 'drop'"):
        fit(pa.array([1.5, 2.5]))


@pytest.mark.parametrize("physical", [pa.date32(), pa.timestamp("us", "UTC"), pa.float64(), pa.large_string()])
def test_typed_values_survive_the_state(physical):
    values = pa.array([1, 2] * 10, type=pa.int32())
    values = values.cast(pa.string()).cast(physical) if physical == pa.large_string() else _typed(values, physical)
    column = again(fit(values))
    assert column.decode(column.encode(values, rng()), rng(), 0).equals(values)


def _typed(values: pa.Array, physical: pa.DataType) -> pa.Array:
    return values.cast(physical) if physical in (pa.date32(), pa.float64()) else values.cast(pa.int64()).cast(physical)


def test_detection_tells_codes_from_counts():
    assert match(["02139", "10001"] * 20).score > 0.9
    assert match(["12345", "54321"] * 20, "zip_code").score > 0.9
    assert match([1, 2, 3] * 20, "TrafficType").score > 0.9
    assert match([1, 2, 3] * 20, "children").score < 0.6
    assert match(list(range(25)) * 4, "sex").score < 0.6  # how often a word was used
    assert match(["a", "b"] * 20).reason == "2 different texts"
    assert match(COUNTRIES).reason == "4 different texts, 1 of them rare"


@pytest.mark.parametrize("values", [[f"user {i}" for i in range(30)], [1.5, 2.5] * 20, list(range(30))])
def test_what_is_no_category_is_rejected(values):
    with pytest.raises(RejectColumn):
        match(values)
