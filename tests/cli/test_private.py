"""--epsilon on the command line: what is left, what is said, and what is refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from synthgen.cli.main import main

Invoke = Callable[..., Result]
ROWS = 1_237
SETTINGS = 'target = "bot"\n[privacy]\nnoise_seed = 4\n[training]\nmax_steps = 15\n'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    bot = rng.random(ROWS) < 0.3
    frame = pd.DataFrame({"plan": np.where(bot, "free", "paid"), "posts": rng.poisson(9, ROWS), "bot": bot})
    frame.to_csv(folder / "users.csv", index=False)
    (folder / "quick.toml").write_text(SETTINGS)
    return folder / "users.csv"


@pytest.fixture(scope="module")
def done(data: Path) -> tuple[Path, Result]:
    out = data.parent / "out"
    arguments = ["run", data, "--epsilon", 2, "--delta", 1e-7, "--out", out, "--config", data.parent / "quick.toml"]
    return out, CliRunner().invoke(main, [str(one) for one in arguments])


def test_a_run_leaves_a_table_a_model_and_what_was_promised(done: tuple[Path, Result]) -> None:
    out, result = done
    assert result.exit_code == 0, result.output
    assert {file.name for file in out.iterdir()} == {"run", "synthetic.csv", "guarantee.html", "guarantee.json"}
    found = json.loads((out / "guarantee.json").read_text())
    assert found["privacy"]["ledger"]["epsilon"] == 2.0
    assert found["privacy"]["ledger"]["delta"] == 1e-7
    assert sum(line["share"] for line in found["ledger"]) == pytest.approx(1.0)
    page = (out / "guarantee.html").read_text()
    assert "differential privacy" in page
    assert "add or remove one row" in page
    manifest = json.loads((out / "run" / "manifest.json").read_text())
    assert manifest["privacy"]["ledger"] == found["privacy"]["ledger"]


def test_training_alone_leaves_the_model_beside_and_says_so(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["fit", data, "--epsilon", 2, "--config", data.parent / "quick.toml"]
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    assert "synthgen sample users.run --rows" in result.output
    assert (tmp_path / "users.run" / "manifest.json").is_file()


def test_the_screen_and_the_folder_do_not_tell_the_number_of_rows(done: tuple[Path, Result]) -> None:
    out, result = done
    for text in (result.output, (out / "guarantee.json").read_text(), (out / "guarantee.html").read_text()):
        assert str(ROWS) not in text.replace(",", "")
    made = len((out / "synthetic.csv").read_text().splitlines()) - 1
    assert made != ROWS
    assert abs(made - ROWS) < 200  # ten standard deviations of the noise


def test_the_screen_says_what_each_step_took_and_what_a_schema_would_save(done: tuple[Path, Result]) -> None:
    _, result = done
    assert "epsilon, public schema" in result.output
    assert "spent on vocabulary" in result.output
    assert "outside the guarantee" in result.output


def test_fit_says_it_too_and_sampling_goes_on_for_free(invoke: Invoke, data: Path) -> None:
    config = data.parent / "quick.toml"
    result = invoke("fit", data, "--out", "model", "--epsilon", 1, "--config", config, "--model", "independent")
    assert result.exit_code == 0, result.output
    assert "spent on rows" in result.output
    result = invoke("sample", "model", "--rows", 50, "--output", "a.csv")
    assert result.exit_code == 0
    assert "drawing rows costs nothing more" in result.output


def test_the_bundle_holds_the_promise_and_no_report_on_real_rows(invoke: Invoke, done: tuple[Path, Result]) -> None:
    result = invoke("bundle", done[0], "--output", "users.zip")
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile("users.zip") as archive:
        names = set(archive.namelist())
        promise, card = (archive.read(name).decode() for name in ("privacy.md", "data_card.md"))
    texts = {"data_card.md", "privacy.md", "settings.toml", "SHA256SUMS"}
    assert names == {"synthetic.csv", "guarantee.html", "guarantee.json", *texts}
    assert "(2, 1e-07)-differential privacy" in promise
    assert "| rows | gaussian |" in promise
    assert "epsilon 2 and delta 1e-07" in card


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--epsilon", "0"], "privacy.epsilon must be above 0; got 0.0"),
        (["--epsilon", "-3"], "privacy.epsilon must be above 0; got -3.0"),
        (["--epsilon", "1", "--delta", "1"], "privacy.delta must be below 1; got 1.0"),
        (["--epsilon", "1", "--model", "resample"], "cannot be fitted with differential privacy"),
        (["--epsilon", "1", "--model", "image"], "'image' learns pictures"),
        (["--epsilon", "1", "--unit", "user"], "unit: no column 'user'"),
        (["--epsilon", "0.001"], "too small"),
        (["--delta", "1e-6"], "privacy.delta: is for private fits; give an epsilon too"),
    ],
)
def test_what_cannot_be_is_one_sentence(invoke: Invoke, data: Path, flags: list[str], said: str) -> None:
    seeded = ["--config", data.parent / "quick.toml"] if flags[-1] == "0.001" else []
    result = invoke("run", data, "--out", "out", *flags, *seeded)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stderr.count("Error:") == 1
    assert not Path("out/synthetic.csv").exists()
