"""A page whose settings are measured one after another in this process."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

import torch
from harness import stages
from harness.pages import Case, run_page
from run import machine


def measure_page(
    args: argparse.Namespace,
    cases: Iterable[Case],
    measure: Callable[[Case, stages.Bench], dict[str, Any]],
    page: Callable[[dict[str, dict[str, Any]]], list[str]],
) -> None:
    """Run what is asked for and missing, then write the page."""
    torch.set_num_threads(args.threads)
    bench = stages.Bench(args.data.resolve(), args.judge.resolve(), args.work.resolve(), machine(args))
    run_page(args, cases, lambda case: measure(case, bench), page)
