"""SDV's single-table synthesizers behind the same fit and sample. The package is an extra, imported when one is chosen.

SDV sees numbers, dates and categories, with its own defaults. What it has no model for (identifiers, texts, tags,
places in one text, constants) is drawn as ``Independent`` draws it. A date keeps its most frequent time zone.

After a fit SDV hands out one sequence of rows, always the same, and takes no seed for it. So twice as many rows are
drawn as are asked for, and the seed picks among them: equal seeds give equal rows, two seeds share about half.

Nothing is saved: SDV writes its models as pickles, and its public methods do not give all that a model has learned (of
the copula, the marginal laws without the correlations).

Source: https://docs.sdv.dev/sdv, the public interface of sdv 2.0; Patki, Wedge, Veeramachaneni 2016 (Gaussian copula);
Xu et al. 2019, arXiv:1907.00503 (CTGAN, TVAE).

Letters: N rows.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import torch

from synthgen.columns.base import FitContext
from synthgen.columns.date_text import BILLION, DAY, DateText, Moments
from synthgen.columns.datetime import Datetime, read_moments, write_moments
from synthgen.columns.number_text import EXACT, LARGEST, NumberFormat, parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.errors import DataError, MissingExtraError, SynthgenError
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.base import DECODE_ROWS, Account, Job, UnsavedModel
from synthgen.synthesizers.independent import Independent
from synthgen.table.schema import ColumnSchema, Schema
from synthgen.table.sdv_metadata import to_sdv
from synthgen.table.table import joined

TABLE = "table"
"""What SDV calls the one table."""
OLDEST = 2
"""The first version of SDV whose ``fit`` and ``sample`` speak of tables by name."""
BLOCK_ROWS = 4_096
"""Rows handed out of each draw of twice as many; the rows of a block do not depend on how many are asked for."""


class Column(Protocol):
    """One column, as SDV reads and gives it."""

    @property
    def seen_as(self) -> str:
        """The column type of a schema that says it to SDV."""

    def to_sdv(self, values: pa.Array) -> pd.Series[Any]:
        """``(N,)`` cells for SDV."""

    def from_sdv(self, cells: pd.Series[Any]) -> pa.Array:
        """``(N,)`` cells of the input's physical type."""


@dataclass(frozen=True)
class Numbers:
    """Numbers in the format of the column."""

    text: NumberFormat
    seen_as: str = "numeric"

    def to_sdv(self, values: pa.Array) -> pd.Series[Any]:
        numbers = np.clip(parse_numbers(values, self.text.decimal), -LARGEST, LARGEST)
        whole = self.text.decimals == 0 and not values.null_count and bool(np.all(np.abs(numbers) < EXACT))
        return pd.Series(numbers.astype(np.int64) if whole else numbers)

    def from_sdv(self, cells: pd.Series[Any]) -> pa.Array:
        numbers = cells.to_numpy(np.float64, na_value=np.nan)
        gone = ~np.isfinite(numbers)
        found = self.text.tidy(np.where(gone, 0.0, numbers))
        if self.text.decimals is not None:
            found = np.round(found, self.text.decimals)
        return _with_gaps(self.text.write(found), gone)


@dataclass(frozen=True)
class Dates:
    """Dates and times, as nanoseconds since 1970."""

    kind: pa.DataType
    form: DateText | None
    epoch: str | None
    zones: list[str]
    digits: int
    seen_as: str = "datetime"

    def to_sdv(self, values: pa.Array) -> pd.Series[Any]:
        moments = read_moments(values.fill_null(values.drop_null()[0]), self.form, self.epoch)
        seconds = moments.days * DAY + moments.seconds
        if np.abs(seconds).max(initial=0) >= 2**63 // BILLION:
            raise DataError("dates outside the years 1678 to 2262, which SDV cannot hold. Choose another model")
        ticks = (seconds * BILLION + moments.nanoseconds).astype("datetime64[ns]")
        return pd.Series(np.where(np.asarray(values.is_valid()), ticks, np.datetime64("NaT")))

    def from_sdv(self, cells: pd.Series[Any]) -> pa.Array:
        ticks = pd.to_datetime(cells).to_numpy("datetime64[ns]")
        gone = np.isnat(ticks)
        seconds, nanoseconds = np.divmod(np.where(gone, 0, ticks.astype(np.int64)), BILLION)
        days, seconds = np.divmod(seconds, DAY)
        unit = 10 ** (9 - self.digits)
        zones = pa.array(self.zones[:1] * len(cells), pa.string()) if self.zones else None
        moments = Moments(days, seconds, nanoseconds // unit * unit, ~gone, zones)
        return _with_gaps(write_moments(moments, self.kind, self.form, self.epoch), gone)


@dataclass(frozen=True)
class Labels:
    """Values by number, so that any type of value comes back as it was."""

    values: pa.Array
    seen_as: str = "categorical"

    def to_sdv(self, values: pa.Array) -> pd.Series[Any]:
        numbers = pc.index_in(values, self.values).cast(pa.string())
        return pd.Series(numbers.to_numpy(zero_copy_only=False), dtype=object).fillna(np.nan)

    def from_sdv(self, cells: pd.Series[Any]) -> pa.Array:
        return self.values.take(pa.array(cells.astype(object), pa.string(), from_pandas=True).cast(pa.int64()))


def _with_gaps(values: pa.Array, gone: np.ndarray) -> pa.Array:
    return values.take(pa.array(np.arange(len(values)), mask=gone)) if gone.any() else values


def _column(column: ColumnSchema, values: pa.Array, job: Job) -> Column | None:
    """How SDV sees a column; None where it has no model for it.

    Raises:
        DataError: a value does not belong to the column's type.
    """
    present = values.drop_null()
    if not len(present):
        return None
    rng = numpy_stream(job.config.seed, "fit", column.name)
    context = FitContext(rng, job.config.min_holders, len(values), np.zeros((len(present), 0), np.int32))
    if column.type == "numeric":
        return Numbers(Numeric.fit(present, column.options, context).text)
    if column.type == "datetime":
        date = Datetime.fit(present, column.options, context)
        return Dates(values.type, date.form, date.epoch, date.zones, _digits(date, present))
    if column.type in ("boolean", "categorical"):
        return Labels(pc.unique(present))
    return None


def _digits(date: Datetime, present: pa.Array) -> int:
    """Digits of a second that the column has."""
    below = read_moments(present, date.form, date.epoch).nanoseconds
    return next(digits for digits in range(10) if not np.any(below % 10 ** (9 - digits)))


class SdvModel(UnsavedModel):
    """One of SDV's synthesizers.

    Attributes:
        synthesizer: its class in ``sdv.single_table``.
        has_network: whether it trains a network, on a GPU where it may.
    """

    synthesizer: ClassVar[str]
    has_network: ClassVar[bool] = True
    exposes: ClassVar[str] = "keeps every category and the extremes of every number, also those of a single person"
    private: ClassVar[bool] = False
    unsaved: ClassVar[str] = "is not saved: SDV writes its models as pickles, which can carry code"
    unbounded: ClassVar[str] = "trains as long as SDV does"

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.names: list[str] = []
        self.rest = Independent()
        self.fitted: Any = None
        self.seed = self.drawn = 0
        self.device = torch.device("cpu")

    @classmethod
    def check_available(cls) -> None:
        where = "in synthgen's folder: pip install -e '.[sdv]'"
        try:
            version = importlib.metadata.version("sdv")
        except importlib.metadata.PackageNotFoundError:
            raise MissingExtraError(
                f"model: {cls.name!r} needs the extra 'sdv', which is not installed; install it {where}"
            ) from None
        if int(version.split(".")[0]) < OLDEST:
            raise MissingExtraError(f"model: {cls.name!r} needs sdv {OLDEST}.0 or newer; found {version}. Do {where}")
        try:
            with warnings.catch_warnings(action="ignore"):
                importlib.import_module("sdv.single_table")
        except ImportError as error:
            raise MissingExtraError(
                f"model: {cls.name!r}: sdv {version} is installed but does not load ({error}); mend it {where}"
            ) from error

    def fit(self, job: Job) -> Account:
        self.check_available()
        self.seed, self.device = job.config.seed, job.device
        kept = [column for column in job.schema.columns if column.type != "drop"]
        self.names = [column.name for column in kept]
        frame = pd.DataFrame(index=range(len(job.table)))
        for column in kept:
            values = job.table.column(column.name)
            try:
                if (found := _column(column, values, job)) is not None:
                    self.columns[column.name] = found
                    frame[column.name] = found.to_sdv(values)
            except DataError as error:
                raise DataError(f"column {column.name!r}: {error}") from None
        self._fit_rest(job, [column for column in kept if column.name not in self.columns])
        job.progress.stage("training")
        if self.columns:
            job.progress.message(f"{self.title} trains; it does not say how far it has come")
            self._fit_sdv(frame)
        return Account({"rows": len(job.table), "sdv": importlib.metadata.version("sdv")})

    def _fit_rest(self, job: Job, columns: list[ColumnSchema]) -> None:
        table = replace(job.table, arrow=job.table.arrow.select([column.name for column in columns]))
        config = job.config.model_copy(update={"target": None})
        self.rest.fit(replace(job, table=table, schema=Schema(columns=columns), config=config))

    def _fit_sdv(self, frame: pd.DataFrame) -> None:
        columns = [ColumnSchema(name=name, type=column.seen_as) for name, column in self.columns.items()]
        options = {"enable_gpu": self.device.type == "cuda"} if self.has_network else {}
        with self._in_sdv("learning", derived_seed(self.seed, "sdv")):
            metadata = importlib.import_module("sdv.metadata").Metadata.load_from_dict(
                to_sdv(Schema(columns=columns), table=TABLE)
            )
            kind = getattr(importlib.import_module("sdv.single_table"), self.synthesizer)
            self.fitted = kind(metadata, **options)
            self.fitted.fit({TABLE: frame})
            self.fitted.reset_sampling()

    def chunks(self, n: int, seed: int) -> Iterator[pa.Table]:
        starts = range(0, max(n, 1), DECODE_ROWS)
        for start, beside in zip(starts, self.rest.chunks(n, seed), strict=True):
            columns = {name: joined(beside.column(name)) for name in beside.column_names}
            columns |= self._draw(start, min(DECODE_ROWS, n - start), seed)
            yield pa.table([columns[name] for name in self.names], names=self.names)

    def _draw(self, start: int, rows: int, seed: int) -> dict[str, pa.Array]:
        if not self.columns:
            return {}
        blocks = range(start // BLOCK_ROWS, max(start + rows - 1, start) // BLOCK_ROWS + 1)
        frame = pd.concat([self._block(block, seed) for block in blocks], ignore_index=True).head(rows)
        return {name: column.from_sdv(frame[name]) for name, column in self.columns.items()}

    def _block(self, block: int, seed: int) -> pd.DataFrame:
        """Half of SDV's rows with this number, picked by the seed."""
        if block < self.drawn:
            self.fitted.reset_sampling()
            self.drawn = 0
        while self.drawn <= block:
            with self._in_sdv("drawing rows", derived_seed(self.seed, "sdv rows", self.drawn)):
                rows: pd.DataFrame = self.fitted.sample(2 * BLOCK_ROWS)[TABLE]
            self.drawn += 1
        return rows.iloc[numpy_stream(seed, "sdv", block).choice(len(rows), BLOCK_ROWS, replace=False)]

    @contextlib.contextmanager
    def _in_sdv(self, doing: str, seed: int) -> Iterator[None]:
        """Quiet, with global generators that begin at the seed and are the caller's again afterwards.

        Raises:
            DataError: SDV gave up. What it said may quote cells: it is the cause, and not part of the message.
        """
        before = random.getstate(), np.random.get_state()  # noqa: NPY002 - SDV draws from numpy's global generator
        with (
            torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []),
            warnings.catch_warnings(action="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            torch.manual_seed(seed)
            try:
                yield
            except (MemoryError, SynthgenError):
                raise
            except Exception as error:
                raise DataError(
                    f"model {self.name!r}: SDV {importlib.metadata.version('sdv')} stopped with "
                    f"{type(error).__name__} while {doing}; what it said may quote cells and is kept back (from Python "
                    "it is the cause of this error). Choose another model, or drop the column at fault in the schema"
                ) from error
            finally:
                random.setstate(before[0])
                np.random.set_state(before[1])  # noqa: NPY002


class SdvCtgan(SdvModel):
    """SDV's CTGAN, 300 epochs."""

    name: ClassVar[str] = "sdv:ctgan"
    title: ClassVar[str] = "SDV's CTGAN"
    synthesizer: ClassVar[str] = "CTGANSynthesizer"


class SdvTvae(SdvModel):
    """SDV's variational autoencoder, 300 epochs."""

    name: ClassVar[str] = "sdv:tvae"
    title: ClassVar[str] = "SDV's TVAE"
    synthesizer: ClassVar[str] = "TVAESynthesizer"


class SdvGaussianCopula(SdvModel):
    """SDV's Gaussian copula: a law for each column, correlations between them."""

    name: ClassVar[str] = "sdv:gaussian-copula"
    title: ClassVar[str] = "SDV's Gaussian copula"
    synthesizer: ClassVar[str] = "GaussianCopulaSynthesizer"
    has_network: ClassVar[bool] = False


class SdvCopulaGan(SdvModel):
    """SDV's CTGAN on numbers made normal by their marginal laws, 300 epochs."""

    name: ClassVar[str] = "sdv:copula-gan"
    title: ClassVar[str] = "SDV's CopulaGAN"
    synthesizer: ClassVar[str] = "CopulaGANSynthesizer"
