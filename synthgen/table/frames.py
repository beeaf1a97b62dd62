"""pandas frames to Arrow columns and back: dtypes, categories, index and labels are remembered.

A ``RangeIndex`` counts on, and so does an unnamed index of different whole numbers, such as a shuffled frame has.
Any other index says something about the rows: its levels are learned like columns and set as the index again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.errors import DataError
from synthgen.table.origin import Categories, Origin, cast_back
from synthgen.table.table import check_names, held_categories, joined, physical

_MISSING: dict[str, Any] = {"none": None, "nan": float("nan"), "na": pd.NA}


def from_pandas(frame: pd.DataFrame, where: str, min_holders: int) -> tuple[pa.Table, Origin]:
    """Arrow columns of a frame, and its shape.

    Raises:
        DataError: a column mixes types, or holds what has no column type here.
    """
    labels = list(frame.columns)
    names = [_name(label) for label in labels]
    index, levels = _index_shape(frame.index, names)
    series = {name: frame.iloc[:, i] for i, name in enumerate(names)} | levels
    check_names([*names, *levels], where)
    columns, fields, dtypes, categories = [], [], {}, {}
    for name, values in series.items():
        column, declared = _to_arrow(values, name, where, min_holders)
        dtypes[name] = _dtype_state(values)
        fields.append(pa.field(name, column.type))
        columns.append(physical(column))
        if declared is not None:
            categories[name] = declared
    shape = {"labels": _labels_state(frame.columns), "names": names, "index": index, "dtypes": dtypes}
    origin = Origin("pandas", pa.schema(fields), frame=shape, categories=categories)
    return pa.table(columns, names=list(series)), origin


def to_pandas(arrow: pa.Table, origin: Origin, start: int) -> pd.DataFrame:
    """A frame of the remembered shape, without the columns and index levels that the rows lack."""
    assert origin.frame is not None
    shape, index = origin.frame, origin.frame["index"]
    made = {name: _series(arrow.column(name), name, origin) for name in arrow.column_names}
    kept = [i for i, name in enumerate(shape["names"]) if name in made]
    frame = pd.DataFrame({i: made[shape["names"][i]] for i in kept})
    labels = _labels(shape["labels"])
    frame.columns = labels if len(kept) == len(labels) else labels[kept]
    n = arrow.num_rows
    if index["kind"] == "range":
        first = index["start"] + index["step"] * start
        frame.index = pd.RangeIndex(first, first + index["step"] * n, index["step"], name=_label(index["name"]))
    elif index["kind"] == "count":
        frame.index = pd.Index(np.arange(start, start + n), dtype=index["dtype"])
    elif levels := [i for i, name in enumerate(index["columns"]) if name in made]:
        arrays = [made[index["columns"][i]] for i in levels]
        titles = [_label(index["names"][i]) for i in levels]
        multi = index["multi"] and (len(levels) > 1 or len(index["columns"]) == 1)
        frame.index = pd.MultiIndex.from_arrays(arrays, names=titles) if multi else pd.Index(arrays[0], name=titles[0])
    return frame


def _index_shape(index: pd.Index, taken: list[str]) -> tuple[dict[str, Any], dict[str, pd.Series]]:
    """What kind of index it is, and the levels that are learned as columns."""
    if isinstance(index, pd.RangeIndex):
        return {"kind": "range", "start": index.start, "step": index.step, "name": _label_state(index.name)}, {}
    multi = isinstance(index, pd.MultiIndex)
    if not multi and index.name is None and index.dtype.kind in "iu" and index.is_unique:
        return {"kind": "count", "dtype": str(index.dtype)}, {}
    levels: dict[str, pd.Series] = {}
    for i, title in enumerate(index.names):
        free = title is not None and _name(title) not in (*taken, *levels)
        levels[_name(title) if free else f"__index_level_{i}__"] = pd.Series(index.get_level_values(i).array)
    titles = [_label_state(title) for title in index.names]
    return {"kind": "levels", "multi": multi, "names": titles, "columns": list(levels)}, levels


def _to_arrow(values: pd.Series, name: str, where: str, min_holders: int) -> tuple[pa.ChunkedArray, Categories | None]:
    dtype = values.dtype
    if isinstance(dtype, (pd.IntervalDtype, pd.SparseDtype)) or dtype.kind == "c":
        if not isinstance(dtype, pd.SparseDtype):
            raise DataError(
                f"{where}: column {name!r} holds {dtype}, which no column type learns; numbers, text or dates were "
                "expected. Split it into two columns of numbers, or convert it with astype(str)"
            )
        values = pd.Series(np.asarray(values.array))
    try:
        if isinstance(dtype, pd.CategoricalDtype):
            return _decode_categories(values, min_holders)
        if isinstance(dtype, pd.PeriodDtype):
            values = values.dt.to_timestamp()
        column = pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise DataError(f"{where}: column {name!r} {_mixture(values)}") from error
    return (column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])), None


def _mixture(values: pd.Series) -> str:
    """What is wrong with a column of Python objects: the kinds in it and where each occurs first."""
    present = values.isna().to_numpy() == 0
    kinds = np.array([type(cell).__name__ for cell in values], dtype=object)
    first = [f"{kind} (row {int(np.argmax(present & (kinds == kind))) + 1})" for kind in pd.unique(kinds[present])[:4]]
    if len(first) < 2:
        kind = first[0] if first else "nothing"
        return f"holds {kind}, which no column type learns; text or numbers were expected. Convert it with astype(str)"
    return f"mixes {', '.join(first)}; values of one type were expected. Clean it, or convert it with astype(str)"


def _decode_categories(values: pd.Series, min_holders: int) -> tuple[pa.ChunkedArray, Categories]:
    declared, codes = values.cat.categories, values.cat.codes.to_numpy().astype(np.int64)
    scale = _scale(declared)
    held = np.bincount(codes[codes >= 0], minlength=len(declared))
    column = scale.take(pa.array(codes, mask=codes < 0))
    closed = None
    texts = scale.cast(pa.string()).to_pylist()
    if isinstance(declared, pd.IntervalIndex):
        closed, texts = declared.closed, [f"{part.left}|{part.right}" for part in declared]
    kept = held_categories(texts, held, min_holders)
    return pa.chunked_array([column]), Categories(tuple(kept), bool(values.cat.ordered), closed)


def _scale(declared: pd.Index) -> pa.Array:
    """The categories as an Arrow array; intervals as text."""
    if isinstance(declared, pd.IntervalIndex):
        return pa.array([str(part) for part in declared], pa.string())
    if len(declared) == 0:
        return pa.array([], pa.string())
    scale = pa.array(declared, from_pandas=True)
    return physical(scale if isinstance(scale, pa.ChunkedArray) else pa.chunked_array([scale]))


def _dtype_state(values: pd.Series) -> dict[str, Any]:
    """A dtype in JSON types."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return {"kind": "category", "of": str(dtype.categories.dtype)}
    if isinstance(dtype, pd.StringDtype):
        return {"kind": "string", "storage": dtype.storage, "na": "na" if dtype.na_value is pd.NA else "nan"}
    if isinstance(dtype, pd.ArrowDtype):
        return {"kind": "arrow"}
    if isinstance(dtype, pd.PeriodDtype):
        return {"kind": "period", "name": str(dtype)}
    if dtype.kind == "O":
        return {"kind": "object", **_object_state(values)}
    return {"kind": "plain", "name": str(dtype)}


def _object_state(values: pd.Series) -> dict[str, Any]:
    cells, missing = values.to_numpy(), values.isna().to_numpy()
    first = cells[missing.argmax()] if missing.any() else None
    held = cells[(~missing).argmax()] if not missing.all() else None
    na = "none" if first is None else "na" if first is pd.NA else "nan"
    return {"na": na, "lists": isinstance(held, list)}


def _series(column: pa.ChunkedArray, name: str, origin: Origin) -> Any:
    """One column with the dtype it had."""
    assert origin.frame is not None
    state = origin.frame["dtypes"][name]
    kind = state["kind"]
    if kind == "category":
        return _categorical(column, origin.categories[name], state["of"])
    if kind == "string":
        dtype: Any = pd.StringDtype(state["storage"], na_value=_MISSING[state["na"]])
        return pd.Series(dtype.__from_arrow__(column.cast(pa.string())))
    if kind == "arrow":
        return pd.Series(pd.arrays.ArrowExtensionArray(cast_back(column, origin.schema.field(name).type)))
    if kind == "object":
        return pd.Series(_objects(column, state), dtype=object)
    if kind == "period":
        dtype = pd.api.types.pandas_dtype(state["name"])
        return column.to_pandas().dt.to_period(dtype.freq)
    return _plain(column, state["name"])


def _plain(column: pa.ChunkedArray, name: str) -> pd.Series:
    dtype: Any = pd.api.types.pandas_dtype(name)
    if hasattr(dtype, "__from_arrow__") and not isinstance(dtype, pd.DatetimeTZDtype):
        return pd.Series(dtype.__from_arrow__(column))
    series: pd.Series = column.to_pandas()
    if column.null_count and dtype.kind in "iub":  # There is no missing in such a dtype: pandas would widen it too.
        return series
    return series if series.dtype == dtype else series.astype(dtype)


def _objects(column: pa.ChunkedArray, state: dict[str, Any]) -> np.ndarray:
    """Python objects, missing ones as they were."""
    cells: np.ndarray = column.to_pandas().astype(object).to_numpy(copy=True)
    missing = column.is_null().to_numpy()
    if state["lists"]:
        for row in np.flatnonzero(~missing):
            cells[row] = list(cells[row])
    cells[missing] = _MISSING[state["na"]]
    return cells


def _categorical(column: pa.ChunkedArray, known: Categories, of: str) -> pd.Series:
    """The declared categories, in order, then those that rows hold besides."""
    values = joined(column)
    scale, labels = _known_scale(known, of, values.type)
    fresh = pc.unique(values.filter(pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=scale)))))
    if len(fresh) and known.closed is None:
        scale = pa.concat_arrays([scale, fresh])
        labels = labels.append(pd.Index(fresh.to_pandas()).astype(labels.dtype))
    codes = pc.fill_null(pc.index_in(values, value_set=scale, skip_nulls=True), -1).to_numpy(zero_copy_only=False)
    return pd.Series(pd.Categorical.from_codes(codes, categories=labels, ordered=known.ordered))


def _known_scale(known: Categories, of: str, physical_type: pa.DataType) -> tuple[pa.Array, pd.Index]:
    if known.closed is None:
        scale = pa.array(list(known.values), pa.string()).cast(physical_type)
        return scale, pd.Index(scale.to_pandas()).astype(of)
    sides = [value.split("|") for value in known.values]
    interval: Any = pd.api.types.pandas_dtype(of)
    left, right = (pd.Index([side[i] for side in sides]).astype(interval.subtype).array for i in (0, 1))
    labels = pd.IntervalIndex.from_arrays(left, right, dtype=interval)
    return pa.array([str(part) for part in labels], pa.string()), labels


def _name(label: Any) -> str:
    """A column's name: its label as text; the parts of a label of several levels with a slash between."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _labels_state(labels: pd.Index) -> dict[str, Any]:
    if isinstance(labels, pd.RangeIndex):
        return {
            "kind": "range",
            "start": labels.start,
            "step": labels.step,
            "size": len(labels),
            "name": _label_state(labels.name),
        }
    kind = "levels" if isinstance(labels, pd.MultiIndex) else str(labels.dtype)
    return {"kind": kind, "values": [_label_state(v) for v in labels], "names": [_label_state(v) for v in labels.names]}


def _labels(state: dict[str, Any]) -> pd.Index:
    if state["kind"] == "range":
        stop = state["start"] + state["step"] * state["size"]
        return pd.RangeIndex(state["start"], stop, state["step"], name=_label(state["name"]))
    values, names = [_label(v) for v in state["values"]], [_label(v) for v in state["names"]]
    if state["kind"] == "levels":
        return pd.MultiIndex.from_tuples(values, names=names)
    labels: pd.Index = pd.Index(values, dtype=state["kind"] if state["kind"] != "category" else None, name=names[0])
    return labels


def _label_state(label: Any) -> Any:
    """A label in JSON types; a date as its text, which pandas reads again."""
    if isinstance(label, tuple):
        return [_label_state(part) for part in label]
    if isinstance(label, np.generic):
        label = label.item()
    return label if label is None or isinstance(label, (str, int, float, bool)) else str(label)


def _label(state: Any) -> Any:
    return tuple(_label(part) for part in state) if isinstance(state, list) else state
