"""SDV's models behind the same commands, with a stand-in for the package that hands out the rows it was fitted to.

So what comes back must be rows of the table, letter for letter. ``test_models.py`` runs the real package where it is
installed.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner, Result

import synthgen
from synthgen.cli.main import main
from synthgen.cli.options import MODEL_NAMES
from synthgen.errors import ConfigError, DataError, MissingExtraError
from synthgen.synthesizers import MODELS
from synthgen.synthesizers.sdv import BLOCK_ROWS, SdvModel
from tests.made import accounts

METADATA = """
class Metadata:
    @classmethod
    def load_from_dict(cls, described):
        made = cls()
        made.described = described
        return made
"""
SINGLE_TABLE = """
import random
import warnings

import numpy as np
import torch

class Stand:
    def __init__(self, metadata, **options):
        self.metadata, self.options = metadata, options

    def fit(self, tables):
        print("Training is so much fun")
        warnings.warn("We strongly recommend")
        self.frame = tables["table"]
        if "crash" in self.frame:
            raise ValueError(f"cannot learn {self.frame.crash[0]}")
        assert list(self.frame) == list(self.metadata.described["tables"]["table"]["columns"])
        self.weight = int(np.random.rand() * 2**20), int(torch.rand(()) * 2**20), int(random.random() * 2**20)
        self.calls = 0

    def reset_sampling(self):
        self.calls = 0

    def sample(self, num_rows):
        np.random.rand(), torch.rand(()), random.random()
        self.calls += 1
        rng = np.random.default_rng([*self.weight, self.calls])
        return {"table": self.frame.iloc[rng.integers(len(self.frame), size=num_rows)].reset_index(drop=True)}

class CTGANSynthesizer(Stand): pass
class TVAESynthesizer(Stand): pass
class CopulaGANSynthesizer(Stand): pass
class GaussianCopulaSynthesizer(Stand):
    def __init__(self, metadata):
        super().__init__(metadata)
"""
NAMES = [name for name in MODELS if name.startswith("sdv:")]
NO_EXTRA = r"needs the extra 'sdv', which is not installed; .* pip install -e '\.\[sdv\]'"
Command = Callable[..., Result]


@pytest.fixture
def no_sdv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The real package, where there is one, is out of sight."""
    for name in [name for name in sys.modules if name.split(".")[0] == "sdv"]:
        monkeypatch.delitem(sys.modules, name)
    elsewhere = [place for place in sys.path if place and not list(Path(place).glob("sdv-*.dist-info"))]
    if len(elsewhere) < len([place for place in sys.path if place]):
        pytest.skip("sdv is installed beside the packages of the tests")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package ``sdv`` that stands before the real one."""
    place = tmp_path_factory.mktemp("packages")
    (place / "sdv").mkdir()
    (place / "sdv" / "__init__.py").touch()
    (place / "sdv" / "metadata.py").write_text(METADATA)
    (place / "sdv" / "single_table.py").write_text(SINGLE_TABLE)
    _version(place, "2.0.0")
    real = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "sdv"}
    monkeypatch.syspath_prepend(place)
    yield place
    for name in [name for name in sys.modules if name.split(".")[0] == "sdv"]:
        del sys.modules[name]
    sys.modules.update(real)


def _version(place: Path, version: str) -> None:
    info = place / "sdv.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: sdv\nVersion: {version}\n")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def fitted(frame: object, name: str = "sdv:ctgan", **settings: object) -> synthgen.Synthesizer:
    return synthgen.Synthesizer(model=name, **settings).fit(frame)


# ---------------------------------------------------------------- refusals
def test_without_the_extra_one_sentence_says_how_to_get_it(no_sdv: Path, command: Command) -> None:
    accounts(60).to_csv("users.csv", index=False)
    before = sorted(Path().iterdir())
    for words in (["run", "users.csv", "--model", "sdv:tvae"], ["compare", "users.csv", "--models", "gan,sdv:tvae"]):
        result = command(*words)
        assert result.exit_code == 2
        assert "'sdv:tvae' needs the extra 'sdv'" in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
    assert sorted(Path().iterdir()) == before
    with pytest.raises(MissingExtraError, match=NO_EXTRA):
        fitted(accounts(60))


def test_an_older_sdv_is_refused(stand_in: Path) -> None:
    _version(stand_in, "1.38.5")
    with pytest.raises(MissingExtraError, match=r"needs sdv 2\.0 or newer; found 1\.38\.5"):
        fitted(accounts(60))


def test_an_sdv_that_does_not_load_is_refused(stand_in: Path) -> None:
    (stand_in / "sdv" / "single_table.py").write_text("import a_package_that_is_not_there")
    with pytest.raises(MissingExtraError, match=r"does not load \(No module named 'a_package_that_is_not_there'\)"):
        fitted(accounts(60))


def test_nothing_asks_for_sdv_unless_it_is_named(command: Command) -> None:
    shown = command("compare", "--help").output
    assert "gan,vae" in "".join(shown.split())
    assert "sdv" not in shown
    assert set(NAMES) < set(MODEL_NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_refused_a_run_folder_before_anything_is_read(name: str, stand_in: Path, command: Command) -> None:
    result = command("fit", "absent.csv", "--model", name, "--out", "run")
    assert result.exit_code == 2
    assert f"'{name}' is not saved: SDV writes its models as pickles" in result.stderr
    assert not Path("run").exists()
    with pytest.raises(ConfigError, match="pickles"):
        fitted(accounts(60), name).save("run")


def test_what_sdv_says_about_cells_stays_out_of_the_message(stand_in: Path, command: Command) -> None:
    frame = pd.DataFrame({"crash": np.arange(4711.5, 4771.5), "n": range(60)})
    with pytest.raises(DataError, match=r"SDV 2\.0\.0 stopped with ValueError while learning") as error:
        fitted(frame)
    assert "4711" not in str(error.value)
    assert "4711" in str(error.value.__cause__)
    frame.to_csv("t.csv", index=False)
    result = command("compare", "t.csv", "--models", "sdv:ctgan,resample")
    assert result.exit_code == 0
    assert "sdv:ctgan: model 'sdv:ctgan': SDV 2.0.0 stopped" in Path("t.compare/comparison.md").read_text()


# ---------------------------------------------------------------- what goes in and comes out
def test_cells_of_a_csv_come_back_letter_for_letter(stand_in: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n = 300
    when = pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")
    frame = pd.DataFrame(
        {
            "mail": [f"p{i}@mail{i % 3}.com" for i in range(n)],
            "euro": [f"{x:.2f}".replace(".", ",") for x in rng.gamma(2, 40, n)],
            "rate": [f"{x:.1f}" for x in rng.integers(0, 90, n)],
            "at": when.strftime("%d.%m.%Y %H:%M"),
            "ok": rng.choice(["TRUE", "FALSE"], n),
            "zip": rng.choice(["01067", "10115", "80331"], n),
            "same": "x",
        }
    )
    frame.loc[rng.random(n) < 0.2, ["euro", "zip"]] = ""
    frame.loc[rng.random(n) < 0.2, "at"] = ""
    frame.to_csv(tmp_path / "t.csv", index=False, sep=";")
    model = fitted(tmp_path / "t.csv")
    assert [c.type for c in model.schema_.columns[1:5]] == ["numeric", "numeric", "datetime", "boolean"]
    made = pa.concat_tables(model.sample_chunks(500, random_state=1)).to_pandas().fillna("")
    assert list(made.columns) == list(frame.columns)
    seen = ["euro", "rate", "at", "ok", "zip"]
    assert set(made[seen].itertuples(index=False, name=None)) <= set(frame[seen].itertuples(index=False, name=None))
    assert (made.same == "x").all()
    assert not set(made.mail) & set(frame.mail)


def test_types_of_a_frame_come_back(stand_in: Path) -> None:
    frame = accounts(300)
    frame["joined"] = pd.to_datetime(frame.created_at).dt.tz_localize("Europe/Berlin", ambiguous=True)
    frame["level"] = pd.Categorical(np.where(frame.posts > 40, "high", "low"), ["low", "high"], ordered=True)
    rows = fitted(frame, "sdv:gaussian-copula").sample(80)
    pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    seen = ["created_at", "joined", "plan", "plan_code", "followers", "score", "level", "is_bot"]
    known = set(frame[seen].astype(str).itertuples(index=False, name=None))
    assert set(rows[seen].astype(str).itertuples(index=False, name=None)) <= known


def test_sdv_is_told_what_the_schema_says_and_nothing_of_identifiers(stand_in: Path) -> None:
    model = fitted(accounts(200), columns={"followers": {"type": "categorical"}, "posts": {"type": "drop"}})
    assert isinstance(model.model_, SdvModel)
    told = {
        name: c["sdtype"] for name, c in model.model_.fitted.metadata.described["tables"]["table"]["columns"].items()
    }
    assert told == {
        "created_at": "datetime",
        "plan": "categorical",
        "plan_code": told["plan_code"],
        "followers": "categorical",
        "days": "numerical",
        "posts_per_day": "numerical",
        "score": "numerical",
        "is_bot": "categorical",
    }
    assert model.model_.fitted.options == {"enable_gpu": False}
    assert "posts" not in next(model.sample_chunks(5)).column_names


def test_a_date_that_64_bits_of_nanoseconds_cannot_hold_is_named(stand_in: Path) -> None:
    frame = pd.DataFrame({"day": [f"{1400 + i}-01-02" for i in range(99)], "n": range(99)})
    with pytest.raises(DataError, match="column 'day': dates outside the years 1678 to 2262"):
        fitted(frame)


# ---------------------------------------------------------------- seeds
def test_a_seed_decides_the_rows_and_the_callers_generators_are_left_alone(stand_in: Path) -> None:
    frame = accounts(200)
    np.random.seed(3)  # noqa: NPY002 - the generator that SDV draws from
    random.seed(3)
    torch.manual_seed(3)
    before = np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist()  # noqa: NPY002
    model = fitted(frame)
    rows = model.sample(50, random_state=7)
    after = np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist()  # noqa: NPY002
    assert before == after
    np.random.seed(4)  # noqa: NPY002
    random.seed(4)
    torch.manual_seed(4)
    again = fitted(frame)
    pd.testing.assert_frame_equal(again.sample(50, random_state=7), rows)
    assert again.model_.fitted.weight != fitted(frame, random_state=1).model_.fitted.weight


def test_rows_do_not_hang_on_what_was_drawn_before(stand_in: Path) -> None:
    model = fitted(accounts(200), "sdv:tvae")
    n = BLOCK_ROWS + 10
    rows = model.sample(n, random_state=1)
    model.sample(3, random_state=9)
    one, other = model.sample_chunks(n, random_state=1), model.sample_chunks(n, random_state=2)
    first, second = next(one), next(other)
    assert first.equals(pa.concat_tables(model.sample_chunks(n, random_state=1)))
    assert not first.equals(second)
    pd.testing.assert_frame_equal(model.sample(n, random_state=1), rows)


def test_two_seeds_share_about_half_of_their_rows(stand_in: Path) -> None:
    model = fitted(pd.DataFrame({"x": np.random.default_rng(0).random(50_000)}))
    one, two = (set(model.sample(BLOCK_ROWS, random_state=seed).x) for seed in (1, 2))
    drawn = model.model_.fitted.frame.x.nunique()
    by_chance = BLOCK_ROWS / drawn  # the stand-in draws from so many rows
    assert len(one & two) / len(one) == pytest.approx(0.5 + 0.5 * by_chance, abs=0.04)  # five standard errors


# ---------------------------------------------------------------- commands
def test_run_leaves_table_and_report_without_a_model(stand_in: Path, command: Command) -> None:
    accounts(150).to_csv("users.csv", index=False)
    result = command("run", "users.csv", "--model", "sdv:gaussian-copula", "--target", "is_bot", "--minutes", "2")
    assert result.exit_code == 0, result.output
    made = sorted(path.name for path in Path("users.synthgen").iterdir())
    assert made == ["metrics.json", "report.html", "synthetic.csv"]
    said = " ".join(result.stdout.split())
    assert "there is no model to sample from later: 'sdv:gaussian-copula' is not saved" in said
    assert "'sdv:gaussian-copula' trains as long as SDV does" in said
    assert "not private" in said
    assert "synthgen sample" not in said
    assert "fun" not in said
    table, rows = pd.read_csv("users.csv"), pd.read_csv("users.synthgen/synthetic.csv")
    assert len(rows) == len(table)
    assert list(rows) == list(table)


def test_a_model_that_is_there_is_not_joined_by_the_table_of_another(stand_in: Path, command: Command) -> None:
    accounts(100).to_csv("users.csv", index=False)
    assert command("run", "users.csv", "--model", "independent", "--out", "out", "-q").exit_code == 0
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    result = command("run", "users.csv", "--model", "sdv:ctgan", "--out", "out")
    assert result.exit_code == 2
    assert "holds a model" in result.stderr
    assert {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} == before
    resumed = command("run", "users.csv", "--model", "sdv:ctgan", "--out", "new", "--resume")
    assert resumed.exit_code == 2
    assert "Leave --resume out" in resumed.stderr
    rows = command("run", "users.csv", "--model", "resample", "--out", "new")
    assert rows.exit_code == 2
    assert "holds the training rows" in rows.stderr
    assert not Path("new").exists()


def test_compare_says_which_models_minutes_do_not_hold(stand_in: Path, command: Command) -> None:
    accounts(300).to_csv("users.csv", index=False)
    result = command(
        "compare", "users.csv", "--models", "independent,sdv:ctgan,sdv:tvae", "--minutes", "1", "--target", "is_bot"
    )
    assert result.exit_code == 0, result.output
    found = json.loads(Path("users.compare/comparison.json").read_text())
    assert [(entry["model"], entry["error"]) for entry in found["entries"]] == [
        ("independent", ""),
        ("sdv:ctgan", ""),
        ("sdv:tvae", ""),
    ]
    page = Path("users.compare/comparison.md").read_text()
    assert "at most 1 minutes of training each (not sdv:ctgan, sdv:tvae: SDV's have no limit)" in page
    assert "| sdv:ctgan |" in page
    assert "sdv:ctgan: not private, keeps every category" in page
