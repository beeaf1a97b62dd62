"""Maps of tokens, with vectors whose shape is planted."""

from __future__ import annotations

import numpy as np
import pytest

from synthgen.inspecting import embedding
from synthgen.inspecting.embedding import main_plane, maps
from synthgen.layout import Layout
from tests.made import layout_of

RNG = np.random.default_rng(0)


def turned(plane: np.ndarray, width: int, noise: float = 0.0) -> np.ndarray:
    """A plane laid somewhere in many dimensions."""
    axes = np.linalg.qr(RNG.normal(size=(width, plane.shape[1])))[0]
    return plane @ axes.T + noise * RNG.normal(size=(len(plane), width)) + RNG.normal(size=width)


@pytest.mark.parametrize("seed", range(5))
def test_tokens_along_a_line_come_back_in_their_order_and_rising(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.linspace(0, 1, 30)
    vectors = turned(10 * places[:, None], 24, noise=0.02)
    mixed = rng.permutation(30)
    plane, shares = main_plane(vectors[mixed], places[mixed])
    assert (np.diff(plane[np.argsort(mixed), 0]) > 0).all()
    assert plane[:, 0] == pytest.approx(10 * (places[mixed] - 0.5), abs=0.15)
    assert shares[0] > 0.99


def test_a_plane_is_found_again_with_its_distances_and_its_share() -> None:
    flat = RNG.normal(size=(40, 2)) * [5.0, 2.0]
    plane, shares = main_plane(turned(flat, 16))
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    assert np.linalg.norm(plane[:, None] - plane[None], axis=2) == pytest.approx(apart, abs=1e-8)
    assert shares.sum() == pytest.approx(1)
    variance = np.linalg.eigvalsh(np.cov(flat.T))
    assert shares[0] == pytest.approx(variance[1] / variance.sum())


def test_the_sign_is_fixed() -> None:
    vectors = RNG.normal(size=(9, 5))
    for places in (None, np.linspace(0, 1, 9), np.full(9, np.nan)):
        one, _ = main_plane(vectors, places)
        other, _ = main_plane(-vectors, places)
        if places is not None and np.isfinite(places).all():
            assert np.corrcoef(one[:, 0], places)[0, 1] > 0
            assert np.corrcoef(other[:, 0], places)[0, 1] > 0
        else:
            assert all(axis[np.abs(axis).argmax()] > 0 for axis in one.T)


@pytest.mark.parametrize("vectors", [np.ones((5, 3)), np.ones((1, 3)), np.arange(4.0)[:, None]])
def test_vectors_without_a_plane_are_no_fault(vectors: np.ndarray) -> None:
    plane, shares = main_plane(vectors)
    assert plane.shape == (len(vectors), 2)
    assert np.isfinite(plane).all()
    assert np.isfinite(shares).all()


def drawn(layout: Layout, missing: dict[int, list[int]] | None = None) -> list[np.ndarray]:
    vectors = [RNG.normal(size=(size, 6)) for size in layout.sizes]
    for slot, tokens in (missing or {}).items():
        vectors[slot][tokens] = np.nan
    return vectors


def test_each_column_gets_its_map_with_names_colours_and_order() -> None:
    layout = layout_of([8, 5])  # the first is ordered
    names = [[f"a{t}" for t in range(8)], [f"b{t}" for t in range(5)]]
    both, numbers, labels = maps(drawn(layout, {0: [2]}), layout, ["age", "town"], names)
    assert [part["name"] for part in both["series"]] == ["numbers and dates", "labels"]
    assert both["series"][0]["labels"] == [f"age: a{t}" for t in range(8) if t != 2]
    assert "joined" not in both["series"][0] or not both["series"][0]["joined"]
    (line,) = numbers["series"]
    assert numbers["title"] == "age"
    assert line["labels"] == [f"a{t}" for t in (0, 1, 3, 4, 5, 6, 7)]  # one that never occurred has no place
    assert line["joined"]
    assert line["shade"] == pytest.approx(np.linspace(0, 1, 7))
    (cloud,) = labels["series"]
    assert cloud["labels"] == names[1]
    assert "shade" not in cloud


def test_columns_of_few_tokens_have_no_map_and_many_columns_are_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    small = layout_of([2, 3])
    assert [chart["title"] for chart in maps(drawn(small), small, ["a", "b"], [["x"] * 2, ["y"] * 3])] == [
        "All columns together"
    ]
    tiny = layout_of([2])
    assert maps(drawn(tiny), tiny, ["a"], [["x", "y"]]) == []
    many = layout_of([6] * 30)
    columns, names = [f"c{i}" for i in range(30)], [["t"] * 6] * 30
    assert len(maps(drawn(many), many, columns, names)) == 1 + embedding.MOST_COLUMNS
    monkeypatch.setattr(embedding, "MOST_TOKENS", 60)
    together = maps(drawn(many), many, columns, names)[0]
    assert "The first 10 of 30 columns are shown." in together["alt"]
