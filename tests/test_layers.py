"""Which way imports point: a file imports from its own folder or from a lower row, never from a neighbour."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "synthgen"
ROWS = [  # lowest first; the same list from the top is the way a command runs
    {"errors", "locking", "replacing", "seeding", "storage", "toml"},
    {"table", "pictures"},
    {"columns", "graphs", "interactions", "layout"},
    {"campaigns", "codec"},
    {"conditions"},  # laid on a fitted codec
    {"nets"},
    {"losses", "dp"},  # a likelihood asks a network for its logits
    {"training"},
    {"texts"},
    {"metrics"},  # one of them trains a critic
    {"reporting"},
    {"config"},  # one model of all settings, each checked beside the class it configures
    {"detecting", "rows"},
    {"linked"},
    {"sources"},
    {"synthesizers"},
    {"evaluating", "bundling", "exporting", "inspecting", "judging"},
    {"pipeline"},
    {"auditing", "comparing", "farming", "imaging", "linking", "row_jobs", "world"},
    {"privately"},
    {"cli", "serve", "__main__"},
]
ROW = {part: number for number, row in enumerate(ROWS) for part in row}
BASE = ROWS[0]
"""Single files that all rows share; they may use one another."""
WITH_TORCH = ("nets/", "losses/", "dp/sgd.py", "training/", "synthesizers/", "texts/")
WITHOUT_TORCH = ("training/progress.py", "training/settings.py")
FILES = [f for f in sorted(PACKAGE.rglob("*.py")) if f != PACKAGE / "__init__.py"]


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            module = node.module or ""
            names = [f"synthgen.{a.name}" for a in node.names if a.name != "__version__"]
            yield from ((node.lineno, name) for name in (names if module == "synthgen" else [module]))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_point_down(file: Path) -> None:
    own = part_of(file)
    assert own in ROW, f"{own} is in no row of the layout"
    for line, name in imports(file):
        if not name.startswith("synthgen."):
            continue
        other = name.split(".")[1]
        assert other in ROW, f"{file}:{line}: {other} is in no row of the layout"
        allowed = other == own or own == "__main__" or ROW[other] < ROW[own] or {own, other} <= BASE
        assert allowed, f"{file}:{line}: {own} imports {other}, which is not below it"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_torch_stays_where_networks_are(file: Path) -> None:
    place = file.relative_to(PACKAGE).as_posix()
    if not place.startswith(WITH_TORCH) or place in WITHOUT_TORCH:
        found = [line for line, name in imports(file) if name.split(".")[0] == "torch"]
        assert not found, f"{file}:{found[0]}: imports torch"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_pickle_is_nowhere(file: Path) -> None:
    assert not {name.split(".")[0] for _, name in imports(file)} & {"pickle", "joblib", "marshal", "shelve", "dill"}
