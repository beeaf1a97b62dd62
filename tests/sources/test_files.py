from __future__ import annotations

from pathlib import Path

import pytest

from synthgen.config import RunConfig
from synthgen.errors import ConfigError, DataError
from synthgen.sources import source_of
from synthgen.sources.memory import refuse_too_large


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("id,age\n1,30\n2,40\n")


def test_a_folder_and_its_files_one_by_one_are_the_same_tables(tmp_path: Path) -> None:
    write(tmp_path, "users.csv", "posts.tsv", "notes.md", ".hidden.csv")
    (tmp_path / "posts.tsv").write_text("id\ttext\n1\ta\n2\tb\n")
    folder, files = source_of(tmp_path), source_of([str(tmp_path / "posts.tsv"), str(tmp_path / "users.csv")])
    one, other = folder.read(RunConfig()), files.read(RunConfig())
    assert list(one) == list(other) == ["posts", "users"]
    assert all(one[name].arrow.equals(other[name].arrow) for name in one)
    assert folder.name == tmp_path.name
    assert files.given == [str(tmp_path / "posts.tsv"), str(tmp_path / "users.csv")]


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        (["a.csv", "a.parquet"], ["."], r"a.csv and a.parquet are both table 'a'"),
        (["notes.md"], ["."], "holds no table; files ending in .csv"),
        (["a.csv"], ["a.csv", "."], "is a folder; of several files each must be a table"),
        (["a.csv"], ["a.csv", "none.csv"], "none.csv: no such file. Did you mean|none.csv: no such file. There are"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], given: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, *names)
    with pytest.raises(DataError, match=message):
        source_of(given).read(RunConfig())


def test_a_database_comes_alone() -> None:
    with pytest.raises(ConfigError, match="one folder, several files, or one URL"):
        source_of(["sqlite:///a.db", "users.csv"])


def test_tables_that_memory_cannot_hold_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "users.csv")
    with (tmp_path / "big.csv").open("wb") as file:  # ten gigabytes on paper, a hole on the disk
        file.truncate(10_000_000_000)
    monkeypatch.setattr("synthgen.sources.memory.free_memory", lambda: 4e9)
    with pytest.raises(DataError, match=r"about 10.0 GB of tables need about 250 GB of memory, and 4.0 GB are free"):
        source_of(tmp_path).check_room()


def test_what_fits_or_is_not_known_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    for free in (4e9, None):
        monkeypatch.setattr("synthgen.sources.memory.free_memory", lambda free=free: free)
        refuse_too_large(1e8, 25.0, "here")


def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgen.sources.memory.CGROUP", tmp_path)
    for name, text in (("max", "3000000\n"), ("current", "2000000\n"), ("stat", "anon 5\ninactive_file 500000\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    from synthgen.sources.memory import free_memory

    assert free_memory() == 1_500_000
