"""A line through the latent space: its ends, its steps, and what of it is shown."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
import pyarrow as pa
import pytest
import torch

import synthgen
from synthgen.inspecting.walking import png, walk_pictures, walk_table
from synthgen.nets.vae import MostLikelyVae
from synthgen.synthesizers.base import latent_line
from synthgen.synthesizers.vae import VaeModel
from tests.made import accounts


@pytest.fixture(scope="module")
def model() -> synthgen.Synthesizer:
    return synthgen.Synthesizer(model="vae", training={"max_steps": 40, "width": 16, "blocks": 1}).fit(accounts(300))


def test_points_lie_at_even_distances_between_two_normal_ones() -> None:
    line = latent_line(5, 3, seed=1)
    assert torch.allclose(line.diff(dim=0), (line[-1] - line[0]) / 4, atol=1e-6)
    assert torch.equal(line, latent_line(5, 3, seed=1))
    assert not torch.equal(line, latent_line(5, 3, seed=2))
    assert torch.equal(line[[0, -1]], latent_line(9, 3, seed=1)[[0, -1]])
    ends = torch.cat([latent_line(2, 500, seed=seed) for seed in range(5)])
    assert float(ends.std()) == pytest.approx(1, abs=0.05)


def test_a_walk_of_the_autoencoder_begins_and_ends_at_its_two_points(model: synthgen.Synthesizer) -> None:
    vae = model.model_
    assert isinstance(vae, VaeModel)
    assert vae.network is not None
    walk = vae.walk(6, seed=4)
    assert walk is not None
    assert walk.rows is not None
    assert walk.pictures is None
    assert walk.rows.num_rows == 6
    again = vae.codec.encode(walk.rows)
    ends = MostLikelyVae(vae.network).decode(latent_line(2, vae.network.latent, seed=4)).numpy()
    level = [s for s, slot in enumerate(vae.codec.layout().slots) if slot.level == 0]
    assert again[[0, -1]][:, level].tolist() == ends[:, level].tolist()
    assert walk.rows.equals(vae.walk(6, seed=4).rows)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["gan", "independent", "resample"])
def test_a_model_without_a_latent_space_has_no_walk(name: str) -> None:
    fitted = synthgen.Synthesizer(model=name, training={"max_steps": 20, "width": 8}).fit(accounts(100))
    assert fitted.model_.walk(5, 0) is None


def test_columns_that_change_come_first_and_long_fractions_are_short() -> None:
    rows = pa.table({"still": ["a"] * 3, "moving": [1, 2, 3], "long": ["0.123456789", "0.5", None]})
    chart = walk_table(rows)
    assert chart["headings"] == ["Column", "start", "2", "end"]
    assert chart["rows"] == [["moving", "1", "2", "3"], ["long", "0.1235", "0.5", "missing"], ["still", "a", "a", "a"]]
    assert chart["alt"].startswith("2 of 3 columns change")


def decoded(content: bytes) -> np.ndarray:
    """A second reader, that knows one way of writing pictures only."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    file, parts = io.BytesIO(content[8:]), {}
    while head := file.read(8):
        size, name = struct.unpack(">I4s", head)
        parts[name] = file.read(size)
        assert struct.unpack(">I", file.read(4))[0] == zlib.crc32(name + parts[name])
    assert list(parts) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, rest) == (8, [0, 0, 0])
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape((height, width, 3) if colour == 2 else (height, width))


@pytest.mark.parametrize("shape", [(5, 3), (4, 6, 3)])
def test_pictures_come_back_from_the_page_bit_for_bit(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert (decoded(png(picture)) == picture).all()
    small, other = walk_pictures(np.stack([picture, picture]))
    shown = decoded(base64.b64decode(small["source"].removeprefix("data:image/png;base64,")))
    times = len(shown) // len(picture)
    assert min(shown.shape[:2]) >= 56
    assert (shown[::times, ::times] == picture).all()
    assert other["alt"] == "Picture 2 of 2 along the line"
