"""A table with a column of pictures: new pictures that fit their rows, and nothing of the real ones."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

import synthgen
from synthgen.cli.main import main
from synthgen.errors import ConfigError, DataError
from synthgen.table.files import read_table
from tests.made import shapes

ROWS = 200
COLOURS = {"bar": (230, 40, 40), "disc": (40, 200, 60), "frame": (60, 80, 240)}
TYPES = {"bar": "personal", "disc": "shop", "frame": "press"}
SETTINGS = """
training = { max_steps = 120, evaluate_every = 60 }
image.channels = 16
[image.adversarial]
max_steps = 240
evaluate_every = 80
batch_rows = 32
generator_rate = 2e-3
critic_rate = 2e-3
average = 0.98
"""


def accounts_with_avatars(folder: Path) -> pd.DataFrame:
    """Accounts of three types; a red bar, a green disc or a blue frame shows which, and a tenth have no avatar."""
    rng = np.random.default_rng(0)
    pixels, names = shapes(ROWS, colours=COLOURS)
    (folder / "avatars").mkdir()
    paths: list[str | None] = []
    for number, picture in enumerate(pixels):
        paths.append(f"avatars/user{number}.png" if number % 10 else None)
        if paths[-1] is not None:
            Image.fromarray(picture).save(folder / paths[-1])
    return pd.DataFrame(
        {
            "type": [TYPES[name] for name in names],
            "followers": np.round(rng.lognormal(4, 1, ROWS)).astype(int),
            "avatar": paths,
            "verified": rng.random(ROWS) < 0.3,
        }
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("avatars")
    accounts_with_avatars(folder).to_csv(folder / "accounts.csv", index=False)
    (folder / "quick.toml").write_text(SETTINGS)
    words = ["run", str(folder / "accounts.csv"), "--out", str(folder / "out"), "-q"]
    result = CliRunner().invoke(main, [*words, "--config", str(folder / "quick.toml")])
    assert result.exit_code == 0, result.output
    return folder


def pictures_of(rows: pd.DataFrame, folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(folder / path).convert("RGB")) for path in rows.avatar])


def test_every_path_leads_to_a_new_picture_in_the_colour_of_its_row(done: Path) -> None:
    made = pd.read_csv(done / "out" / "synthetic.csv")
    assert 0.02 < made.avatar.isna().mean() < 0.25
    made = made.dropna()
    assert made.avatar.is_unique
    assert made.avatar.str.fullmatch(r"synthetic_avatar/\d{6}\.png").all()
    assert len(list((done / "out" / "synthetic_avatar").iterdir())) == len(made)
    pictures = pictures_of(made, done / "out")
    assert pictures.shape[1:] == (16, 16, 3)
    brightest = pictures.astype(float).sum((1, 2)).argmax(1)  # red, green or blue
    wanted = made.type.map({"personal": 0, "shop": 1, "press": 2}).to_numpy()
    assert (brightest == wanted).mean() >= 0.9
    real = np.stack([np.asarray(Image.open(p)) for p in (done / "avatars").iterdir()]).reshape(-1, 768).astype(float)
    near = np.abs(pictures.reshape(-1, 1, 768).astype(float) - real).mean(2).min(1)
    assert near.min() > 0.5


def test_the_report_finds_no_fault_with_the_column(done: Path) -> None:
    told = json.loads((done / "out" / "metrics.json").read_text())
    assert {column["name"]: column["type"] for column in told["columns"]}["avatar"] == "image"
    assert "avatar" not in json.dumps([told["verdicts"], told["notes"]])


def test_a_run_is_sampled_again_and_a_foreign_folder_is_kept(done: Path) -> None:
    words = ["sample", str(done / "out" / "run"), "--rows", "30", "-q", "--output"]
    for name in ("more.csv", "same.csv"):
        result = CliRunner().invoke(main, [*words, str(done / name)])
        assert result.exit_code == 0, result.output
    more = pd.read_csv(done / "more.csv")
    for path in more.avatar.dropna():
        same = path.replace("more_avatar", "same_avatar")
        assert (done / path).read_bytes() == (done / same).read_bytes()
    (done / "held_avatar").mkdir()
    (done / "held_avatar" / "thesis.doc").write_text("years of work")
    result = CliRunner().invoke(main, [*words, str(done / "held.csv")])
    assert result.exit_code == 2
    assert "holds 'thesis.doc', which is not a sampled picture" in result.output
    assert not (done / "held.csv").exists()


def test_the_run_folder_holds_no_path_and_the_bundle_holds_the_pictures(done: Path) -> None:
    for file in (done / "out" / "run").iterdir():
        assert b"avatars/" not in file.read_bytes(), file.name
    result = CliRunner().invoke(main, ["bundle", str(done / "out"), "--output", str(done / "all.zip"), "-q"])
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(done / "all.zip") as archive:
        names = set(archive.namelist())
        sums = archive.read("SHA256SUMS").decode()
    pictures = {f"synthetic_avatar/{p.name}" for p in (done / "out" / "synthetic_avatar").iterdir()}
    assert pictures < names
    assert all(name in sums for name in pictures)


def test_the_column_is_recognised_by_its_files_and_by_nothing_else(done: Path, tmp_path: Path) -> None:
    def kind(file: Path) -> str:
        from synthgen.config import RunConfig
        from synthgen.detecting import schema_of

        return schema_of(read_table(file), RunConfig(), None).column("avatar").type

    assert kind(done / "accounts.csv") == "image"
    (tmp_path / "accounts.csv").write_bytes((done / "accounts.csv").read_bytes())
    assert kind(tmp_path / "accounts.csv") != "image"


def test_from_memory_there_are_paths_alone_and_it_is_said(done: Path) -> None:
    frame = pd.read_csv(done / "accounts.csv")
    settings = {"model": "independent", "columns": {"avatar": {"type": "image"}}}
    model = synthgen.Synthesizer(**settings).fit(frame)
    assert any("the folder of the pictures is not known" in note for note in model.notes_)
    assert set(model.sample(5).avatar.dropna()) <= {f"pictures/{n:06d}.png" for n in range(1, 6)}


def test_a_missing_or_damaged_picture_and_too_few_of_them_are_named(tmp_path: Path) -> None:
    frame = accounts_with_avatars(tmp_path)
    frame.to_csv(tmp_path / "accounts.csv", index=False)
    model = synthgen.Synthesizer(model="independent", columns={"avatar": {"type": "image"}})
    (tmp_path / "avatars" / "user199.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"column 'avatar': .*user199\.png: cannot be read as a picture"):
        model.fit(tmp_path / "accounts.csv")
    (tmp_path / "avatars" / "user199.png").unlink()
    with pytest.raises(DataError, match=r"column 'avatar': .*user199\.png: no such file; a picture was expected"):
        model.fit(tmp_path / "accounts.csv")
    frame.head(30).to_csv(tmp_path / "accounts.csv", index=False)
    with pytest.raises(DataError, match=r"column 'avatar': 27 pictures; expected at least 32"):
        model.fit(tmp_path / "accounts.csv")


def test_a_model_without_tokens_says_that_it_makes_no_pictures(done: Path) -> None:
    from synthgen.synthesizers.base import Model
    from synthgen.synthesizers.resample import Resample
    from synthgen.synthesizers.synthesizer import _codec_for_pictures
    from synthgen.table.schema import ColumnSchema, Schema

    class Foreign(Resample):
        name = "foreign"
        exposes = ""

    schema = Schema(columns=[ColumnSchema(name="avatar", type="image")])
    model: Model = Foreign()
    with pytest.raises(ConfigError, match=r"'foreign' makes no pictures, and column 'avatar' holds some"):
        _codec_for_pictures(model, schema)
    assert _codec_for_pictures(Resample(), schema) is None
