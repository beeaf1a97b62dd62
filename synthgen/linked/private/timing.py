"""When rows are: in which zone, since when, and in which time; noisy figures.

Letters: O rows of the owner's table, J columns of times.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synthgen.dp.releases import release_columns
from synthgen.linked.private.allowance import Allowance
from synthgen.linked.private.figures import own_columns
from synthgen.linked.private.real import Real
from synthgen.linked.private.times import ZONES, Course, Window, zone_codes, zone_of
from synthgen.seeding import numpy_stream

WINDOW_SHARE, BEGIN_SHARE, ZONE_SHARE = 0.03, 0.01, 0.005
"""Of a table's allowance: in which time a child's rows are, since when, zones."""
BEGUN = 0.9
"""Of owners, the part whose first row must come after a column's moment for it to be where their rows begin."""
DRAWS = 4_000


def measure_zone(real: Real, name: str, kept: np.ndarray, most: int, budget: Allowance) -> None:
    """Of times whose text says so, the zone that most have."""
    time = real.timed(name)
    if time is None:
        return
    form = real.calendar(name, time).form
    if form is None or "%z" not in form.template:
        return
    zones = form.parse(real.holdings.tables[name].column(time).take(pa.array(kept)).cast(pa.string())).zones
    zone_N = zone_codes(zones)
    counts = np.bincount(zone_N[zone_N >= 0], minlength=ZONES).astype(np.float64)
    noisy, _ = budget.gaussian(counts, step=f"zone: {time}", share=ZONE_SHARE, sensitivity=float(most))
    real.zones[name] = zone_of(int(noisy.argmax()))


def measure_times(real: Real, name: str, child: str, budget: Allowance, seed: int) -> None:
    """When a child's rows are: from when on each owner's are counted, and in which time all of them lie."""
    time, most, rows = str(real.timed(child)), real.most[name], pa.array(real.kept[name])
    owners = real.holdings.rows_of(name)
    course = Course.of(real.holdings.up[child], real.seconds(child, time), owners)
    real.courses[child] = course
    ends = {}
    for place, second_O in (("first", course.first_O), ("last", course.last_O)):
        gone_O = np.isnan(second_O)
        values = pa.array(np.nan_to_num(second_O).astype(np.int64), mask=gone_O).cast(pa.timestamp("s"))
        ends[f"{place} of {child}"] = values.take(rows)
    part = Allowance(budget, None, share=WINDOW_SHARE, delta_share=1e-3)
    found = release_columns(pa.table(ends), budget=part, m=most, share=1.0 - 1e-9)
    rng = numpy_stream(seed, "window", child)
    drawn = []
    for column in found.columns:
        law = np.maximum(column.one_way, 0.0)
        law = law / law.sum() if law.sum() > 0 else np.full(column.size, 1 / column.size)
        values = column.decode(rng.choice(column.size, DRAWS, p=law).astype(np.int32), rng).drop_null()
        drawn.append(np.asarray(values.cast(pa.int64())))
    low, high = (drawn[0], drawn[1]) if len(drawn[0]) and len(drawn[1]) else (np.zeros(1), np.ones(1))
    start = int(np.quantile(low, 0.002))
    real.windows[child] = Window(start, max(int(np.quantile(high, 0.998)), start + 1))
    dated = [c.name for c in own_columns(real.schema, name) if c.type == "datetime"]
    if not dated:
        return
    there = np.array([_follows(real, name, c, course)[real.kept[name]] for c in dated])  # (J, 2 answers, rows)
    exact = np.array([[(one >= 0).sum(), (one == 1).sum()] for one in there], np.float64)
    sensitivity = most * float(np.sqrt(2 * len(dated)))
    noisy, sd = budget.gaussian(exact, step=f"begin of {child}", share=BEGIN_SHARE, sensitivity=sensitivity)
    share = noisy[:, 1] / np.maximum(noisy[:, 0], 1.0)
    good = [c for c, one, both in zip(dated, share, noisy[:, 0], strict=True) if one >= BEGUN and both > 4 * sd]
    if good:
        own = real.schema.tables[name].time
        real.begins[child] = own if own in good else good[-1]


def _follows(real: Real, name: str, column: str, course: Course) -> np.ndarray:
    """``(O,)`` 1 where the first row comes after a column's moment, 0 where before, -1 where one is not known."""
    second_O = real.seconds(name, column)
    known_O = ~np.isnan(second_O) & ~np.isnan(course.first_O)
    return np.where(known_O, (course.first_O >= second_O).astype(np.int64), -1)
