from __future__ import annotations

import os
import subprocess
import sys

import pytest

import synthgen

HEAVY = ("torch", "pandas", "pyarrow", "numpy", "pydantic", "scipy", "sklearn", "rich", "faker", "polars", "PIL")


def modules_after(code: str) -> set[str]:
    """Heavy top-level modules that a fresh interpreter holds after running the code."""
    report = f"{code}\nimport sys; print('\\n' + ' '.join({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()) & set(HEAVY)


def test_public_names_are_these() -> None:
    assert synthgen.__all__ == [
        "ConditionError",
        "ConfigError",
        "DataError",
        "DivergedError",
        "ImageSynthesizer",
        "MissingExtraError",
        "NotFittedError",
        "RunError",
        "Schema",
        "SchemaError",
        "Synthesizer",
        "SynthgenError",
        "__version__",
        "evaluate_tables",
        "inspect_run",
        "load",
        "read_table",
    ]
    assert synthgen.__all__ == sorted(synthgen.__all__)
    assert dir(synthgen) == synthgen.__all__


@pytest.mark.parametrize("name", synthgen.__all__)
def test_every_public_name_is_there_and_explains_itself(name: str) -> None:
    assert getattr(synthgen, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Synthesiser'"):
        _ = synthgen.Synthesiser


@pytest.mark.parametrize("name", [n for n in synthgen.__all__ if n.endswith("Error")])
def test_errors_are_also_what_a_caller_expects(name: str) -> None:
    error = getattr(synthgen, name)
    assert issubclass(error, synthgen.SynthgenError)
    if error is not synthgen.SynthgenError:
        assert issubclass(error, ValueError | RuntimeError | ImportError)


def test_importing_is_light() -> None:
    assert modules_after("import synthgen") == set()


@pytest.mark.parametrize(
    "flags",
    [
        "'--help'",
        "'run', '--help'",
        "'fit', '--help'",
        "'sample', '-h'",
        "'evaluate', '--help'",
        "'bundle', '-h'",
        "'inspect', '-h'",
        "'--version'",
    ],
)
def test_help_is_light(flags: str) -> None:
    code = f"from synthgen.cli.main import main\nmain([{flags}], standalone_mode=False)"
    assert modules_after(code) == set()


def test_help_is_quick() -> None:
    def once() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "synthgen", "--help"], capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(once() for _ in range(5)) < 0.4  # processor seconds: a busy machine does not change them much
