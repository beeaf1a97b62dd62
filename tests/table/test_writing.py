"""Writing: complete or not at all, and in memory that does not grow."""

from __future__ import annotations

import errno
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthgen.errors import DataError
from synthgen.table import writing
from synthgen.table.dialect import Dialect
from synthgen.table.files import check_writable, read_table, write_table_chunks

ROWS = pa.table({"a": ["1", "2", None], "b": ["x", "y", "z"]})


def only(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.tsv", "out.txt", "OUT.CSV", "out.parquet", "out.pq"])
def test_the_ending_says_what_is_written(tmp_path: Path, name: str) -> None:
    assert write_table_chunks(tmp_path / name, [ROWS, ROWS]) == 6
    assert len(read_table(tmp_path / name)) == 6
    assert only(tmp_path) == [name]


def test_tsv_is_written_with_tabs(tmp_path: Path) -> None:
    write_table_chunks(tmp_path / "out.tsv", [ROWS], Dialect())
    assert (tmp_path / "out.tsv").read_bytes() == b"a\tb\n1\tx\n2\ty\n\tz\n"


def test_no_rows_give_a_header(tmp_path: Path) -> None:
    assert write_table_chunks(tmp_path / "out.csv", [ROWS.slice(0, 0)]) == 0
    assert (tmp_path / "out.csv").read_bytes() == b"a,b\n"


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.csv.zip"])
def test_another_ending_is_refused_up_front(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"cannot tell what to write.*\.csv\.gz"):
        check_writable(tmp_path / name)


def test_a_missing_folder_a_folder_and_a_lack_of_permission_are_refused_up_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="does not exist"):
        check_writable(tmp_path / "nowhere" / "out.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="this is a folder"):
        check_writable(tmp_path / "folder.csv")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # The tests may run as root, who may write everywhere.
    with pytest.raises(DataError, match=r"cannot be written: permission denied\. Choose another folder"):
        check_writable(tmp_path / "out.csv")


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "out.csv")
    assert only(tmp_path) == []


class FullDisk:
    """A file with room for so many bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        size = memoryview(data).nbytes
        self._room -= size
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._file.write(data)  # type: ignore[attr-defined]
        return size

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, there: bool
) -> None:
    if there:
        (tmp_path / name).write_bytes(b"old")
    open_beside = writing._open_beside

    def cramped(target: Path) -> tuple[Path, FullDisk]:
        temporary, file = open_beside(target)
        return temporary, FullDisk(file, 20_000)

    monkeypatch.setattr(writing, "_open_beside", cramped)
    rng = np.random.default_rng(0)
    chunks = (pa.table({"a": rng.random(1000)}) for _ in range(100))
    with pytest.raises(
        DataError, match=r"the disk is full after [\d,]+ rows; (the old file was left|nothing was)"
    ) as caught:
        write_table_chunks(tmp_path / name, chunks)
    assert "Free some space or choose another folder" in str(caught.value)
    assert only(tmp_path) == ([name] if there else [])
    assert not there or (tmp_path / name).read_bytes() == b"old"


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_an_interrupt_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"old")

    def chunks() -> Iterator[pa.Table]:
        yield ROWS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table_chunks(tmp_path / name, chunks())
    assert only(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == b"old"


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_bytes(b"old")
    real.chmod(0o640)
    (tmp_path / "out.csv").symlink_to(real)
    write_table_chunks(tmp_path / "out.csv", [ROWS])
    assert (tmp_path / "out.csv").is_symlink()
    assert real.read_bytes().startswith(b"a,b\n")
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_table_chunks(tmp_path / "out.csv", [ROWS])
    assert (tmp_path / "out.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a character that latin-1"):
        write_table_chunks(tmp_path / "out.csv", [pa.table({"a": ["日本"]})], Dialect(encoding="latin-1"))
    assert os.listdir(tmp_path) == []


def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    chunk = pa.table({"a": [f"{i}" for i in range(5_000)]})
    peaks = []
    for n in (4, 80):
        before = pa.default_memory_pool().bytes_allocated()
        tracemalloc.start()
        held = []

        def chunks(n: int = n, held: list[int] = held) -> Iterator[pa.Table]:
            for _ in range(n):
                held.append(pa.default_memory_pool().bytes_allocated())
                yield chunk

        write_table_chunks(tmp_path / "out.csv", chunks())
        peaks.append(tracemalloc.get_traced_memory()[1] + max(held) - before)
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
