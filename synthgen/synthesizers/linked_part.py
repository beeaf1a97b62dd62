"""What is kept of one of several linked tables, and how it goes to disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from synthgen.columns.identifier import Identifier
from synthgen.graphs import GraphModel
from synthgen.linked.calendar import Calendar
from synthgen.linked.choosing import Choosing
from synthgen.linked.declared import Declared
from synthgen.storage import Run
from synthgen.synthesizers.linked_texts import TableTexts
from synthgen.synthesizers.synthesizer import Synthesizer
from synthgen.table.origin import Origin

DEGREES = ("out_degree", "in_degree", "community")
"""The columns by which a graph is drawn."""


@dataclass
class Part:
    """What is kept of one table.

    Attributes:
        rows: how many there were.
        columns: all of them, in order.
        own: those that its model makes.
        model: the model; None: there is nothing to learn.
        keys: by column of the key that is made up, how.
        calendar: how its times are written; None: rows follow no time.
        begins: the owner's column of times from which the first time is counted; None: from one moment.
        epoch: that moment, in seconds since 1970, the first of all.
        last: the end of the last day of all.
        lonely: rows without an owner.
        once: by reference that is chosen, whether no owner has a parent twice.
        kept: its rows, where they are given out as they are.
        graph: of a table of ties.
        texts: what was learned of its texts.
        choosing: how its rows choose among many, and when; None: one by one.
        types: physical types of columns that refer to others, by name.
        labels: of a table of ties, the columns of its nodes by which ties go.
        counts: columns that are computed from the rows that refer to it.
        thinned: of a table of ties, the part that was learned of all ties of the people who were learned from.
        origin: the kind of table that it was.
    """

    rows: int
    columns: list[str]
    own: list[str]
    origin: Origin
    model: Synthesizer | None = None
    keys: dict[str, Identifier] = field(default_factory=dict)
    calendar: Calendar | None = None
    begins: str | None = None
    epoch: int = 0
    last: int = 0
    lonely: int = 0
    once: dict[str, bool] = field(default_factory=dict)
    kept: pa.Table | None = None
    graph: GraphModel | None = None
    texts: TableTexts | None = None
    choosing: Choosing | None = None
    types: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    counts: dict[str, Declared] = field(default_factory=dict)
    thinned: float = 1.0

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON and arrays; what a table that is kept holds is among the arrays."""
        arrays: dict[str, np.ndarray] = {}
        facts: dict[str, Any] = {
            "rows": self.rows,
            "columns": self.columns,
            "own": self.own,
            "origin": self.origin.state(),
            "keys": {column: key.state() for column, key in self.keys.items()},
            "calendar": None if self.calendar is None else self.calendar.state(),
            "begins": self.begins,
            "epoch": self.epoch,
            "last": self.last,
            "lonely": self.lonely,
            "once": self.once,
            "types": self.types,
            "labels": self.labels,
            "thinned": self.thinned,
            "counts": {column: count.state() for column, count in self.counts.items()},
        }
        if self.model is not None:
            run = self.model.contents()
            facts["run"] = {key: run[key] for key in ("config", "schema", "codec", "facts")}
            arrays |= {f"model.{key}": value for key, value in run["weights"].items()}
        if self.texts is not None:
            facts["texts"], own = self.texts.state()
            arrays |= {f"texts.{key}": value for key, value in own.items()}
        if self.graph is not None:
            facts["graph"] = {"seed": self.graph.random_state, "facts": self.graph.facts}
            arrays |= {f"graph.{key}": value for key, value in self.graph.arrays.items()}
        if self.choosing is not None:
            facts["choosing"], own = self.choosing.state()
            arrays |= {f"choosing.{key}": value for key, value in own.items()}
        if self.kept is not None:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, self.kept.schema) as stream:
                stream.write_table(self.kept)
            arrays["kept"] = np.frombuffer(sink.getvalue(), np.uint8)
        return facts, arrays

    @classmethod
    def from_state(cls, run: Run, facts: dict[str, Any], arrays: dict[str, np.ndarray], device: str) -> Part:
        """The part again.

        Args:
            run: the folder that it lies in.
            facts: as ``state`` gave them.
            arrays: likewise.
            device: where its network goes.
        """
        part = cls(facts["rows"], facts["columns"], facts["own"], Origin.from_state(facts["origin"]))
        part.keys = {column: Identifier.from_state(state) for column, state in facts["keys"].items()}
        part.calendar = None if facts["calendar"] is None else Calendar.from_state(facts["calendar"])
        part.begins, part.epoch, part.last = facts["begins"], facts["epoch"], facts["last"]
        part.lonely, part.once = facts["lonely"], facts["once"]
        part.types = facts["types"]
        part.labels, part.thinned = facts.get("labels", []), facts.get("thinned", 1.0)
        part.counts = {column: Declared.from_state(state) for column, state in facts.get("counts", {}).items()}
        if "run" in facts:
            own = facts["run"]
            inner = Run(
                run.path, own["facts"], own["config"], own["schema"], own["codec"], [], _under(arrays, "model.")
            )
            part.model = Synthesizer.from_run(inner, device)
        if "texts" in facts:
            part.texts = TableTexts.from_state(facts["texts"], _under(arrays, "texts."))
        if "graph" in facts:
            part.graph = GraphModel(facts["graph"]["seed"], facts["graph"]["facts"], _under(arrays, "graph."))
        if "choosing" in facts:
            part.choosing = Choosing.from_state(facts["choosing"], _under(arrays, "choosing."))
        if "kept" in arrays:
            part.kept = pa.ipc.open_stream(pa.py_buffer(arrays["kept"].tobytes())).read_all()
        return part


def _under(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
