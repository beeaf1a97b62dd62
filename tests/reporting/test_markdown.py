from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from synthgen.reporting.markdown import MOST_COLUMNS, write_markdown

Made = Callable[..., dict[str, Any]]


def test_every_figure_stands_beside_floor_interval_and_direction(made: Made) -> None:
    text = write_markdown(made())
    row = next(line for line in text.splitlines() if line.startswith("| Detector AUC"))
    assert row.split(" | ")[1:5] == ["0.541", "0.497", "0.519 to 0.564", "0.5 is ideal"]
    assert "**Is it private? ✗ No.**" in text
    assert "- What to do next: Do not share it; fit again with more rows." in text
    assert "| not measured |  |  |  | no cell is missing |" in text
    assert "| detector\\>0.52 | 0.541 | ✗ failed |" in text


def test_tables_have_as_many_cells_in_every_row(made: Made) -> None:
    table: list[str] = []
    for line in [*write_markdown(made()).splitlines(), ""]:
        if line.startswith("|"):
            table.append(line)
            continue
        assert len({row.replace("\\|", "").count("|") for row in table}) <= 1
        table = []


def test_names_from_the_data_stay_words(made: Made) -> None:
    text = write_markdown(made(name="<img src=x>|{}\n# big"))
    assert not re.search(r"(?<!\\)<", text)
    assert "\n# big" not in text
    assert "\\<img src=x\\>\\|0 \\# big" in text


def test_many_columns_are_cut_and_the_cut_is_said(made: Made) -> None:
    text = write_markdown(made(200))
    assert f"The {MOST_COLUMNS} furthest off of 200." in text
    assert len(text) < 30_000


def test_a_judgement_of_nothing_is_still_a_report(made: Made) -> None:
    nothing = made() | {"columns": [], "results": [], "verdicts": [], "notes": [], "gates": []}
    nothing["facts"] = {"versions": {}, "settings": {}, "data": {}, "cite": ""}
    assert write_markdown(nothing).count("Nothing was measured here.") == 4
