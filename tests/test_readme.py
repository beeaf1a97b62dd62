"""What the README shows, runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from synthgen.cli.main import main
from tests.graphs.planted import planted
from tests.made import accounts
from tests.networks import network

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_block_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocks = [code for language, code in BLOCKS if language == "python"]
    assert len(blocks) == 2
    assert len([line for line in blocks[0].splitlines() if line.strip()]) <= 10
    code = blocks[0].replace("minutes=1", "minutes=0.03").replace("examples/", f"{ROOT.as_posix()}/examples/")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def test_the_graph_block_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = [code for language, code in BLOCKS if language == "python"][1]
    assert len([line for line in code.splitlines() if line.strip()]) == 3
    graph, _ = planted(120, 2, 0.2, 0.05, back=0.3)
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"follower": graph.from_M, "followed": graph.to_M}).to_csv("follows.csv", index=False)
    pd.DataFrame({"id": range(120), "plan": "free"}).to_csv("users.csv", index=False)
    found: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), found)
    assert found["made"].graph.n_nodes == 120
    assert found["read"].graph.n_edges == graph.n_edges


def test_the_commands_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    accounts(400).to_csv("users.csv", index=False)
    accounts(900).assign(user_id=[f"u{n % 300}" for n in range(900)]).to_csv("events.csv", index=False)
    accounts(30, seed=1)[["plan", "followers"]].to_csv("partial.csv", index=False)
    (tmp_path / "network").mkdir()
    frames = network()
    frames["users"]["is_bot"] = [n % 6 == 0 for n in range(len(frames["users"]))]
    for name, frame in frames.items():
        frame.to_csv(tmp_path / "network" / f"{name}.csv", index=False)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    lines = [line for _, code in BLOCKS for line in code.splitlines() if line.startswith("synthgen ")]
    assert len(lines) >= 2
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        words = [{"1000000": "20000", "--campaign-size=40": "--campaign-size=8"}.get(word, word) for word in words]
        quick = ["--minutes", "0.03", "-q"] if words[0] in ("run", "fit") else ["-q"]
        result = CliRunner().invoke(main, [*words, *quick])
        assert result.exit_code == 0, f"{line}: {result.output}"


def test_every_make_target_and_file_it_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make (\w+)", README):
        if target in ("demo", "test", "bench"):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
