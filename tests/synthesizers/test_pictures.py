"""Pictures from end to end: the label asked for is the label drawn, at true shares, saved without a picture."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import synthgen
from synthgen import ImageSynthesizer
from synthgen.errors import ConfigError
from synthgen.training.pictures import CHUNK
from tests.made import shapes

MNIST = Path(__file__).parents[2] / ".." / "shared" / "data" / "mnist"
QUICK = {
    "max_steps": 160,
    "evaluate_every": 40,
    "batch_rows": 32,
    "generator_rate": 2e-3,
    "critic_rate": 2e-3,
    "average": 0.98,
}
SMALL = {"max_steps": 4, "batch_rows": 8}
PIXELS, NAMES = shapes(600)


@pytest.fixture(scope="module")
def fitted() -> ImageSynthesizer:
    return ImageSynthesizer(image={"channels": 16}, adversarial=QUICK).fit(PIXELS[..., 0], NAMES)


@pytest.fixture(scope="module")
def reader() -> LogisticRegression:
    """Tells real shapes apart."""
    reader = LogisticRegression(max_iter=2_000).fit(PIXELS[..., 0].reshape(600, -1) / 255, NAMES)
    fresh, names = shapes(500, seed=1)
    assert reader.score(fresh[..., 0].reshape(500, -1) / 255, names) > 0.98
    return reader


@pytest.mark.parametrize("label", ["bar", "disc", "frame"])
def test_the_label_asked_for_is_the_label_drawn(
    fitted: ImageSynthesizer, reader: LogisticRegression, label: str
) -> None:
    pixels, labels = fitted.sample(100, where={"label": label})
    assert pixels.shape == (100, 16, 16)
    assert pixels.dtype == np.uint8
    assert labels is not None
    assert set(labels) == {label}
    assert (reader.predict(pixels.reshape(100, -1) / 255) == label).mean() >= 0.9


def test_labels_come_at_their_true_shares(fitted: ImageSynthesizer) -> None:
    _, labels = fitted.sample(4_000)
    _, two = fitted.sample(4_000, where="label=bar|frame")
    assert labels is not None
    assert two is not None
    for found, of in ((labels, NAMES), (two, [name for name in NAMES if name != "disc"])):
        for name in set(of):
            assert (found == name).mean() == pytest.approx(of.count(name) / len(of), abs=0.032)  # four standard errors


def test_pictures_are_varied_and_none_is_a_copy(fitted: ImageSynthesizer) -> None:
    pixels, _ = fitted.sample(100, where="label=disc")
    real = PIXELS[..., 0].reshape(600, -1).astype(float)
    made = pixels.reshape(100, -1).astype(float)
    assert len(np.unique(made, axis=0)) == 100
    assert np.abs(made[:, None] - real[None]).mean(2).min() > 0.2


def test_a_seed_decides_the_pictures_and_more_of_them_begin_with_these(fitted: ImageSynthesizer) -> None:
    few, names = fitted.sample(7, random_state=3)
    many, more_names = fitted.sample(CHUNK + 9, random_state=3)
    assert names is not None
    assert more_names is not None
    assert np.array_equal(few, many[:7])
    assert names.tolist() == more_names[:7].tolist()
    assert not np.array_equal(few, fitted.sample(7)[0])
    assert len(fitted.sample(0)[0]) == 0


def test_a_run_is_saved_without_a_picture_and_draws_the_same(fitted: ImageSynthesizer, tmp_path: Path) -> None:
    fitted.save(tmp_path / "run")
    again = ImageSynthesizer.load(tmp_path / "run")
    assert np.array_equal(again.sample(20, "label=bar")[0], fitted.sample(20, "label=bar")[0])
    assert again.labels_ == ("bar", "disc", "frame")
    weights = (tmp_path / "run" / "weights.safetensors").stat().st_size
    assert weights < 4 * fitted.facts_["training"]["parameters"] + 10_000
    codec = json.loads((tmp_path / "run" / "codec.json").read_text())
    assert set(codec) == {"labels", "shares"}
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert {"step", "generator_loss", "critic_loss", "critic_auc", "quality"} <= set(history[-1])
    with pytest.raises(synthgen.ConfigError, match=r"synthgen\.ImageSynthesizer"):
        synthgen.load(tmp_path / "run")


def test_equal_seeds_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        model = ImageSynthesizer(random_state=seed, adversarial=SMALL).fit(PIXELS[:64], NAMES[:64])
        model.save(tmp_path / name)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("a", "c")]
    assert weights[0] != weights[1]


def test_colour_and_pictures_without_labels_work() -> None:
    pixels, _ = shapes(64, colours={"bar": (255, 0, 0), "disc": (0, 255, 0), "frame": (0, 0, 255)})
    model = ImageSynthesizer(adversarial=SMALL).fit(pixels)
    made, labels = model.sample(3)
    assert made.shape == (3, 16, 16, 3)
    assert labels is None
    with pytest.raises(synthgen.ConditionError, match="were learned without labels"):
        model.sample(3, "label=bar")


def test_the_page_about_a_run_walks_through_its_noise(fitted: ImageSynthesizer, tmp_path: Path) -> None:
    fitted.save(tmp_path / "run")
    found = synthgen.inspect_run(tmp_path / "run", tmp_path / "page.html")
    walk = next(part for part in found["parts"] if part["key"] == "walk")
    assert len(walk["pictures"]) > 2
    assert "data:image/png" in (tmp_path / "page.html").read_text()
    ends = fitted.walk(5, seed=0).pictures
    assert ends is not None
    assert not np.array_equal(ends[0], ends[-1])
    with pytest.raises(ConfigError, match="scores no rows"):
        synthgen.inspect_run(tmp_path / "run", rows=tmp_path / "x.csv")


def test_truncated_noise_is_less_varied(fitted: ImageSynthesizer) -> None:
    tight = clone(fitted).set_params(image={"channels": 16, "truncation": 0.3})
    tight.network_, tight.labels_, tight.shares_ = fitted.network_, fitted.labels_, fitted.shares_
    tight.facts_ = fitted.facts_
    tight.config_ = {**fitted.config_, "image": {"channels": 16, "truncation": 0.3}}
    spread = [model.sample(100, "label=frame")[0].astype(float).std(0).mean() for model in (fitted, tight)]
    assert spread[1] < 0.8 * spread[0]


def test_sampling_before_fitting_and_a_tables_run_are_refused(tmp_path: Path) -> None:
    import pandas as pd

    with pytest.raises(synthgen.NotFittedError, match="not fitted"):
        ImageSynthesizer().sample(1)
    frame = pd.DataFrame({"plan": ["free", "paid"] * 20})
    synthgen.Synthesizer(model="independent").fit(frame).save(tmp_path / "table")
    with pytest.raises(synthgen.RunError, match="holds a model of a table, 'independent'"):
        ImageSynthesizer.load(tmp_path / "table")
    with pytest.raises(synthgen.ConfigError, match=r"'image' learns pictures; .* synthgen\.ImageSynthesizer"):
        synthgen.Synthesizer(model="image").fit(frame)


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.exists(), reason="the MNIST files are not here")
def test_mnist_digits_are_read_as_what_was_asked_for() -> None:
    """Eight hundred steps, minutes of one core; what a whole run reaches is in benchmarks/images.md."""
    real = np.frombuffer(gzip.decompress((MNIST / "t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    names = np.frombuffer(gzip.decompress((MNIST / "t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    reader = LogisticRegression(max_iter=200).fit(real.reshape(-1, 784)[:5_000] / 255, names[:5_000])
    model = ImageSynthesizer(adversarial={"max_steps": 800}).fit(MNIST / "train-images-idx3-ubyte.gz")
    for digit in range(10):
        pixels, _ = model.sample(100, where={"label": digit})
        assert (reader.predict(pixels.reshape(100, -1) / 255) == digit).mean() > 0.7
