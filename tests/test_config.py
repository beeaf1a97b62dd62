from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from synthgen.config import ModelName, RunConfig, check_settings, load_config
from synthgen.errors import ConfigError
from synthgen.toml import to_toml

*FIRST, LAST = map(repr, (*get_args(ModelName), "image"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trainin = {}", "quick.toml: no setting 'trainin'; did you mean 'training'?"),
        ("training.batch_row = 4", "quick.toml: no setting 'training.batch_row'; did you mean 'training.batch_rows'?"),
        ("training.max_steps = 0", "quick.toml: training.max_steps must be at least 1; got 0"),
        ("training = 3", "quick.toml: training must be a table; got 3"),
        ("seed = 'x'", "quick.toml: seed must be a whole number; got 'x'"),
        ("seed = 1.5", "quick.toml: seed must be a whole number; got 1.5"),
        ("seed = -1", "quick.toml: seed must be at least 0; got -1"),
        ("minutes = 0", "quick.toml: minutes must be above 0; got 0"),
        ("minutes = inf", "quick.toml: minutes must be a finite number; got inf"),
        ("holdout = 1.0", "quick.toml: holdout must be below 1; got 1.0"),
        ("device = 'gpu'", "quick.toml: device must be 'auto', 'cpu', 'cuda' or 'mps'; got 'gpu'"),
        ("model.name = 'gam'", f"quick.toml: model.name must be {', '.join(FIRST)} or {LAST}; got 'gam'"),
        ("delimiter = '::'", "quick.toml: delimiter must be one character; got '::'"),
        ("columns.age.tail = 'heavy'", "quick.toml: columns.age.type is missing; it has no default"),
        ("seed = -1\nminutes = 0", "quick.toml: seed must be at least 0; got -1 (and 1 more)"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "quick.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert str(error.value) == message


def test_a_missing_file_suggests_a_near_one(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text("")
    with pytest.raises(ConfigError, match=r"no such file; did you mean 'quick.toml'"):
        load_config(tmp_path / "quik.toml")


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    file = tmp_path / "quick.toml"
    file.write_text("seed = \n")
    with pytest.raises(ConfigError, match=r"quick.toml: is not TOML: .*line 1"):
        load_config(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_flags_stand_above_the_file_where_they_are_given(tmp_path: Path) -> None:
    file = tmp_path / "quick.toml"
    file.write_text("seed = 4\ntarget = 'income'\n[columns.age]\ntype = 'numeric'\ntail = 'heavy'\n")
    config = load_config(file, {"seed": 9, "target": None})
    assert (config.seed, config.target) == (9, "income")
    assert (config.columns["age"].type, config.columns["age"].options) == ("numeric", {"tail": "heavy"})


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_config().seed = 3  # type: ignore[misc]


@pytest.mark.parametrize("settings", [{}, {"target": "a.b", "columns": {"a.b": {"type": "numeric", "decimals": 2}}}])
def test_resolved_settings_are_read_back_from_toml(settings: dict[str, Any]) -> None:
    config = check_settings(RunConfig, settings, "settings")
    text = to_toml(config.model_dump())
    assert check_settings(RunConfig, tomllib.loads(text), "config.toml") == config


CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.toml"))


@pytest.mark.parametrize("file", CONFIGS, ids=lambda f: f.name)
def test_the_files_in_configs_hold_settings_that_exist(file: Path) -> None:
    assert load_config(file) != RunConfig()
