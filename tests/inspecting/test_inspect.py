"""The contract of ``inspect_run`` for every model that can be saved; a new one is tested by being listed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

import synthgen
from synthgen.errors import ConfigError, DataError, NotFittedError
from synthgen.inspecting import given
from synthgen.inspecting.collect import inspect_run
from synthgen.inspecting.subject import ROWS
from synthgen.nets.critic import Critic
from synthgen.storage import Run
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.base import Account, Job, Model, TokenModel, Walk
from synthgen.training.loop import new_network
from tests.made import accounts, quick_settings

SAVED = [name for name, model in MODELS.items() if not model.unsaved]
each_saved = pytest.mark.parametrize("name", SAVED)
CANARY = "canary-7391"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Accounts, one of them with a plan and a score that nobody else has."""
    frame = accounts(400)
    frame.loc[7, ["plan", "score"]] = [CANARY, 7391.25]
    return frame


@pytest.fixture(scope="module")
def runs(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("runs")
    for name in SAVED:
        settings = quick_settings(name)
        synthgen.Synthesizer(model=name, random_state=0, target="is_bot", **settings).fit(frame).save(folder / name)
    return {name: folder / name for name in SAVED}


def judged_by(model: synthgen.Synthesizer, slot: int, token: int) -> None:
    """Hang a critic on a model that looks at one token of one slot only, and dislikes it."""
    assert isinstance(model.model_, TokenModel)
    critic = new_network(lambda: Critic(model.model_.codec.layout(), 8), 0).eval()
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.zero_()
        critic.norm.weight.fill_(1.0)
        critic.embed[int(critic.first[slot]) + token] = torch.linspace(-1, 1, 8)
        critic.out.weight.copy_(-torch.linspace(-1, 1, 8))
    model.model_.critic = critic


def parts_of(found: dict[str, Any]) -> dict[str, Any]:
    return {part["key"]: part for part in found["parts"]}


def charts_of(part: dict[str, Any]) -> dict[str, Any]:
    return {chart["title"]: chart for chart in part["charts"]}


@each_saved
def test_every_saved_model_can_be_looked_into_and_the_same_seed_gives_the_same_bytes(
    name: str, runs: dict[str, Path], tmp_path: Path
) -> None:
    before = {file.name: file.read_bytes() for file in runs[name].iterdir()}
    found = inspect_run(runs[name], tmp_path / "a.html", seed=3)
    inspect_run(runs[name], tmp_path / "b.html", seed=3)
    page = (tmp_path / "a.html").read_bytes()
    assert page == (tmp_path / "b.html").read_bytes()
    assert len(page) < 2_000_000
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert [part["key"] for part in found["parts"]] == ["training", "tokens", "walk", "leaning", "rows"]
    assert all(part["said"] or part["charts"] for part in found["parts"])
    assert {file.name: file.read_bytes() for file in runs[name].iterdir()} == before


@each_saved
def test_no_value_that_few_rows_hold_is_on_the_page(name: str, runs: dict[str, Path], tmp_path: Path) -> None:
    model = synthgen.load(runs[name])
    judged_by(model, 0, 0)
    inspect_run(model, tmp_path / "a.html", rows=accounts(20))
    page = (tmp_path / "a.html").read_text()
    assert CANARY not in page
    assert "7391.25" not in page
    assert "7,391" not in page
    for mail in accounts(400).email:
        assert mail not in page


@each_saved
def test_a_trained_model_shows_its_curves_and_another_says_that_there_are_none(
    name: str, runs: dict[str, Path]
) -> None:
    training = parts_of(inspect_run(runs[name]))["training"]
    history = synthgen.load(runs[name]).history_
    steps = [chart["series"][0]["x"] for chart in training["charts"]]
    assert bool(steps) == bool(history)
    if history:
        assert max(max(x) for x in steps) == history[-1]["step"]
    else:
        assert "no curves" in training["said"][0]


@each_saved
def test_a_walk_is_shown_where_the_model_has_one(name: str, runs: dict[str, Path]) -> None:
    walk = synthgen.load(runs[name]).model_.walk(5, 0)
    part = parts_of(inspect_run(runs[name]))["walk"]
    if walk is None:
        assert part["said"] == [f"Model {name!r} has no latent space, so there is nowhere to walk."]
    else:
        assert part["charts"] or part["pictures"]


@each_saved
def test_a_critic_of_one_slot_is_seen_through(name: str, runs: dict[str, Path]) -> None:
    model = synthgen.load(runs[name])
    token_model = model.model_
    if not isinstance(token_model, TokenModel):
        pytest.skip("works on no rows of tokens")
    names = token_model.codec.token_names()
    slot = next(s for s, own in enumerate(names) if "pro" in own)
    judged_by(model, slot, names[slot].index("pro"))
    found = parts_of(inspect_run(model))
    bars = charts_of(found["leaning"])["What the critic leans on"]
    assert bars["labels"][0] == "plan"
    first, *others = bars["series"]["change of the score"]
    assert first > 0
    assert max(others) == 0
    table = charts_of(found["rows"])["Lowest scores, and what pushes them down"]
    reasons = {row[3] for row in table["rows"]}
    assert all(re.fullmatch(r"plan: pro \(-\d+\.\d+\)", reason) for reason in reasons), reasons


def test_without_a_critic_the_page_says_so_and_shows_what_the_generator_expects(runs: dict[str, Path]) -> None:
    model = synthgen.load(runs["gan"])
    model.model_.critic = None  # type: ignore[attr-defined]
    found = parts_of(inspect_run(model))
    for key in ("leaning", "rows"):
        assert sum("no critic" in sentence for sentence in found[key]["said"]) == 1
    assert "How hard each column is to guess from the others" in charts_of(found["leaning"])
    table = charts_of(found["rows"])["Least expected rows, and their least expected values"]
    nats = [row[1] for row in table["rows"]]
    assert nats == sorted(nats, reverse=True)


def test_with_a_critic_both_are_shown(runs: dict[str, Path]) -> None:
    found = parts_of(inspect_run(runs["gan"]))  # the default model keeps one
    assert len(charts_of(found["leaning"])) == 2
    assert len(charts_of(found["rows"])) == 4
    assert not any("no critic" in sentence for sentence in found["leaning"]["said"] + found["rows"]["said"])


def test_the_rows_of_a_file_are_found_by_their_number_and_their_reason(
    frame: pd.DataFrame, runs: dict[str, Path], tmp_path: Path
) -> None:
    strange = frame.head(40).copy()
    strange.loc[11, "posts_per_day"] = 10.0  # computed: no token of its own, so of no weight
    strange.loc[23, ["plan", "plan_code"]] = ["pro", 20]
    strange.loc[strange.index != 23, ["plan", "plan_code"]] = ["free", 10]
    strange.to_csv(tmp_path / "new.csv", index=False)
    model = synthgen.load(runs["gan"])
    names = model.model_.codec.token_names()  # type: ignore[attr-defined]
    slot = next(s for s, own in enumerate(names) if "pro" in own)
    judged_by(model, slot, names[slot].index("pro"))
    from_file, from_frame = inspect_run(model, rows=tmp_path / "new.csv"), inspect_run(model, rows=strange)
    for found in (from_file, from_frame):
        table = charts_of(parts_of(found)["rows"])["Lowest scores, and what pushes them down"]
        assert table["rows"][0][0] == "24"
        assert table["rows"][0][3].startswith("plan: pro (-")
        assert table["rows"][1][3] == "nothing in particular"
    spread = charts_of(parts_of(from_file)["rows"])["Scores of the critic"]
    assert set(spread["series"]) == {"generated rows", "new.csv"}
    assert all(sum(shares) == pytest.approx(1) for shares in spread["series"].values())


def test_of_many_rows_the_first_are_looked_at_and_it_is_said(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "MOST_TOKENS", 100)
    monkeypatch.setattr(given, "FEWEST_ROWS", 30)
    part = parts_of(inspect_run(runs["gan"], rows=accounts(50)))["rows"]
    assert "The first 30 of 50 rows were looked at." in part["said"]


def test_generated_rows_are_those_that_sample_writes(runs: dict[str, Path]) -> None:
    model = synthgen.load(runs["gan"])
    drawn = model.model_.draw(0, ROWS, 5)  # type: ignore[attr-defined]
    written = model.model_.codec.encode(pa.concat_tables(model.sample_chunks(ROWS, random_state=5)))  # type: ignore[attr-defined]
    coarse = [s for s, slot in enumerate(model.model_.codec.layout().slots) if slot.level == 0]  # type: ignore[attr-defined]
    assert (drawn[:, coarse] == written[:, coarse]).mean() > 0.99


def test_faults_are_named(frame: pd.DataFrame, runs: dict[str, Path], tmp_path: Path) -> None:
    frame.rename(columns={"plan": "plann"}).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(
        DataError, match=r"new\.csv: lacks column 'plan' of the training table; .* did you mean 'plann'"
    ):
        inspect_run(runs["gan"], rows=tmp_path / "new.csv")
    with pytest.raises(ConfigError, match="'independent' of this run has neither a critic nor a likelihood"):
        inspect_run(runs["independent"], rows=frame)
    with pytest.raises(DataError, match="is a folder"):
        inspect_run(runs["gan"], tmp_path)
    with pytest.raises(DataError, match="folder does not exist"):
        inspect_run(runs["gan"], tmp_path / "nowhere" / "a.html")
    with pytest.raises(NotFittedError, match="Call fit"):
        inspect_run(synthgen.Synthesizer())


def test_a_table_without_anything_to_learn_is_looked_into_too(tmp_path: Path) -> None:
    model = synthgen.Synthesizer().fit(pd.DataFrame({"id": np.arange(40), "site": ["a.org"] * 40}))
    found = inspect_run(model, tmp_path / "a.html")
    assert all(not part["charts"] for part in found["parts"])


class Pictures(Model):
    """A model of pictures, as far as this command knows one."""

    name, title = "pictures", "a made-up model of pictures"

    def fit(self, job: Job) -> Account:
        return Account({"steps": 2}, [{"step": 1, "critic_auc": 0.9}, {"step": 2, "critic_auc": 0.6}])

    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        yield pa.table({"picture": ["a.png"] * n})

    def walk(self, n_steps: int, seed: int) -> Walk:
        return Walk(pictures=np.random.default_rng(seed).integers(0, 256, (n_steps, 28, 28)).astype(np.uint8))

    def state(self) -> dict[str, Any]:
        return {}

    def weights(self) -> dict[str, np.ndarray]:
        return {}

    @classmethod
    def restore(cls, run: Run, device: str) -> Self:
        return cls()


def test_a_model_of_pictures_shows_them_and_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(MODELS, "gan", Pictures)
    model = synthgen.Synthesizer().fit(accounts(100))
    found = parts_of(inspect_run(model, tmp_path / "a.html"))
    assert len(found["walk"]["pictures"]) == 9
    page = (tmp_path / "a.html").read_text()
    assert page.count('<img src="data:image/png;base64,') == 9
    assert 'alt="Picture 9 of 9 along the line"' in page
    assert "rows of tokens" in found["rows"]["said"][0]
    with pytest.raises(ConfigError, match="cannot score rows"):
        inspect_run(model, rows=accounts(20))


def test_the_global_generators_are_left_alone(runs: dict[str, Path]) -> None:
    model = synthgen.load(runs["vae"])
    judged_by(model, 0, 0)
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    inspect_run(model)
    assert torch.equal(torch_state, torch.random.get_rng_state())
    assert (numpy_state == np.random.get_state()[1]).all()  # noqa: NPY002
