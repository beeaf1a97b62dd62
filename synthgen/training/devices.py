"""Where to train, and how to use all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from synthgen.errors import ConfigError

Job = TypeVar("Job")
Done = TypeVar("Done")


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


def side_by_side(work: Callable[[Job], Done], jobs: Iterable[Job], device: torch.device) -> list[Done]:
    """Do independent jobs, each on one thread, as many at once as torch has threads; one by one on a graphics card.

    Small products gain little from being split over threads; whole jobs gain nearly all of them.

    Args:
        work: releases the interpreter's lock for most of its time, as torch does.
        jobs: handed out in order.
        device: where the work computes.

    Returns:
        What was done, in the order of the jobs, whatever the number of threads.

    Example:
        >>> side_by_side(lambda number: number**2, range(4), torch.device("cpu"))
        [0, 1, 4, 9]
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1:
        return [work(job) for job in jobs]
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(work, jobs))
    finally:
        torch.set_num_threads(threads)
