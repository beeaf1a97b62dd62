"""Faithful, private synthetic tables.

Each public name is imported on first use, so ``import synthgen`` costs nothing and needs no torch.

    >>> import synthgen
    >>> "Synthesizer" in dir(synthgen)
    True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from synthgen.errors import (
        ConditionError,
        ConfigError,
        DataError,
        DivergedError,
        MissingExtraError,
        NotFittedError,
        RunError,
        SchemaError,
        SynthgenError,
    )
    from synthgen.evaluating import evaluate_tables
    from synthgen.inspecting.collect import inspect_run
    from synthgen.synthesizers.pictures import ImageSynthesizer
    from synthgen.synthesizers.synthesizer import Synthesizer, load
    from synthgen.table.files import read_table
    from synthgen.table.schema import Schema

__all__ = [
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

_HOMES = {
    "ImageSynthesizer": "synthgen.synthesizers.pictures",
    "Schema": "synthgen.table.schema",
    "Synthesizer": "synthgen.synthesizers.synthesizer",
    "evaluate_tables": "synthgen.evaluating",
    "inspect_run": "synthgen.inspecting.collect",
    "load": "synthgen.synthesizers.synthesizer",
    "read_table": "synthgen.table.files",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'synthgen' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES.get(name, "synthgen.errors")), name)


def __dir__() -> list[str]:
    return __all__
