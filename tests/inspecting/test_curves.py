"""The history as curves."""

from __future__ import annotations

from typing import Any

from synthgen.inspecting.curves import curves

LIKELIHOOD = [
    {"step": 10, "loss": 5.0, "held_out_loss": 5.5, "grad_norm": 1.0, "learning_rate": 0.01, "quality": None},
    {"step": 20, "loss": 4.0, "held_out_loss": 4.25, "grad_norm": 0.5, "learning_rate": 0.01, "quality": 0.8},
    {"step": 30, "loss": 3.0, "held_out_loss": 4.5, "grad_norm": 0.5, "learning_rate": 0.0, "quality": 0.9},
]
ADVERSARIAL = [
    {
        "step": step,
        "generator_loss": 0.7,
        "critic_loss": 1.3,
        "penalty": 0.01,
        "generator_grad_norm": 0.1,
        "critic_grad_norm": 0.2,
        "critic_auc": area,
        "critic_auc_low": area - 0.02,
        "critic_auc_high": area + 0.02,
    }
    for step, area in ((50, 0.8), (100, 0.51))
]


def by_title(history: list[dict[str, Any]]) -> dict[str, Any]:
    return {chart["title"]: chart for chart in curves(history)}


def test_likelihood_training_has_its_four_pictures() -> None:
    charts = by_title(LIKELIHOOD)
    assert list(charts) == ["Likelihood", "Lengths of the gradients", "Live quality", "Learning rate"]
    training, held = charts["Likelihood"]["series"]
    assert (training["x"], training["y"]) == ([10, 20, 30], [5.0, 4.0, 3.0])
    assert held["y"] == [5.5, 4.25, 4.5]
    assert "Held-out rows: 5.5 at first, 4.5 at last, lowest at step 20 with 4.25." in charts["Likelihood"]["alt"]
    assert charts["Live quality"]["series"][0]["x"] == [20, 30]  # it is measured at every second look


def test_adversarial_training_shows_both_networks_and_the_critics_interval_beside_guessing() -> None:
    charts = by_title(ADVERSARIAL)
    assert list(charts) == ["Losses of the two networks", "Can the critic tell?", "Lengths of the gradients"]
    names = [series["name"] for series in charts["Losses of the two networks"]["series"]]
    assert names == ["generator", "critic", "penalty on the critic's slope"]
    critic, guessing = charts["Can the critic tell?"]["series"]
    assert critic["low"] == [0.8 - 0.02, 0.51 - 0.02]
    assert critic["high"] == [0.8 + 0.02, 0.51 + 0.02]
    assert (guessing["x"], guessing["y"]) == ([50, 100], [0.5, 0.5])
    assert "0.51 at last (0.49 to 0.53)" in charts["Can the critic tell?"]["alt"]


def test_a_single_look_of_the_critic_stands_beside_guessing_over_the_whole_run() -> None:
    critic = {"critic_auc": 0.6, "critic_auc_low": 0.55, "critic_auc_high": 0.65}
    chart = by_title([LIKELIHOOD[0], LIKELIHOOD[1] | critic, LIKELIHOOD[2]])["Can the critic tell?"]
    assert [series["x"] for series in chart["series"]] == [[20], [10, 30]]
    assert "Critic: 0.6 at the only look (0.55 to 0.65)." in chart["alt"]


def test_a_model_with_both_has_all_of_it() -> None:
    together = [one | other for one, other in zip(ADVERSARIAL, LIKELIHOOD, strict=False)]
    assert len(by_title(together)) == 6


def test_a_figure_that_nobody_knows_gets_a_picture_of_its_own() -> None:
    charts = by_title([{"step": 5, "epsilon_spent": 0.5, "note": "text", "flag": True}])
    assert list(charts) == ["Epsilon spent"]


def test_figures_that_are_not_finite_are_left_out() -> None:
    broken = [*LIKELIHOOD, {"step": 40, "loss": float("nan"), "held_out_loss": None}]
    assert by_title(broken)["Likelihood"]["series"][0]["x"] == [10, 20, 30]
    assert curves([]) == []
