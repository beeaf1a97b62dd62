"""Formats of graph libraries: GraphML, edge lists, PyTorch Geometric.

Source: http://graphml.graphdrawing.org/specification.html; Fey and Lenssen 2019, arXiv:1903.02428.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
from safetensors.numpy import save_file

from synthgen.errors import MissingExtraError
from synthgen.linked.network import Network, codes, texts
from synthgen.replacing import written_beside

NUMBERS = ("numeric", "datetime", "boolean")


def write_edge_list(network: Network, folder: Path) -> list[Path]:
    """``edges.txt``: the keys of both ends, a tab between, nothing else."""
    keys = network.keys(network.ties[0].parent).to_pylist()
    start_M, end_M = network.ends
    path = folder / "edges.txt"
    with written_beside(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.writelines(f"{keys[a]}\t{keys[b]}\n" for a, b in zip(start_M.tolist(), end_M.tolist(), strict=True))
    return [path]


def write_graphml(network: Network, folder: Path) -> list[Path]:
    """``graph.graphml``: nodes with their columns, numbers as doubles, all else as text."""
    parent = network.ties[0].parent
    own = network.own(parent) if parent in network.tables else []
    keys, (start_M, end_M) = network.keys(parent).to_pylist(), network.ends
    cells = {c.name: _cells(network, parent, c.name, c.type) for c in own}
    path = folder / "graph.graphml"
    with written_beside(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for number, column in enumerate(own):
            kind = "double" if column.type in NUMBERS else "string"
            file.write(f'<key id="d{number}" for="node" attr.name={quoteattr(column.name)} attr.type="{kind}"/>\n')
        file.write('<graph edgedefault="directed">\n')
        for row, key in enumerate(keys):
            said = [(number, cells[c.name][row]) for number, c in enumerate(own)]
            data = "".join(f'<data key="d{number}">{escape(cell)}</data>' for number, cell in said if cell)
            file.write(f"<node id={quoteattr(key)}>{data}</node>\n")
        for a, b in zip(start_M.tolist(), end_M.tolist(), strict=True):
            file.write(f"<edge source={quoteattr(keys[a])} target={quoteattr(keys[b])}/>\n")
        file.write("</graph>\n</graphml>\n")
    return [path]


def _cells(network: Network, table: str, column: str, kind: str) -> list[str]:
    if kind in NUMBERS:
        return ["" if np.isnan(n) else repr(float(n)) for n in network.numbers(table, column)]
    return texts(network.column(table, column))


def write_geometric(network: Network, folder: Path) -> list[Path]:
    """``graph.safetensors`` and ``graph.json``: what ``read_geometric`` makes a ``Data`` of.

    ``edge_index`` (2, M), ``x`` (N, F): numbers as they are (missing: 0, and a column that says so), labels as one
    column per value; ``y`` (N,): the column that says who is a bot, where there is one.
    """
    parent = network.ties[0].parent
    label, own = network.label(parent), network.own(parent) if parent in network.tables else []
    columns: list[np.ndarray] = []
    names: list[str] = []
    for line in own:
        if line.name == label:
            continue
        if line.type in NUMBERS:
            number_N = network.numbers(parent, line.name)
            columns.append(np.nan_to_num(number_N))
            names.append(line.name)
            if np.isnan(number_N).any():
                columns.append(np.isnan(number_N))
                names.append(f"{line.name} missing")
        elif line.type == "categorical":
            values = network.column(parent, line.name).cast(pa.string())
            among = sorted(values.drop_null().unique().to_pylist())
            code_N = codes(values, among)
            columns += [code_N == place for place in range(len(among))]
            names += [f"{line.name}={value}" for value in among]
    n = len(network.keys(parent))
    arrays: dict[str, np.ndarray] = {
        "edge_index": np.ascontiguousarray(np.stack(network.ends).astype(np.int64)),
        "x": np.ascontiguousarray(np.stack(columns, 1) if columns else np.zeros((n, 0)), dtype=np.float32),
    }
    facts: dict[str, Any] = {"features": names, "nodes": n}
    if label is not None:
        values = network.column(parent, label).cast(pa.string())
        among = sorted(values.drop_null().unique().to_pylist())
        arrays["y"] = codes(values, among).astype(np.int64)
        facts["label"] = {"name": label, "values": among}
    files = folder / "graph.safetensors", folder / "graph.json"
    with written_beside(files[0]) as beside:
        save_file(arrays, beside)
    with written_beside(files[1]) as beside:
        beside.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return list(files)


def read_geometric(folder: str | Path) -> Any:
    """A ``torch_geometric.data.Data`` of what ``write_geometric`` wrote.

    Raises:
        MissingExtraError: PyTorch Geometric is not installed.
    """
    try:
        from safetensors.torch import load_file
        from torch_geometric.data import Data  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise MissingExtraError(
            "read_geometric: needs PyTorch Geometric; install it with: pip install torch_geometric. The arrays can be "
            "read without it, by safetensors"
        ) from None
    return Data(**load_file(Path(folder) / "graph.safetensors"))
