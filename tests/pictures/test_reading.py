"""Pictures and labels from folders, CSV files and idx files; what cannot be read is one sentence."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthgen.errors import DataError
from synthgen.pictures.base import FEWEST, from_arrays, with_labels
from synthgen.pictures.files import LARGEST_SIDE
from synthgen.pictures.reading import read_pictures

GREY = np.arange(3 * 12 * 10, dtype=np.uint8).reshape(3, 12, 10)
"""Three different pictures, 10 pixels wide and 12 high."""


def save(file: Path, pixels: np.ndarray, **options: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file, **options)  # type: ignore[arg-type]
    return file


def idx(pixels: np.ndarray) -> bytes:
    return struct.pack(f">4B{pixels.ndim}I", 0, 0, 8, pixels.ndim, *pixels.shape) + pixels.tobytes()


def test_sub_folders_are_labels(tmp_path: Path) -> None:
    for number, name in enumerate(("cat/a.png", "cat/b.PNG", "dog/c.png")):
        save(tmp_path / name, GREY[number])
    (tmp_path / "cat" / "notes.txt").write_text("not a picture")
    (tmp_path / "cat" / "._a.png").write_text("left by another system")
    found = read_pictures(tmp_path)
    assert found.names == ("cat", "dog")
    assert found.labels_N is not None
    assert found.labels_N.tolist() == [0, 0, 1]
    assert np.array_equal(found.pixels_NHWK, GREY[..., None])
    assert found.shape == (1, 12, 10)


def test_a_csv_in_the_folder_gives_labels_and_stands_above_folders(tmp_path: Path) -> None:
    for number, name in enumerate(("x/a.png", "b.png", "c.png")):
        save(tmp_path / name, GREY[number])
    (tmp_path / "labels.csv").write_text("\ufeffFile,who,Label\nc.png,me,10\nx/a.png,you,9\nb.png,you,9\n", "utf-8")
    found = read_pictures(tmp_path)
    assert found.names == ("9", "10")
    assert found.labels_N is not None
    assert found.labels_N.tolist() == [1, 0, 0]
    assert np.array_equal(found.pixels_NHWK[..., 0], GREY[[2, 0, 1]])


def test_a_plain_folder_has_no_labels(tmp_path: Path) -> None:
    save(tmp_path / "a.png", GREY[0])
    assert read_pictures(tmp_path).labels_N is None


@pytest.mark.parametrize(("packed", "labels_packed"), [(True, False), (False, True)])
def test_idx_files_find_their_labels_packed_or_not(tmp_path: Path, packed: bool, labels_packed: bool) -> None:
    file = tmp_path / ("train-images-idx3-ubyte" + ".gz" * packed)
    file.write_bytes(gzip.compress(idx(GREY)) if packed else idx(GREY))
    labels = idx(np.array([7, 0, 7], np.uint8))
    beside = tmp_path / ("train-labels-idx1-ubyte" + ".gz" * labels_packed)
    beside.write_bytes(gzip.compress(labels) if labels_packed else labels)
    found = read_pictures(file)
    assert found.names == ("0", "7")
    assert found.labels_N is not None
    assert found.labels_N.tolist() == [1, 0, 1]
    assert np.array_equal(found.pixels_NHWK[..., 0], GREY)


def test_an_idx_file_without_labels_says_so(tmp_path: Path) -> None:
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx(GREY))
    found = read_pictures(tmp_path / "a-images-idx3-ubyte")
    assert found.labels_N is None
    assert "no labels: there is no a-labels-idx1-ubyte" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"\x89PNG....", r"begins with 89 50 4e 47; an idx file of bytes \(00 00 08 \.\.\) was expected"),
        (idx(GREY)[:-5], r"355 bytes of values; its sizes 3 x 12 x 10 ask for 360"),
        (idx(GREY) + b"\0", r"361 bytes of values"),
        (idx(GREY)[:9], r"ends within its first 16 bytes"),
        (b"\0\0\x0d\x01\0\0\0\0", r"holds values of type 0x0d; bytes \(0x08\) were expected"),
        (gzip.compress(idx(GREY))[:-20], r"cannot be read"),
        (idx(GREY[0, 0]), r"holds labels; pictures \(an idx3 file\) were expected"),
        (b"", r"begins with"),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, content: bytes, pattern: str) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=pattern):
        read_pictures(tmp_path / "train-images-idx3-ubyte")


def test_idx_labels_of_another_number_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a-images-idx3").write_bytes(idx(GREY))
    (tmp_path / "a-labels-idx1").write_bytes(idx(np.zeros(2, np.uint8)))
    with pytest.raises(DataError, match=r"a-labels-idx1: 2 labels for the 3 pictures of a-images-idx3"):
        read_pictures(tmp_path / "a-images-idx3")


def test_colour_is_kept_only_where_there_is_some(tmp_path: Path) -> None:
    save(tmp_path / "grey" / "a.png", np.repeat(GREY[0][..., None], 3, axis=2))
    assert read_pictures(tmp_path / "grey").shape == (1, 12, 10)
    red = np.zeros((12, 10, 3), np.uint8)
    red[..., 0] = 200
    save(tmp_path / "red" / "a.png", red)
    save(tmp_path / "red" / "b.png", GREY[0])
    assert np.array_equal(read_pictures(tmp_path / "red").pixels_NHWK[0], red)


def test_other_sizes_are_cut_and_resized_to_the_most_common_one_and_it_is_said(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", GREY[number])
    wide = np.zeros((24, 40), np.uint8)
    wide[:, 8:32] = 99  # the middle 20 of which have the proportions of the others
    save(tmp_path / "wide.png", wide)
    found = read_pictures(tmp_path)
    assert found.shape == (1, 12, 10)
    assert (found.pixels_NHWK[3] > 90).all()  # the black sides are gone
    assert "1 of 4 pictures are not 10 x 12 pixels like most" in found.notes[0]


def test_large_pictures_are_made_smaller_and_it_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a.png", np.full((200, 100), 50, np.uint8))
    found = read_pictures(tmp_path)
    assert found.shape == (1, LARGEST_SIDE, LARGEST_SIDE // 2)
    assert found.notes == ("pictures of 100 x 200 pixels are learned as 32 x 64",)
    assert read_pictures(tmp_path, side=20).shape == (1, 20, 10)


def test_jpeg_palettes_transparency_depth_and_turned_pictures_are_read(tmp_path: Path) -> None:
    flat = np.full((12, 10, 3), (10, 200, 90), np.uint8)
    save(tmp_path / "a.jpg", flat, quality=95)
    Image.fromarray(flat).convert("P").save(tmp_path / "b.png")
    clear = np.zeros((12, 10, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "c.png")
    Image.fromarray(np.full((12, 10), 40_000, np.uint16)).save(tmp_path / "d.png")
    turned = Image.Exif()
    turned[0x0112] = 6  # shown after a quarter turn
    Image.fromarray(np.full((10, 12, 3), 77, np.uint8)).save(tmp_path / "e.jpg", exif=turned)
    found = read_pictures(tmp_path)
    a, b, c, d, e = found.pixels_NHWK.astype(int)
    assert np.abs(a - flat).max() <= 6
    assert np.abs(b - flat).max() < 51  # the nearest of six shades
    assert (c == 255).all()
    assert (d == 40_000 >> 8).all()
    assert (e == 77).all()
    assert any("1 pictures have transparent parts, which were made white" in note for note in found.notes)
    assert not any("like most" in note for note in found.notes)


def test_damaged_pictures_are_named(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"b\.png: cannot be read as a picture; a whole PNG or JPEG file was expected"):
        read_pictures(tmp_path)
    (tmp_path / "b.png").write_text("<html>")
    with pytest.raises(DataError, match=r"b\.png: cannot be read as a picture"):
        read_pictures(tmp_path)


def test_only_png_and_jpeg_are_decoded_whatever_the_name_says(tmp_path: Path) -> None:
    Image.fromarray(GREY[0]).save(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: cannot be read as a picture"):
        read_pictures(tmp_path)


@pytest.mark.parametrize(
    ("rows", "pattern"),
    [
        ("file,label\nnone.png,x\n", r"labels\.csv: row 1 names 'none\.png', which is not there"),
        ("file,label\na.png,\n", r"labels\.csv: row 1 has no label; expected both"),
        ("file,label\n,x\n", r"labels\.csv: row 1 has no file; expected both"),
        ("file,label\n", r"labels\.csv: no rows"),
        ("file;label\nnone.png;x\n", r"row 1 names 'none\.png'"),
        ("", r"labels\.csv: no column for files and labels"),
        ("name,colour\na.png,x\n", r"labels\.csv: no column for files and labels; expected such as file,label"),
    ],
)
def test_a_csv_of_labels_that_does_not_fit_is_refused(tmp_path: Path, rows: str, pattern: str) -> None:
    save(tmp_path / "a.png", GREY[0])
    (tmp_path / "labels.csv").write_text(rows)
    with pytest.raises(DataError, match=pattern):
        read_pictures(tmp_path)


def test_a_file_that_is_no_csv_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a.png", GREY[0])
    (tmp_path / "labels.csv").write_bytes(b"file,label\na.png,\xff\xfe\n")
    with pytest.raises(DataError, match=r"labels\.csv: is no CSV in UTF-8"):
        read_pictures(tmp_path)


def test_folders_without_a_clear_meaning_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures; PNG or JPEG files were expected"):
        read_pictures(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"")
    with pytest.raises(DataError, match=r"holds idx files; name one of them, such as .*train-images-idx3-ubyte\.gz"):
        read_pictures(tmp_path)
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "cat" / "b.png", GREY[0])
    with pytest.raises(DataError, match=r"1 pictures beside sub-folders of pictures \(cat\)"):
        read_pictures(tmp_path)
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("file,label\na.png,x\n")
    with pytest.raises(DataError, match=r"several files of labels \(one\.csv, two\.csv\)"):
        read_pictures(tmp_path)
    with pytest.raises(DataError, match=r"did you mean 'one\.csv'"):
        read_pictures(tmp_path / "ones.csv")
    with pytest.raises(DataError, match="is neither a folder of pictures nor an idx file"):
        read_pictures(tmp_path / "one.csv")
    save(tmp_path / "tiny" / "a.png", GREY[0, :4, :4])
    with pytest.raises(DataError, match="most pictures are 4 x 4 pixels; at least 8"):
        read_pictures(tmp_path / "tiny")


def test_labels_that_few_hold_are_left_out_and_it_is_said() -> None:
    found = with_labels(np.zeros((12, 8, 8, 1), np.uint8), ["a"] * 5 + ["rare"] * 2 + ["z"] * 5, "x")
    left = found.with_common_labels(5)
    assert left.names == ("a", "z")
    assert left.labels_N is not None
    assert left.labels_N.tolist() == [0] * 5 + [1] * 5
    assert "2 pictures with a label that fewer than 5 pictures hold were left out" in left.notes[0]
    with pytest.raises(DataError, match="no label is held by 6 pictures"):
        found.with_common_labels(6)


def test_one_label_is_said_and_too_few_pictures_are_refused() -> None:
    assert "all pictures have the label 'a'" in with_labels(GREY[..., None], ["a"] * 3, "x").notes[0]
    with pytest.raises(DataError, match=f"x: 3 pictures; expected at least {FEWEST}"):
        with_labels(GREY[..., None], None, "x").checked()


@pytest.mark.parametrize("pixels", [np.zeros((2, 8, 8)), np.zeros((8, 8), np.uint8), np.zeros((2, 8, 8, 4), np.uint8)])
def test_arrays_that_are_no_pictures_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(N, H, W\) or \(N, H, W, 3\)"):
        from_arrays(pixels, None)
