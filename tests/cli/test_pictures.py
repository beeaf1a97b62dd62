"""``fit --model image`` and ``sample`` of pictures on the command line."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Invoke
from tests.made import accounts, shapes

CONFIG = "adversarial = { max_steps = 6, batch_rows = 8, evaluate_every = 3 }\nimage = { channels = 16 }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pictures in a folder for each label, and settings for a short run."""
    for number, (pixels, name) in enumerate(zip(*shapes(60), strict=True)):
        (tmp_path / "shapes" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "shapes" / name / f"{number}.png")
    (tmp_path / "quick.toml").write_text(CONFIG)
    return tmp_path / "shapes"


def fit(invoke: Invoke, data: Path, *flags: object) -> None:
    result = invoke("fit", data, "--model", "image", "--out", "run", "--config", "quick.toml", *flags)
    assert result.exit_code == 0, result.output


def test_pictures_are_fitted_and_sampled_into_a_folder(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    fit(invoke, folder)
    result = invoke("sample", "run", "--where", "label=disc", "--rows", 5, "--out", "discs")
    assert result.exit_code == 0, result.output
    assert "5 pictures" in result.output
    names = [f"00000{n}_disc.png" for n in range(1, 6)]
    assert sorted(p.name for p in (tmp_path / "discs").iterdir()) == [*names, "contact_sheet.png", "labels.csv"]
    with Image.open(tmp_path / "discs" / names[0]) as image:
        assert (image.size, image.mode) == ((16, 16), "L")
    rows = list(csv.DictReader((tmp_path / "discs" / "labels.csv").read_text().splitlines()))
    assert rows == [{"file": name, "label": "disc"} for name in names]
    invoke("sample", "run", "--where", "label=disc", "--rows", 5, "--out", "again")
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "discs" / name).read_bytes()
    invoke("sample", "run", "--rows", 40, "--out", "mixed")
    assert len({p.name.split("_")[1] for p in (tmp_path / "mixed").glob("0*.png")}) > 1


def test_an_idx_file_is_fitted(invoke: Invoke, folder: Path, tmp_path: Path) -> None:
    pixels, names = shapes(60)
    head = struct.pack(">4B3I", 0, 0, 8, 3, 60, 16, 16)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(head + pixels[..., 0].tobytes())
    numbers = bytes(["bar", "disc", "frame"].index(name) for name in names)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 60) + numbers)
    fit(invoke, tmp_path / "train-images-idx3-ubyte")
    assert invoke("sample", "run", "--where", "label=2", "--rows", 2, "--out", "two").exit_code == 0


@pytest.mark.parametrize(
    ("flags", "pattern"),
    [
        (["--where", "label=disk", "--out", "x"], "no label 'disk'; did you mean 'disc'?"),
        (["--output", "x.csv"], "holds a model of pictures; --output is for tables. Name a folder: --out FOLDER"),
        ([], "holds a model of pictures; --out is missing. Name a folder: --out FOLDER"),
        (["--out", "shapes"], "holds 'bar', which is not a sampled picture; nothing was overwritten"),
    ],
)
def test_what_cannot_be_sampled_from_pictures_is_one_sentence(
    invoke: Invoke, folder: Path, tmp_path: Path, flags: list[str], pattern: str
) -> None:
    fit(invoke, folder, "-q")
    result = invoke("sample", "run", "--rows", 3, *flags)
    assert result.exit_code == 2
    assert pattern in result.output
    assert len(result.output.strip().splitlines()) == 1 or "-q" not in flags
    assert not (tmp_path / "x").exists()


def test_a_table_refuses_what_is_for_pictures(invoke: Invoke, tmp_path: Path) -> None:
    accounts(60).to_csv("users.csv", index=False)
    invoke("fit", "users.csv", "--model", "independent", "--out", "run", "-q")
    for flags, said in (
        (["--where", "plan=free", "--output", "x.csv"], "fit with model 'gan', which can"),
        (["--out", "x"], "--out is for pictures. Name a file: --output FILE"),
        ([], "--output is missing. Name a file"),
    ):
        result = invoke("sample", "run", "--rows", 3, "-q", *flags)
        assert result.exit_code == 2
        assert said in result.output
    assert invoke("sample", "run", "--rows", 3, "--output", "x.csv", "-q").exit_code == 0


@pytest.mark.parametrize(
    ("command", "pattern"),
    [
        (["fit", "shapes", "--model", "image", "--out", "run", "--target", "label"], "--target: is for tables"),
        (["fit", "shapes", "--model", "image", "--out", "run", "--resume"], "--resume: is for tables"),
        (["fit", "nowhere", "--model", "image", "--out", "run"], "nowhere: no such file or folder"),
        (["fit", "empty", "--model", "image", "--out", "run"], "no pictures; PNG or JPEG files were expected"),
        (["fit", "few", "--model", "image", "--out", "run"], "5 pictures; expected at least 32"),
        (["run", "shapes", "--model", "image"], "'image' learns pictures; use synthgen fit PICTURES --model image"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(
    invoke: Invoke, folder: Path, tmp_path: Path, command: list[str], pattern: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "few").mkdir()
    for number in range(5):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "few" / f"{number}.png")
    result = invoke(*command)
    assert result.exit_code == 2
    assert pattern in result.output
    assert not (tmp_path / "run").exists()
