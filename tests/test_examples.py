"""Every example runs, on few rows and for seconds."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.name)
def test_the_example_runs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    synthetic = runpy.run_path(str(file))["main"](rows=400, minutes=0.03)
    assert len(synthetic) >= 400
    assert capsys.readouterr().out
    assert len(file.read_text().splitlines()) < 60
