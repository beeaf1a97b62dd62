"""A folder of sampled pictures: whole or not at all, and never in the place of something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthgen.errors import ConditionError, DataError
from synthgen.pictures.asking import asked_labels
from synthgen.pictures.reading import read_pictures
from synthgen.pictures.writing import ACROSS, contact_sheet, write_pictures

PIXELS = np.random.default_rng(0).integers(0, 255, (6, 8, 8, 3), np.uint8)
LABELS = ["a", "b", "b", "a", "c/d", "b"]


def test_what_is_written_reads_back_with_its_labels(tmp_path: Path) -> None:
    assert write_pictures(tmp_path / "out", zip(PIXELS, LABELS, strict=True)) == 6
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names[:2] == ["000001_a.png", "000002_b.png"]
    assert names[4:] == ["000005_c-d.png", "000006_b.png", "contact_sheet.png", "labels.csv"]
    found = read_pictures(tmp_path / "out")
    assert found.labels_N is not None
    assert [found.names[k] for k in found.labels_N] == LABELS
    assert np.array_equal(found.pixels_NHWK, PIXELS)


def test_a_folder_of_sampled_pictures_is_replaced_and_any_other_kept(tmp_path: Path) -> None:
    write_pictures(tmp_path / "out", zip(PIXELS, LABELS, strict=True))
    write_pictures(tmp_path / "out", [(PIXELS[0], None)])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["000001.png", "contact_sheet.png", "labels.csv"]
    (tmp_path / "out" / "thesis.doc").write_text("years of work")
    with pytest.raises(
        DataError, match=r"holds 'thesis\.doc', which is not a sampled picture; nothing was overwritten"
    ):
        write_pictures(tmp_path / "out", [(PIXELS[0], None)])
    with pytest.raises(DataError, match="is a file; a folder for pictures was expected"):
        write_pictures(tmp_path / "out" / "thesis.doc", [])


def test_after_a_failure_the_old_pictures_are_there_and_nothing_else(tmp_path: Path) -> None:
    write_pictures(tmp_path / "out", zip(PIXELS, LABELS, strict=True))
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}

    def failing() -> Iterator[tuple[np.ndarray, None]]:
        yield PIXELS[0], None
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="cannot be written: No space left on device; what was there is untouched"):
        write_pictures(tmp_path / "out", failing())
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_no_pictures_are_an_empty_list(tmp_path: Path) -> None:
    assert write_pictures(tmp_path / "deep" / "out", []) == 0
    assert (tmp_path / "deep" / "out" / "labels.csv").read_text() == "file\n"


def test_the_contact_sheet_has_a_row_for_each_label_in_the_order_of_numbers() -> None:
    tiles = {label: [np.full((8, 8, 1), grey, np.uint8)] * 3 for label, grey in (("10", 50), ("9", 200))}
    sheet = np.asarray(contact_sheet(tiles).convert("L"))
    high = sheet.shape[0] // 2
    assert (sheet[:high] == 200).sum() == (sheet[high:] == 50).sum() == 3 * 56 * 56


def test_the_contact_sheet_without_labels_fills_rows() -> None:
    sheet = contact_sheet({"": [PIXELS[0]] * (ACROSS + 1)})
    assert isinstance(sheet, Image.Image)
    assert sheet.width > 10 * 56
    assert 2 * 56 < sheet.height < 3 * 56


@pytest.mark.parametrize(
    ("where", "pattern"),
    [
        ("label=caat", "no label 'caat'; did you mean 'cat'"),
        ("label=cat|x", "no label 'x'; there are: 'cat', 'dog'"),
        ("colour=red", "no column 'colour'; pictures have 'label' only"),
        ("label", "'label' is none; expected such as label=7"),
        ("label=", "is none"),
        ({"label": []}, "names no label"),
    ],
)
def test_a_condition_on_what_is_not_there_is_refused(where: object, pattern: str) -> None:
    with pytest.raises(ConditionError, match=pattern):
        asked_labels(where, ["cat", "dog"])  # type: ignore[arg-type]


def test_numbers_ask_as_texts_do_and_pictures_without_labels_have_no_condition() -> None:
    names = [str(digit) for digit in range(10)]
    assert asked_labels({"label": 7}, names) == asked_labels("label=7", names) == asked_labels({"label": ["7"]}, names)
    assert asked_labels("label = 8 | 7", names) == [7, 8]
    with pytest.raises(ConditionError, match="were learned without labels"):
        asked_labels("label=7", [])
