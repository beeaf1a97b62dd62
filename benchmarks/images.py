#!/usr/bin/env python3
"""Handwritten digits: fit, draw, and judge by a small classifier of real digits; writes images.md and images.png.

    python benchmarks/images.py --data shared/data/mnist      # all of it, on one thread

The folder holds the four files of MNIST. The classifier learns the training digits and is used here only.

Letters: N pictures, D pixels, F features.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from synthgen.pictures.idx import read_idx
from synthgen.pictures.writing import contact_sheet
from synthgen.seeding import derived_seed
from synthgen.synthesizers.pictures import ImageSynthesizer
from synthgen.training.pictures import frechet

HERE = Path(__file__).parent
TRAIN, TEST = "train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"
PER_DIGIT, COMPARED = 1_000, 10_000
EPOCHS, BATCH, RATE = 2, 128, 4e-3
"""Of the classifier: enough for 99 % on the test digits."""
READ_BAR = 0.97


class Reader(nn.Module):
    """A small classifier of digits; what its last hidden layer sees are the features."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(576, 64), nn.ReLU())
        self.out = nn.Sequential(nn.Dropout(0.3), nn.Linear(64, 10))

    def forward(self, pixels: Tensor) -> Tensor:
        scores: Tensor = self.out(self.body(pixels))
        return scores

    @torch.no_grad()
    def read(self, pictures: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Digits, and features ``(N, F)``, of bytes ``(N, 28, 28)``."""
        self.eval()
        seen = torch.cat([self.body(as_numbers(pictures[at : at + 500])) for at in range(0, len(pictures), 500)])
        return np.asarray(self.out(seen).argmax(1)), seen


def as_numbers(pictures: np.ndarray) -> Tensor:
    """Bytes as numbers from -1 to 1."""
    return torch.from_numpy(pictures.copy())[:, None].float() / 127.5 - 1


def trained_reader(pictures: np.ndarray, digits: np.ndarray, seed: int, epochs: int = EPOCHS) -> Reader:
    """The classifier, after some passes over real digits."""
    torch.manual_seed(derived_seed(seed, "reader"))
    reader, steps = Reader(), epochs * len(pictures) // BATCH
    optimizer = torch.optim.AdamW(reader.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    wanted = torch.from_numpy(digits.astype(np.int64))
    for _ in range(steps):
        batch = torch.randint(len(pictures), (BATCH,))
        loss = F.cross_entropy(reader(as_numbers(pictures[batch.numpy()])), wanted[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return reader


def kept_reader(pictures: np.ndarray, digits: np.ndarray, seed: int, work: Path) -> Reader:
    """The classifier; one that was kept is not trained again."""
    file = work / "reader.safetensors"
    if not file.exists():
        save_file(trained_reader(pictures, digits, seed).state_dict(), file)
    reader = Reader()
    reader.load_state_dict(load_file(file))
    return reader


def nearest(pictures: np.ndarray, real: np.ndarray) -> np.ndarray:
    """The Euclidean distance of each picture to the nearest real one, in units of one pixel from black to white."""
    a_ND, b_ND = (torch.from_numpy(x.reshape(len(x), -1).astype(np.float32)) / 255 for x in (pictures, real))
    squares = b_ND.square().sum(1)
    parts = [
        (part.square().sum(1, keepdim=True) - 2 * part @ b_ND.T + squares).min(1).values.clamp_min(0).sqrt()
        for part in a_ND.split(250)
    ]
    return np.asarray(torch.cat(parts))


def kept_model(data: Path, seed: int, work: Path) -> tuple[ImageSynthesizer, str]:
    """A model of the training digits, and what it cost; one that was kept is not fitted again."""
    run, cost = work / "run", work / "cost.txt"
    if not run.exists():
        wall, cpu = time.perf_counter(), time.process_time()
        model = ImageSynthesizer(random_state=seed).fit(data / TRAIN)
        took = f"{time.process_time() - cpu:,.0f} s of one core ({time.perf_counter() - wall:,.0f} s by the clock)"
        model.save(run)
        cost.write_text(took, encoding="utf-8")
    return ImageSynthesizer.load(run), cost.read_text(encoding="utf-8")


def judged(model: ImageSynthesizer, data: Path, seed: int, work: Path) -> dict[str, Any]:
    """All figures, and the pictures to show."""
    real, digits = read_idx(data / TRAIN), read_idx(data / TRAIN.replace("images-idx3", "labels-idx1"))
    test, test_digits = read_idx(data / TEST), read_idx(data / TEST.replace("images-idx3", "labels-idx1"))
    reader = kept_reader(real, digits, seed, work)
    read_test, test_seen = reader.read(test)
    asked = {digit: model.sample(PER_DIGIT, where={"label": digit}, random_state=1)[0] for digit in range(10)}
    drawn, labels = model.sample(COMPARED, random_state=2)
    assert labels is not None
    drawn_read, drawn_seen = reader.read(drawn)
    _, real_seen = reader.read(real[:COMPARED])
    made_near, test_near = nearest(drawn[:PER_DIGIT], real), nearest(test[:PER_DIGIT], real)
    return {
        "reader": float((read_test == test_digits).mean()),
        "by_digit": {digit: float((reader.read(made)[0] == digit).mean()) for digit, made in asked.items()},
        "by_digit_real": {digit: float((read_test[test_digits == digit] == digit).mean()) for digit in range(10)},
        "agreed": float((drawn_read == labels.astype(int)).mean()),
        "shares": np.bincount(drawn_read, minlength=10) / len(drawn),
        "real_shares": np.bincount(digits, minlength=10) / len(digits),
        "distance": frechet(drawn_seen, test_seen),
        "distance_real": frechet(real_seen, test_seen),
        "near": made_near,
        "near_real": test_near,
        "different": len(np.unique(drawn.reshape(len(drawn), -1), axis=0)),
        "shown": {str(digit): list(made[:10, :, :, None]) for digit, made in asked.items()},
    }


def page(model: ImageSynthesizer, cost: str, found: dict[str, Any]) -> str:
    """images.md."""
    training = model.facts_["training"]
    read, close = np.mean(list(found["by_digit"].values())), np.quantile(found["near_real"], 0.01)
    middle = {name: np.median(found[name]) for name in ("near", "near_real")}
    copies = {name: 100 * (found[name] < close).mean() for name in ("near", "near_real")}
    low = {name: found[name].min() for name in ("near", "near_real")}
    lines = [
        "# Pictures: handwritten digits",
        "",
        "Written by `python benchmarks/images.py`. "
        f"{platform.machine()}, one thread, no GPU; torch {torch.__version__}.",
        "",
        "MNIST (60,000 digits of 28 x 28 pixels), learned by `synthgen fit train-images-idx3-ubyte.gz --model image` "
        f"with default settings: {training['steps']:,} steps of {training['batch_rows']} ({training['loss']} loss, "
        f"{training['parameters']:,} weights in the generator, best at step {training['best_step']:,}), {cost}; the "
        "noise is not truncated.",
        "",
        "The judge is a small classifier that learned the real training digits; of the 10,000 test digits it reads "
        f"{100 * found['reader']:.2f} %.",
        "",
        "| figure | generated | real test digits |",
        "|---|---|---|",
        f"| read as the digit asked for, {PER_DIGIT:,} of each, % (bar: {100 * READ_BAR:.0f}) | **{100 * read:.2f}** | "
        f"{100 * found['reader']:.2f} |",
        f"| the worst digit, % | {100 * min(found['by_digit'].values()):.1f} | "
        f"{100 * min(found['by_digit_real'].values()):.1f} |",
        f"| read as their label, {COMPARED:,} without a condition, % | {100 * found['agreed']:.2f} | |",
        f"| classes present, of 10 | {(found['shares'] > 0.01).sum()} | 10 |",
        "| largest difference of a class's share from the training digits', % | "
        f"{100 * np.abs(found['shares'] - found['real_shares']).max():.2f} | |",
        f"| different pictures, of {COMPARED:,} | {found['different']:,} | |",
        f"| Frechet distance to the test digits in the classifier's features, {COMPARED:,} each "
        f"(real: training digits) | {found['distance']:.2f} | {found['distance_real']:.2f} |",
        f"| distance to the nearest training digit, median of {PER_DIGIT:,} | {middle['near']:.2f} | "
        f"{middle['near_real']:.2f} |",
        f"| the smallest one | {low['near']:.2f} | {low['near_real']:.2f} |",
        f"| nearer than {close:.2f}, where the nearest hundredth of real test digits is, % | {copies['near']:.1f} | "
        f"{copies['near_real']:.1f} |",
        "",
        "Distances are Euclidean, a pixel from black to white counting 1. A copy would lie at 0.",
        "",
        "| digit | " + " | ".join(str(digit) for digit in range(10)) + " |",
        "|---|" + "---|" * 10,
        "| read, generated % | " + " | ".join(f"{100 * v:.1f}" for v in found["by_digit"].values()) + " |",
        "| read, real % | " + " | ".join(f"{100 * v:.1f}" for v in found["by_digit_real"].values()) + " |",
        "",
        "The first ten of each, none chosen:",
        "",
        "![generated digits](images.png)",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit, draw, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MNIST", "mnist")), help="folder of MNIST")
    parser.add_argument(
        "--work", type=Path, default=HERE / ".work" / "images", help="keeps the model and the classifier"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of images.md and images.png")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    model, cost = kept_model(given.data, given.seed, given.work)
    print(time.strftime("%H:%M:%S"), "fitted,", cost, flush=True)
    found = judged(model, given.data, given.seed, given.work)
    (given.out / "images.md").write_text(page(model, cost, found), encoding="utf-8")
    sheet = contact_sheet(found["shown"]).convert("L").quantize(16, dither=Image.Dither.NONE)
    sheet.save(given.out / "images.png", optimize=True)
    print(time.strftime("%H:%M:%S"), "judged", {k: v for k, v in found.items() if isinstance(v, float)}, flush=True)


if __name__ == "__main__":
    main()
