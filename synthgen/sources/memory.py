"""How much memory tables need, and how much there is."""

from __future__ import annotations

import os
from pathlib import Path

from synthgen.errors import DataError

LINKED = 25.0
"""Bytes of memory for each byte of linked tables in CSV: 24 were measured on 2 million ratings of 12,200 people."""
OF_PARQUET, OF_GZIP = 4.0, 5.0
"""Times as many bytes as such a file has, the same table has as CSV."""
CGROUP = Path("/sys/fs/cgroup")


def refuse_too_large(size: float, per_byte: float, where: str) -> None:
    """Stop before the work where it cannot end.

    Args:
        size: of the tables as CSV, bytes.
        per_byte: bytes of memory that each of them needs.
        where: what is to be read.

    Raises:
        DataError: more is needed than is free.
    """
    free = free_memory()
    if free is not None and size * per_byte > free:
        raise DataError(
            f"{where}: about {size / 1e9:.1f} GB of tables need about {size * per_byte / 1e9:.0f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free; nothing was begun. Take the rows of a random part of the people (at most "
            f"{100 * free / size / per_byte:.1g} % of them), or a larger machine"
        )


def free_memory() -> float | None:
    """Bytes that this process may still take; None: the system does not say."""
    found = [value for value in (_of_system(), _of_group()) if value is not None]
    return min(found) if found else None


def _of_system() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        pass
    else:
        for line in lines:
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return None


def _of_group() -> float | None:
    """What a container leaves; files that it has read and may forget count as free."""
    try:
        most, used, parts = (
            (CGROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current", "memory.stat")
        )
        read = next((line.split()[1] for line in parts.splitlines() if line.startswith("inactive_file ")), "0")
        return float(most) - float(used) + float(read)
    except (OSError, ValueError):
        return None
