"""Small layouts and tables that the tests of networks and training share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from synthgen.layout import Layout, RowSlot
from synthgen.nets.any_order import AnyOrderGenerator


def layout_of(
    sizes: list[int], target: tuple[int, ...] = (), seen: list[list[int]] | None = None, missing: tuple[int, ...] = ()
) -> Layout:
    """One slot a column, the even ones ordered; the last token of some stands for a missing cell."""
    slots = []
    for i, size in enumerate(sizes):
        places = (np.arange(size) + 0.5) / size if i % 2 == 0 else np.full(size, np.nan)
        counts = np.ones(size) if seen is None else np.bincount(seen[i], minlength=size)
        last = size - 1 if i in missing else None
        slots.append(RowSlot(i, f"c{i}:value", 0, size, places, counts, missing=last))
    return Layout(tuple(slots), target)


def path_layout() -> Layout:
    """A label, and a number whose token 0 is an atom and whose tokens 1 and 2 have 2 and 3 cells."""
    none = np.full(4, np.nan)
    return Layout(
        (
            RowSlot(0, "label:value", 0, 2, none[:2], np.ones(2)),
            RowSlot(1, "number:coarse", 0, 3, np.array([0.1, 0.4, 0.8]), np.ones(3)),
            RowSlot(1, "number:fine", 1, 4, none, np.ones(4), prefix=(1,), follow=np.array([0, 2, 3]), none=3),
        )
    )


def generator_of(layout: Layout, seed: int = 0, scale: float = 1.0) -> AnyOrderGenerator:
    """A small generator with lively random weights."""
    torch.manual_seed(seed)
    generator = AnyOrderGenerator(layout, width=8, blocks=1)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3 * scale)
    return generator.eval()


def accounts(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Made accounts: every kind of column, missing cells, a tie, a formula, a constant."""
    rng = np.random.default_rng(seed)
    bot = rng.random(rows) < 0.3
    followers = np.round(rng.pareto(1.5, rows) * np.where(bot, 20, 200)).astype(int)
    posts = rng.poisson(np.where(bot, 90, 30)) + 1
    days = rng.integers(10, 2000, rows)
    plan = rng.choice(["free", "pro", "team"], rows, p=[0.7, 0.2, 0.1])
    frame = pd.DataFrame(
        {
            "user_id": np.arange(1000, 1000 + rows),
            "email": [f"person{i}@mail{i % 7}.com" for i in rng.permutation(rows)],
            "created_at": pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 700 * 86400, rows), unit="s"),
            "plan": plan,
            "plan_code": pd.Series(plan).map({"free": 10, "pro": 20, "team": 30}).to_numpy(),
            "followers": followers,
            "posts": posts,
            "days": days,
            "posts_per_day": np.round(posts / days, 3),
            "score": np.where(rng.random(rows) < 0.15, np.nan, np.round(rng.normal(5, 2, rows), 2)),
            "source": "export",
            "is_bot": bot,
        }
    )
    return frame


def shapes(
    n: int, side: int = 16, seed: int = 0, colours: dict[str, tuple[int, int, int]] | None = None
) -> tuple[np.ndarray, list[str]]:
    """Pictures ``(n, side, side, 3)`` of discs, bars and frames on black, and their names."""
    rng = np.random.default_rng(seed)
    names = rng.choice(["bar", "disc", "frame"], n, p=[0.5, 0.3, 0.2]).tolist()
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    pixels = np.zeros((n, side, side, 3), np.uint8)
    for number, name in enumerate(names):
        dx, dy = np.abs(x - side / 2 + rng.integers(-1, 2)), np.abs(y - side / 2 + rng.integers(-1, 2))
        where = {
            "bar": (dx < 0.1 * side) & (dy < 0.4 * side),
            "disc": dx**2 + dy**2 < (0.28 * side) ** 2,
            "frame": (np.maximum(dx, dy) < 0.4 * side) & (np.maximum(dx, dy) > 0.25 * side),
        }[name]
        colour = np.array((255, 255, 255) if colours is None else colours[name])
        pixels[number][where] = (rng.uniform(0.7, 1.0) * colour).astype(np.uint8)
    return pixels, names


QUICK: dict[str, Any] = {"training": {"max_steps": 40, "evaluate_every": 20, "width": 16, "blocks": 1}}
FEW_STEPS = {"max_steps": 10, "evaluate_every": 5}
QUICK_OF: dict[str, dict[str, Any]] = {
    "one-shot": {"training": {"width": 16, "blocks": 1}, "adversarial": FEW_STEPS | {"batch_rows": 32}},
    "ctgan": {"adversarial": FEW_STEPS},
}


def quick_settings(model: str) -> dict[str, Any]:
    """Settings of a synthesizer with which a model learns a little, in no time."""
    return QUICK_OF.get(model, QUICK)


def random_tokens(layout: Layout, n: int, seed: int = 0) -> np.ndarray:
    """Rows of tokens that a network could draw, each as likely: what rules have to hold for, whatever it learned."""
    rng = np.random.default_rng(seed)
    tokens_NS = np.zeros((n, len(layout.slots)), np.int32)
    for s, slot in enumerate(layout.slots):
        tokens_NS[:, s] = rng.integers(0, slot.size, n)
        if slot.follow is not None:
            follow = slot.follow[tuple(tokens_NS[:, p] for p in slot.prefix)]
            none = 0 if slot.none is None else slot.none
            tokens_NS[:, s] = np.where(follow > 0, rng.integers(0, np.maximum(follow, 1)), none)
    return tokens_NS
