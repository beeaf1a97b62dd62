"""Rules of the data, as ``schema.json`` says them: what holds in every row, whatever else is drawn.

Each is one line of the file and has a ``text`` for people.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator


class Line(BaseModel):
    """One line of a list."""

    model_config = ConfigDict(extra="forbid")
    naming: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def text(self) -> str:
        """The rule in words."""

    @property
    def columns_named(self) -> dict[str, str]:
        """Where in the line a column is named, and the name."""
        found: dict[str, str] = {}
        for key in self.naming:
            value = getattr(self, key)
            found |= {key: value} if isinstance(value, str) else {f"{key}[{i}]": name for i, name in enumerate(value)}
        return found


class Tie(Line):
    """Columns that determine one another: only the first is learned."""

    naming: ClassVar[tuple[str, ...]] = ("columns",)
    columns: list[str] = Field(min_length=2)

    @property
    def text(self) -> str:
        return f"{', '.join(self.columns)}: one to one"


class Formula(Line):
    """A numeric column that is computed from others, never sampled.

    Attributes:
        column: the computed column.
        operation: ``ratio`` a / b, ``share`` a / (a + b), ``product`` a * b, ``sum`` of all (of one: a copy),
            ``difference`` a - b, ``complement`` total - the sum of all, ``absolute`` the distance of a from the total.
        inputs: the columns it is computed from.
        total: the constant of ``complement`` and ``absolute``.
        decimals: the result is rounded to so many decimals; None leaves it as it is.
        when_zero: what a ratio or share gives where it divides by 0; None: a missing cell.
        low: the result is not less; None: no bound.
        high: the result is not more.
    """

    naming: ClassVar[tuple[str, ...]] = ("column", "inputs")
    column: str
    operation: Literal["ratio", "share", "product", "sum", "difference", "complement", "absolute"]
    inputs: list[str] = Field(min_length=1)
    total: float = 0.0
    decimals: int | None = None
    when_zero: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The formula as people write it.

        Example:
            >>> Formula(column="rate", operation="ratio", inputs=["posts", "days"]).text
            'rate = posts / days'
        """
        first, rest = self.inputs[0], " + ".join(self.inputs)
        right = {
            "complement": f"{self.total:g} - " + " - ".join(self.inputs),
            "absolute": f"distance of {first} from {self.total:g}",
            "share": f"{first} / ({rest})",
            "sum": rest,
        }.get(self.operation) or _SIGNS[self.operation].join(self.inputs)
        return f"{self.column} = {right}"


_SIGNS = {"ratio": " / ", "product": " * ", "difference": " - "}


class OneHot(Line):
    """Boolean columns of which at most one is true in any row, or exactly one: learned as one label."""

    naming: ClassVar[tuple[str, ...]] = ("columns",)
    columns: list[str] = Field(min_length=2)
    exactly: bool = False

    @property
    def text(self) -> str:
        more = ", ..." if len(self.columns) > 4 else ""
        return f"{'exactly' if self.exactly else 'at most'} one of {', '.join(self.columns[:4])}{more}"


class Combination(Line):
    """Columns of labels of which only some combinations occur, such as a city and a country: learned as one label."""

    naming: ClassVar[tuple[str, ...]] = ("columns",)
    columns: list[str] = Field(min_length=2)

    @property
    def text(self) -> str:
        return f"{', '.join(self.columns)}: only combinations that occur"


class Dependence(Line):
    """A column that another one decides, such as the country of a city: never sampled.

    Attributes:
        column: the one that follows.
        depends_on: the one that is learned.
    """

    naming: ClassVar[tuple[str, ...]] = ("column", "depends_on")
    column: str
    depends_on: str

    @property
    def text(self) -> str:
        return f"{self.column} follows from {self.depends_on}"


class Order(Line):
    """Numbers or dates that never fall from one column to the next.

    Attributes:
        columns: from the least to the greatest.
        strict: two of them are never equal.
    """

    naming: ClassVar[tuple[str, ...]] = ("columns",)
    columns: list[str] = Field(min_length=2)
    strict: bool = False

    @property
    def text(self) -> str:
        """As people write it.

        Example:
            >>> Order(columns=["min", "mean", "max"]).text
            'min <= mean <= max'
        """
        return (" < " if self.strict else " <= ").join(self.columns)


class Range(Line):
    """A number or date that stays between two ends, whatever the training rows hold.

    Attributes:
        column: the column.
        low: the least value; text for a date, written as in the column; None: no bound.
        high: the greatest value.
        attained: whether both ends are known to occur, as 1 and 5 among ratings do: a private table, which reads no
            extreme of the data, then has them; without it the ends are only never passed.
    """

    naming: ClassVar[tuple[str, ...]] = ("column",)
    column: str
    low: float | str | None = None
    high: float | str | None = None
    attained: bool = False

    @model_validator(mode="after")
    def _has_an_end(self) -> Range:
        low, high = self.low, self.high
        if low is None and high is None:
            raise ValueError("neither low nor high is given; a range needs one of them")
        if isinstance(low, float) and isinstance(high, float) and low > high:
            raise ValueError(f"low is {low:g} and high {high:g}; nothing lies between. Turn them round")
        return self

    @property
    def text(self) -> str:
        """As people write it.

        Example:
            >>> Range(column="age", low=18).text
            '18 <= age'
        """
        low, high = (f"{x:g}" if isinstance(x, float) else x for x in (self.low, self.high))
        return (f"{low} <= " if low is not None else "") + self.column + (f" <= {high}" if high is not None else "")


class Missing(Line):
    """A column whose cells are missing where another column holds certain values, as an end date while open.

    Attributes:
        column: whose cells are missing.
        when: the other column.
        values: what it then holds, as text; None stands for a missing cell.
        exactly: nowhere else is a cell of the column missing.
    """

    naming: ClassVar[tuple[str, ...]] = ("column", "when")
    column: str
    when: str
    values: list[str | None] = Field(min_length=1)
    exactly: bool = True

    @field_validator("values", mode="before")
    @classmethod
    def _as_text(cls, values: Any) -> Any:
        plain = {True: "true", False: "false"}
        if not isinstance(values, list):
            return values
        return [plain[v] if isinstance(v, bool) else f"{v:g}" if isinstance(v, (int, float)) else v for v in values]

    @property
    def text(self) -> str:
        held = ["missing" if value is None else repr(value) for value in self.values]
        shown = " or ".join(held[:4]) + (f" or {len(held) - 4} others" if len(held) > 4 else "")
        return f"{self.column} is missing {'exactly ' if self.exactly else ''}where {self.when} is {shown}"


class Unique(Line):
    """A column that gives no value twice; in the file it is the column's option ``unique``."""

    naming: ClassVar[tuple[str, ...]] = ("column",)
    column: str

    @property
    def text(self) -> str:
        return f"no value of {self.column} twice"


RULES: dict[str, type[Line]] = {
    "ties": Tie,
    "formulas": Formula,
    "one_hot": OneHot,
    "combinations": Combination,
    "dependences": Dependence,
    "orders": Order,
    "ranges": Range,
    "missing": Missing,
}
"""The lists of ``schema.json`` and what stands in them."""


class Nearly(BaseModel):
    """A rule that nearly all rows keep: offered, and never applied before it is moved to its list.

    Attributes:
        list: where it would stand; ``unique`` for the option of a column.
        rule: the line to move there.
        share: of the rows that keep it.
        exceptions: rows that do not; 0 for a column that could be unique, or a range: never taken unasked.
    """

    model_config = ConfigDict(extra="forbid")
    list: Literal["ties", "formulas", "one_hot", "combinations", "dependences", "orders", "ranges", "missing", "unique"]
    rule: dict[str, Any]
    share: float
    exceptions: int

    @model_validator(mode="after")
    def _is_a_rule(self) -> Nearly:
        try:
            self.parsed  # noqa: B018
        except ValidationError as error:
            fault = error.errors()[0]
            key = ".".join(str(part) for part in fault["loc"])
            raise ValueError(f"rule.{key}: {fault['msg'][0].lower()}{fault['msg'][1:]}") from None
        return self

    @property
    def parsed(self) -> Line:
        """The rule itself."""
        return (RULES | {"unique": Unique})[self.list].model_validate(self.rule)

    @property
    def text(self) -> str:
        if not self.exceptions:  # what is never taken unasked, whatever the rows show
            what = "it caps how many can be sampled" if self.list == "unique" else "no row is ever made beyond it"
            return f"{self.parsed.text} (in all rows; taken, {what})"
        return f"{self.parsed.text} ({100 * self.share:.2f} % of rows; {self.exceptions:,} do not)"

    @property
    def columns_named(self) -> dict[str, str]:
        """Where in the entry a column is named, and the name."""
        return {f"rule.{key}": name for key, name in self.parsed.columns_named.items()}
