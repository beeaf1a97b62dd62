"""What a person or a machine sees while a job runs: a bar, plain lines, JSON lines or nothing.

Everything here goes to standard error. Each class is a ``training.progress.Progress``.
"""

from __future__ import annotations

import json
import math
import sys
import time
from types import TracebackType
from typing import Any, Literal, Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

SECONDS_BETWEEN_LINES = 10.0
"""Plain lines for a log file: often enough to see that it lives, seldom enough to read."""
SECONDS_BETWEEN_JSON = 1.0


def make_progress(log_format: Literal["text", "json"], quiet: bool, verbose: bool) -> Reporter:
    """The reporter for the flags given.

    Args:
        log_format: ``json`` writes one object a line.
        quiet: warnings only.
        verbose: the facts behind each message too.
    """
    if log_format == "json":
        return JsonProgress(sys.stderr, quiet)
    if quiet:
        return QuietProgress(sys.stderr)
    console = Console(stderr=True)
    return RichProgress(console, verbose) if console.is_terminal else LineProgress(sys.stderr, verbose)


class Reporter:
    """Common ground: a reporter is a context manager, and says nothing unless a subclass does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """The job ended, well or not."""

    def stage(self, name: str) -> None:
        """A new part of the job begins."""

    def step(
        self,
        done: int,
        total: int,
        held_out_loss: float | None = None,
        quality: float | None = None,
        seconds_left: float | None = None,
    ) -> None:
        """Training has come so far."""

    def rows(self, done: int, total: int) -> None:
        """So many rows are written."""

    def parts(self, done: int, total: int, name: str) -> None:
        """So many parts of a stage are done."""

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        """A line for the user."""


class QuietProgress(Reporter):
    """Warnings only."""

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        if warning:
            self.out.write(f"Warning: {text}\n")
            self.out.flush()


class LineProgress(Reporter):
    """Plain lines, for a log file or a pipe."""

    def __init__(self, out: TextIO, verbose: bool = False) -> None:
        self.out, self.verbose = out, verbose
        self._next_line = 0.0

    def stage(self, name: str) -> None:
        self._line(f"{name} ...")
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES

    def step(
        self,
        done: int,
        total: int,
        held_out_loss: float | None = None,
        quality: float | None = None,
        seconds_left: float | None = None,
    ) -> None:
        if self._due(done >= total):
            figures = _figures(held_out_loss, quality, seconds_left)
            self._line(f"  step {done:,} of {total:,}" + (f", {figures}" if figures else ""))

    def rows(self, done: int, total: int) -> None:
        if self._due(done >= total):
            self._line(f"  {done:,} of {total:,} rows")

    def parts(self, done: int, total: int, name: str) -> None:
        if self._due(done >= total):
            self._line(f"  {done} of {total}" + (f", now {name}" if name else ""))

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        self._line(("Warning: " if warning else "") + text + (_facts(facts) if self.verbose else ""))

    def _due(self, last: bool) -> bool:
        now = time.monotonic()
        if not last and now < self._next_line:
            return False
        self._next_line = now + SECONDS_BETWEEN_LINES
        return True

    def _line(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


class JsonProgress(Reporter):
    """One JSON object a line: ``event`` and its facts; ``seconds`` since the start."""

    def __init__(self, out: TextIO, quiet: bool = False) -> None:
        self.out, self.quiet = out, quiet
        self._started = time.monotonic()
        self._last = -math.inf
        self._loss: float | None = None

    def stage(self, name: str) -> None:
        self._write("stage", name=name)

    def step(
        self,
        done: int,
        total: int,
        held_out_loss: float | None = None,
        quality: float | None = None,
        seconds_left: float | None = None,
    ) -> None:
        if self._due(done >= total or held_out_loss != self._loss):
            self._loss = held_out_loss
            facts = {"held_out_loss": held_out_loss, "quality": quality, "seconds_left": seconds_left}
            self._write("step", done=done, total=total, **facts)

    def rows(self, done: int, total: int) -> None:
        if self._due(done >= total):
            self._write("rows", done=done, total=total)

    def parts(self, done: int, total: int, name: str) -> None:
        self._write("part", done=done, total=total, name=name)

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        self._write("warning" if warning else "message", text=text, **facts)

    def event(self, name: str, **facts: object) -> None:
        """Any other event, such as the outcome."""
        self._write(name, **facts)

    def _due(self, wanted: bool) -> bool:
        now = time.monotonic()
        if not wanted and now < self._last + SECONDS_BETWEEN_JSON:
            return False
        self._last = now
        return True

    def _write(self, event: str, **facts: object) -> None:
        if self.quiet and event not in ("warning", "outcome"):
            return
        line = {"event": event, "seconds": round(time.monotonic() - self._started, 3), **facts}
        self.out.write(json.dumps(_plain(line), ensure_ascii=False) + "\n")
        self.out.flush()


class RichProgress(Reporter):
    """A bar with time left, held-out loss and the live quality figure; finished stages stay as a line each."""

    def __init__(self, console: Console, verbose: bool = False) -> None:
        self.console, self.verbose = console, verbose
        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[news]}"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._name, self._started, self._news = "", 0.0, ""

    def stage(self, name: str) -> None:
        self._finish()
        self._name, self._started, self._news = name, time.monotonic(), ""
        self._task = self._bar.add_task(escape(name), total=None, news="")
        self._bar.start()

    def step(
        self,
        done: int,
        total: int,
        held_out_loss: float | None = None,
        quality: float | None = None,
        seconds_left: float | None = None,
    ) -> None:
        self._news = _figures(held_out_loss, quality, None) or self._news
        self._show(done, total, ", ".join(part for part in (self._news, _figures(None, None, seconds_left)) if part))

    def rows(self, done: int, total: int) -> None:
        self._news = f"{done:,} rows"
        self._show_even(done, total, self._news)

    def parts(self, done: int, total: int, name: str) -> None:
        self._news = f"{done} of {total} figures"
        self._show_even(done, total, name or self._news)

    def _show_even(self, done: int, total: int, news: str) -> None:
        """With the time left, as if each part took as long as those before."""
        spent = time.monotonic() - self._started
        left = spent * (total - done) / done if 0 < done < total and spent > 1 else None
        self._show(done, total, ", ".join(part for part in (news, _figures(None, None, left)) if part))

    def message(self, text: str, *, warning: bool = False, **facts: object) -> None:
        line = escape(text + (_facts(facts) if self.verbose else ""))
        self.console.print(f"[yellow]Warning:[/] {line}" if warning else line, highlight=False)

    def close(self) -> None:
        self._finish()
        self._bar.stop()

    def _show(self, done: int, total: int, news: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=max(total, done, 1), news=news)

    def _finish(self) -> None:
        if self._task is None:
            return
        self._bar.remove_task(self._task)
        self._task = None
        spent = f"{time.monotonic() - self._started:6.1f} s"
        line = f"{self._name:<12} {spent}" + (f"  {self._news}" if self._news else "")
        self.console.print(escape(line), highlight=False, style="dim")


def duration(seconds: float) -> str:
    """Seconds for people.

    Example:
        >>> duration(8), duration(95), duration(4000)
        ('8 s', '1 min 35 s', '1 h 6 min')
    """
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def _figures(held_out_loss: float | None, quality: float | None, seconds_left: float | None) -> str:
    parts = []
    if held_out_loss is not None and math.isfinite(held_out_loss):
        parts.append(f"held-out loss {held_out_loss:.3f}")
    if quality is not None and math.isfinite(quality):
        parts.append(f"quality {100 * quality:.1f} %")
    if seconds_left is not None and math.isfinite(seconds_left):
        parts.append(f"{duration(seconds_left)} left")
    return ", ".join(parts)


def _facts(facts: dict[str, object]) -> str:
    return " (" + ", ".join(f"{key}={value}" for key, value in facts.items()) + ")" if facts else ""


def _plain(value: Any) -> Any:
    """JSON has no word for nan and infinity: they become null; what it does not know becomes text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return _plain(value.item()) if hasattr(value, "item") else str(value)
