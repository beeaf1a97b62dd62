"""Where to train."""

from __future__ import annotations

import torch

from synthgen.errors import ConfigError


def device_of(name: str) -> torch.device:
    """The device of a setting: ``auto`` takes a CUDA device where there is one, else the CPU.

    Raises:
        ConfigError: this machine or this build of torch does not have it.

    Example:
        >>> device_of("cpu")
        device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name not in there:
        raise ConfigError(f"device: no {name!r}; expected auto, cpu, cuda or mps")
    if not there[name]:
        raise ConfigError(f"device: {name!r} is not usable here (torch {torch.__version__}); use cpu or auto")
    return torch.device(name)
