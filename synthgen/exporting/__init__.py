"""Linked tables in the formats of other tools: ``EXPORTS`` by name, ``export`` writes one.

To add a format: a file with a function of ``Network`` and a folder, one line in ``EXPORTS``, and a row in
``tests/exporting/test_contract.py`` that reads it back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synthgen.errors import choose
from synthgen.exporting.databases import write_sqlite
from synthgen.exporting.graphs import write_edge_list, write_geometric, write_graphml
from synthgen.exporting.recommenders import write_movielens, write_recbole
from synthgen.exporting.tables import write_csv, write_parquet
from synthgen.exporting.twibot import write_twibot
from synthgen.linked.network import Network

Export = Callable[[Network, Path], list[Path]]

EXPORTS: dict[str, Export] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "sqlite": write_sqlite,
    "recbole": write_recbole,
    "movielens": write_movielens,
    "graphml": write_graphml,
    "edge-list": write_edge_list,
    "pyg": write_geometric,
    "twibot-22": write_twibot,
}
"""Every format by name."""


def export(network: Network, form: str, folder: str | Path) -> list[Path]:
    """Write linked tables in one format.

    Args:
        network: the tables and what links them.
        form: a name of ``EXPORTS``.
        folder: made where it is not there; files of the same names are replaced.

    Returns:
        The files.

    Raises:
        ConfigError: there is no such format, or the tables have not what it is for.
    """
    write = EXPORTS[choose("export", form, EXPORTS)]
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return write(network, place)
