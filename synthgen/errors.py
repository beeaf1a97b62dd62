"""Every error a user can meet.

``<where>: <what, with the value>; <what was expected>. <what to do next>``, in one or two sentences.
Settings are quoted freely; private data only as column names, counts and row numbers.

    SynthgenError
    |- ConfigError       (ValueError)     a setting
    |- DataError         (ValueError)     a file or a table
    |- SchemaError       (ValueError)     schema.json
    |- ConditionError    (ValueError)     a condition on what to sample
    |- RunError          (ValueError)     a run folder: damaged, foreign, in use
    |- NotFittedError    (RuntimeError)   sampling before fitting
    |- PrivacyError      (ValueError)     a release that the privacy budget does not allow
    |- DivergedError     (RuntimeError)   training met a number that is not finite
    `- MissingExtraError (ImportError)    an optional package
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SynthgenError(Exception):
    """A mistake that the user can mend; the command line prints it without a traceback, exit code 2."""

    exit_code = 2


class ConfigError(SynthgenError, ValueError):
    """A setting has a value it cannot have."""


class DataError(SynthgenError, ValueError):
    """A file or table cannot be read, or holds what no model can use."""


class SchemaError(SynthgenError, ValueError):
    """A schema does not fit the table, or is not well formed."""


class ConditionError(SynthgenError, ValueError):
    """A condition names what the table does not have."""


class RunError(SynthgenError, ValueError):
    """A run folder is damaged, foreign, from a newer version, or in use."""


class NotFittedError(SynthgenError, RuntimeError):
    """A synthesizer was asked to sample or save before it was fitted."""


class PrivacyError(SynthgenError, ValueError):
    """A release or a setting that the asked privacy guarantee does not allow; nothing was released."""


class DivergedError(SynthgenError, RuntimeError):
    """Training met a number that is not finite; the weights were not updated."""


class MissingExtraError(SynthgenError, ImportError):
    """An optional package is needed and not there."""


def near_miss(name: str, options: Iterable[str]) -> str:
    """The closing half of an error about an unknown name: the nearest options, or the first few.

    Example:
        >>> near_miss("contry", ["age", "country"])
        "did you mean 'country'?"
        >>> near_miss("zzz", ["age", "country"])
        "there are: 'age', 'country'"
    """
    names = list(options)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6) or [n for n in names if n.lower() == name.lower()]
    if close:
        return "did you mean " + " or ".join(repr(n) for n in close) + "?"
    shown = ", ".join(repr(n) for n in names[:8])
    return f"there are: {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def choose(where: str, name: str, options: Iterable[str]) -> str:
    """Return ``name`` when it is one of ``options``; otherwise say what is there.

    Raises:
        ConfigError: the name is not there.

    Example:
        >>> choose("device", "cpu", ["cpu", "cuda"])
        'cpu'
    """
    names = list(options)
    if name in names:
        return name
    raise ConfigError(f"{where}: no {name!r}; {near_miss(name, names)}")
