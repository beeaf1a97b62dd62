from __future__ import annotations

import errno
import json
import os
import pickle
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen import storage
from synthgen.errors import RunError
from synthgen.storage import MANIFEST, WEIGHTS, read_run, writing
from synthgen.toml import to_toml

PARTS: dict[str, Any] = {
    "config": {"seed": 3, "target": None, "training": {"batch_rows": 512}},
    "schema": {"columns": [{"name": "Größe", "type": "numeric"}]},
    "codec": {"columns": [[0.5, 1e-9]]},
    "history": [{"step": 10, "loss": 2.5}, {"step": 20, "loss": 2.25}],
    "weights": {"head": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array(7, dtype=np.int64)},
    "facts": {"seed": 3, "data": {"rows": 100}},
}


def write(path: Path, **changes: Any) -> Path:
    with writing(path) as writer:
        writer.write(**{**PARTS, **changes})
    return path


def rehash(run: Path, name: str) -> None:
    """An attacker who changes a file can mend the manifest too."""
    manifest = json.loads((run / MANIFEST).read_text())
    manifest["files"][name] = storage._sha256((run / name).read_bytes())
    (run / MANIFEST).write_text(json.dumps(manifest))


class Exploit:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("owned",))


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    run = read_run(write(tmp_path / "run"))
    assert run.config == {"seed": 3, "training": {"batch_rows": 512}}
    assert run.schema == PARTS["schema"]
    assert run.codec == PARTS["codec"]
    assert run.history == PARTS["history"]
    assert run.manifest["data"] == {"rows": 100}
    assert {"torch", "numpy"} <= set(run.manifest["libraries"])
    for name, array in PARTS["weights"].items():
        np.testing.assert_array_equal(run.weights[name], array)
        assert run.weights[name].shape == array.shape
        assert run.weights[name].dtype == array.dtype


def test_the_same_run_is_the_same_bytes_and_knows_no_folder(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "deeper" / "b")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()


def test_nothing_is_left_beside_a_finished_run(tmp_path: Path) -> None:
    write(write(tmp_path / "run"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]
    assert sorted(entry.name for entry in (tmp_path / "run").iterdir()) == sorted([*storage.HASHED, MANIFEST])


def test_a_run_is_replaced_only_by_a_complete_one(tmp_path: Path) -> None:
    write(tmp_path / "run")
    with pytest.raises(RunError, match="'head' holds a number that is not finite"):
        write(tmp_path / "run", weights={"head": np.array([np.nan], dtype=np.float32)})
    with pytest.raises(ValueError, match="JSON compliant"):
        write(tmp_path / "run", codec={"edge": float("nan")})
    assert read_run(tmp_path / "run").config["seed"] == 3
    write(tmp_path / "run", config={"seed": 4})
    assert read_run(tmp_path / "run").config["seed"] == 4


def test_a_figure_that_was_never_reached_is_null_in_the_reports(tmp_path: Path) -> None:
    never = float("inf")
    facts = {"training": {"best": [never, 1.5]}}
    run = read_run(write(tmp_path / "run", facts=facts, history=[{"loss": float("nan")}]))
    assert run.manifest["training"] == {"best": [None, 1.5]}
    assert run.history == [{"loss": None}]


def test_a_full_disk_leaves_the_old_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write(tmp_path / "run")
    before = {file.name: file.read_bytes() for file in run.iterdir()}

    def full(file: Path, content: bytes) -> None:
        file.write_bytes(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage, "_write_durably", full)
    with pytest.raises(RunError, match="No space left on device; what was there is untouched"):
        write(run, config={"seed": 4})
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_a_process_killed_between_the_renames_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path / "run").rename(tmp_path / ".run.old")
    with writing(tmp_path / "run"):
        assert read_run(tmp_path / "run").config["seed"] == 3


@pytest.mark.parametrize("make", ["folder", "file"])
def test_what_is_not_a_run_is_never_overwritten(tmp_path: Path, make: str) -> None:
    place = tmp_path / "results"
    if make == "folder":
        place.mkdir()
        (place / "thesis.docx").write_text("years of work")
    else:
        place.write_text("years of work")
    with pytest.raises(RunError, match=r"holds 'thesis.docx'|is a file"):
        write(place)
    assert (place / "thesis.docx" if make == "folder" else place).read_text() == "years of work"


def test_a_missing_folder_suggests_a_near_one(tmp_path: Path) -> None:
    write(tmp_path / "run")
    with pytest.raises(RunError, match="no such folder; did you mean 'run'"):
        read_run(tmp_path / "runn")
    with pytest.raises(RunError, match=r"not a run folder .* did you mean '.*run'"):
        read_run(tmp_path)
    with pytest.raises(RunError, match="is a file"):
        read_run(tmp_path / "run" / WEIGHTS)


@pytest.mark.parametrize("name", storage.HASHED)
@pytest.mark.parametrize("damage", ["missing", "truncated", "changed", "empty"])
def test_damage_is_refused_by_name(tmp_path: Path, name: str, damage: str) -> None:
    file = write(tmp_path / "run") / name
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        changed = bytes([content[-3] ^ 1])
        shorter = {"truncated": content[:-5], "empty": b"", "changed": content[:-3] + changed + content[-2:]}
        file.write_bytes(shorter[damage])
    with pytest.raises(RunError, match=rf"{re.escape(name)} is (missing|damaged)"):
        read_run(tmp_path / "run")


@pytest.mark.parametrize("name", storage.HASHED)
def test_damage_with_a_mended_hash_is_refused_all_the_same(tmp_path: Path, name: str) -> None:
    run = write(tmp_path / "run")
    (run / name).write_bytes(b"\xff\xfe{[=" + (run / name).read_bytes()[:-4])
    rehash(run, name)
    with pytest.raises(RunError, match=rf"{re.escape(name)} is damaged"):
        read_run(run)


def test_deeply_nested_json_is_damage_not_a_crash(tmp_path: Path) -> None:
    run = write(tmp_path / "run")
    (run / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(RunError, match=r"manifest.json is damaged"):
        read_run(run)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", [WEIGHTS, "codec.json", MANIFEST])
def test_a_pickle_is_refused_and_not_opened(
    tmp_path: Path, name: str, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = write(tmp_path / "run")
    (run / name).write_bytes(pickle.dumps(Exploit(), protocol))
    if name != MANIFEST:
        rehash(run, name)
    with pytest.raises(RunError, match=rf"{re.escape(name)} is a pickle, .* refused"):
        read_run(run)
    assert not (tmp_path / "owned").exists()


def test_a_zip_in_place_of_weights_is_refused(tmp_path: Path) -> None:
    run = write(tmp_path / "run")
    with zipfile.ZipFile(run / WEIGHTS, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Exploit()))
    with pytest.raises(RunError, match=r"weights.safetensors is a zip archive .* refused"):
        read_run(run)


def test_a_file_that_can_carry_code_is_refused(tmp_path: Path) -> None:
    run = write(tmp_path / "run")
    (run / "model.pkl").write_bytes(pickle.dumps(Exploit()))
    with pytest.raises(RunError, match=r"holds 'model.pkl', which can carry code"):
        read_run(run)


def test_a_header_that_begins_like_a_pickle_is_still_read(tmp_path: Path) -> None:
    for length in range(24):  # some header length has 0x80 as its low byte
        write(tmp_path / "run", weights={"w" * (50 + length): np.zeros(1), "v" * 500: np.zeros(1)})
        assert len(read_run(tmp_path / "run").weights) == 2


def test_weights_that_are_not_finite_are_refused_on_reading(tmp_path: Path) -> None:
    run = write(tmp_path / "run")
    content = bytearray((run / WEIGHTS).read_bytes())
    at = content.rindex(np.float32(5).tobytes())
    content[at : at + 4] = np.float32("inf").tobytes()
    (run / WEIGHTS).write_bytes(content)
    rehash(run, WEIGHTS)
    with pytest.raises(RunError, match=r"weights.safetensors: 'head' holds a number that is not finite"):
        read_run(run)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (99, r"written by a newer synthgen \(format 99, this reads 2-4\); upgrade"),
        (0, "format 0 is too old"),
        ("1", "states no format version"),
        (None, "states no format version"),
        (True, "states no format version"),
    ],
)
def test_another_format_is_refused_with_what_to_do(tmp_path: Path, version: object, message: str) -> None:
    run = write(tmp_path / "run")
    manifest = json.loads((run / MANIFEST).read_text())
    (run / MANIFEST).write_text(json.dumps({**manifest, "format": version}))
    with pytest.raises(RunError, match=message):
        read_run(run)


def test_a_second_process_is_refused_at_once(tmp_path: Path) -> None:
    second = "import sys; from synthgen.storage import writing\nwith writing(sys.argv[1]): pass"
    with writing(tmp_path / "run"):
        done = subprocess.run(
            [sys.executable, "-c", second, str(tmp_path / "run")], capture_output=True, text=True, check=False
        )
        assert f"is being written by process {os.getpid()}" in done.stderr
    with writing(tmp_path / "run"):
        pass


def test_the_lock_of_a_killed_process_does_not_stand_in_the_way(tmp_path: Path) -> None:
    killed = (
        "import os, signal, sys; from synthgen.storage import writing\n"
        "with writing(sys.argv[1]): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "run")], check=False)
    assert (tmp_path / ".run.lock").exists()
    write(tmp_path / "run")


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    arrays = {"rng": np.arange(9, dtype=np.uint8), "step": np.array(3.0, dtype=np.float32)}
    facts = {"best_loss": float("inf"), "bits": 2**127}
    with writing(tmp_path / "run") as writer:
        assert writer.read_checkpoint() is None
        writer.write_checkpoint({"old": np.zeros(2)}, {})
        writer.write_checkpoint(arrays, facts)
    with writing(tmp_path / "run") as writer:
        checkpoint = writer.read_checkpoint()
    assert checkpoint is not None
    assert checkpoint.facts == facts
    assert {name: array.tobytes() for name, array in checkpoint.arrays.items()} == {
        name: array.tobytes() for name, array in arrays.items()
    }
    assert checkpoint.arrays["step"].shape == ()


def test_an_unfinished_run_says_how_to_go_on(tmp_path: Path) -> None:
    with writing(tmp_path / "run") as writer:
        writer.write_checkpoint({"w": np.zeros(2)}, {})
    with pytest.raises(RunError, match="did not finish here; go on with: synthgen fit DATA --resume"):
        read_run(tmp_path / "run")


def test_a_checkpoint_goes_when_the_run_is_done_unless_it_is_kept(tmp_path: Path) -> None:
    for keep in (True, False):
        with writing(tmp_path / "run") as writer:
            writer.write_checkpoint({"w": np.zeros(2)}, {"step": 5})
            writer.write(**PARTS, keep_checkpoint=keep)
            assert (writer.read_checkpoint() is not None) is keep
        assert read_run(tmp_path / "run").config["seed"] == 3


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    with writing(tmp_path / "run") as writer:
        writer.write_checkpoint({"w": np.zeros(200)}, {})
        file = tmp_path / "run" / storage.CHECKPOINT
        for content in (file.read_bytes()[:-7], b"", b"x" * 100):
            file.write_bytes(content)
            with pytest.raises(RunError, match=r"checkpoint.safetensors is damaged"):
                writer.read_checkpoint()
        file.write_bytes(pickle.dumps(Exploit()))
        with pytest.raises(RunError, match=r"checkpoint.safetensors is a pickle"):
            writer.read_checkpoint()


_SCALARS = st.one_of(
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=0, max_size=8)
_TABLES = st.recursive(
    st.dictionaries(_KEYS, st.one_of(_SCALARS, st.lists(_SCALARS, max_size=4)), max_size=4),
    lambda inner: st.dictionaries(_KEYS, st.one_of(_SCALARS, inner, st.lists(inner, max_size=2)), max_size=4),
    max_leaves=8,
)


@given(_TABLES)
def test_any_settings_survive_toml(settings: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(settings)) == settings


def test_toml_leaves_out_none_and_refuses_what_it_lacks() -> None:
    assert to_toml({"a": None, "b": {"c": None}}) == "[b]\n"
    with pytest.raises(TypeError, match="TOML has no bytes"):
        to_toml({"a": b""})
