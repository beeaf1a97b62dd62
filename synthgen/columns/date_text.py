"""Dates and times as they are written: text -> calendar parts and back, in the same format.

A format is a template in the codes of ``strptime``; ``%-d`` is a day without a leading zero. The clock
is read as it stands and the zone is kept as text beside it, so hours and weekdays are the writer's own.

Letters: N values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.date_digits import fields_of_digits

DAY = 86_400
BILLION = 1_000_000_000
MONTHS = ("January February March April May June July August September October November December").split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

FIELDS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{2})",
    "d": r"(?P<d>[0-9]{2})",
    "H": r"(?P<H>[0-9]{2})",
    "I": r"(?P<I>[0-9]{2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})(?:[.](?P<f>[0-9]{1,9}))?",
    "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<B>[A-Za-z]{3,9})",
    "a": r"(?P<a>[A-Za-z]{3})",
    "A": r"(?P<A>[A-Za-z]{6,9})",
    "z": r"(?P<z> ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?",
}
DATES = (
    "%Y-%m-%d %Y/%m/%d %Y.%m.%d %m/%d/%Y %d/%m/%Y %d.%m.%Y %m.%d.%Y %d-%m-%Y %m-%d-%Y %d-%b-%Y %d/%b/%Y "
    "%m/%d/%y %d/%m/%y %d.%m.%y %d-%m-%y %d-%b-%y %Y%m%d %Y-%m %m/%Y"
).split()
DATES_WITH_SPACES = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d. %B %Y")
TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p", "%H%M%S")
BETWEEN = (" ", "T", ", ", " at ")
WHOLE = ("%a %b %d %H:%M:%S%z %Y", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S%z", "%A, %B %d, %Y", "%a, %d %b %Y")
"""Such as Twitter's ``Tue Feb 24 11:35:52 -0800 2015``, ctime, and e-mail."""


@dataclass(frozen=True)
class Moments:
    """Dates and times in parts.

    Attributes:
        days: ``(N,)`` since 1970-01-01.
        seconds: ``(N,)`` since midnight.
        nanoseconds: ``(N,)`` since the second.
        valid: ``(N,)``, False where a value is no moment; its parts mean nothing.
        zones: ``(N,)`` the zone as written; None for types without one.
    """

    days: np.ndarray
    seconds: np.ndarray
    nanoseconds: np.ndarray
    valid: np.ndarray
    zones: pa.Array | None = None


@dataclass(frozen=True)
class DateText:
    """One way to write moments.

    Attributes:
        template: such as ``%Y-%m-%dT%H:%M:%S%z``.
        digits: digits of the fraction of a second; 0 for none.
        trim: whether trailing zeros of the fraction are left out, and the point with them.
        case: of names and AM: ``title``, ``upper`` or ``lower``.
    """

    template: str
    digits: int = 0
    trim: bool = False
    case: str = "title"

    @property
    def regex(self) -> str:
        """The template as a regular expression with a group per field."""
        return "^" + "".join(_pattern(part) for part in parts(self.template)) + "$"

    def parse(self, text: pa.Array) -> Moments:
        """Text to moments; what does not fit the template, or is no day of the calendar, is not valid.

        Example:
            >>> moments = DateText("%d.%m.%Y").parse(pa.array(["01.02.1970", "31.02.1970"]))
            >>> moments.days.tolist()[0], moments.valid.tolist()
            (31, [True, False])
        """
        if (read := fields_of_digits(self.template, text)) is not None:
            return _moments_of(*read, zoned=self.template.endswith("%z"))
        found = pc.extract_regex(text, self.regex)
        valid = np.asarray(found.is_valid().to_numpy(zero_copy_only=False))
        field = {code: _filled(found.field(i)) for i, code in enumerate(f.name for f in found.type)}
        days, good = _days(field, len(text))
        seconds, right = _seconds(field, len(text))
        fraction = np.zeros(len(text), np.int64)
        if "f" in field:
            fraction = _whole(pc.utf8_rpad(field["f"], 9, "0"))
        return Moments(days, seconds, fraction, valid & good & right, field.get("z"))

    def write(self, moments: Moments) -> pa.Array:
        """Moments to text."""
        pieces = [self._piece(part, moments) for part in parts(self.template)]
        joined: pa.Array = pc.binary_join_element_wise(*pieces, pa.scalar("")) if len(pieces) > 1 else pieces[0]
        return joined

    def _piece(self, part: str, moments: Moments) -> pa.Array | pa.Scalar:
        if not part.startswith("%"):
            return pa.scalar(part)
        code, padded = part[-1], part[1] != "-"
        if code == "z":
            return moments.zones
        if code == "S":
            return self._second(moments)
        if code in "HIMp":
            return self._clock(code, padded, moments)
        return self._calendar(code, padded, moments.days)

    def _second(self, moments: Moments) -> pa.Array:
        second = _two(moments.seconds % 60, True)
        if not self.digits:
            return second
        billionths = pc.utf8_lpad(pa.array(moments.nanoseconds).cast(pa.string()), 9, "0")
        fraction = pc.utf8_slice_codeunits(billionths, 0, self.digits)
        if self.trim:
            fraction = pc.utf8_rtrim(fraction, "0")
        point = pc.if_else(pc.equal(fraction, ""), "", ".")
        return pc.binary_join_element_wise(second, point, fraction, "")

    def _clock(self, code: str, padded: bool, moments: Moments) -> pa.Array:
        hour = moments.seconds // 3600
        if code == "p":
            return pa.array(["am", "pm"] if self.case == "lower" else ["AM", "PM"]).take(pa.array(hour // 12))
        number = {"H": hour, "I": (hour - 1) % 12 + 1, "M": moments.seconds // 60 % 60}[code]
        return _two(number, padded)

    def _calendar(self, code: str, padded: bool, days: np.ndarray) -> pa.Array:
        months = days.astype("datetime64[D]").astype("datetime64[M]")
        month = months.astype(np.int64)
        if code in "aA":
            return self._names(WEEKDAYS, code == "a", (days + 3) % 7)
        if code in "bB":
            return self._names(MONTHS, code == "b", month % 12)
        if code == "m":
            return _two(month % 12 + 1, padded)
        if code == "d":
            return _two(days - months.astype("datetime64[D]").astype(np.int64) + 1, padded)
        year = month // 12 + 1970
        if code == "y":
            return _two(year % 100, True)
        distinct, where = np.unique(year, return_inverse=True)
        return pa.array([f"{y:04d}" for y in distinct.tolist()], pa.string()).take(pa.array(where))

    def _names(self, names: list[str], short: bool, which: np.ndarray) -> pa.Array:
        cased = [getattr(name[:3] if short else name, self.case)() for name in names]
        return pa.array(cased).take(pa.array(which))

    def state(self) -> dict[str, Any]:
        """Its settings, in JSON types."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The format again."""
        return cls(**state)


def parts(template: str) -> list[str]:
    """A template cut into codes and the text between them.

    Example:
        >>> parts("%Y-%-m")
        ['%Y', '-', '%-m']
    """
    return [part for part in re.split(r"(%-?[A-Za-z])", template) if part]


def _pattern(part: str) -> str:
    if not part.startswith("%"):
        return re.escape(part)
    found = FIELDS[part[-1]]
    return found.replace("{2}", "{1,2}") if part[1] == "-" else found


def learn_format(text: pa.Array) -> tuple[DateText, str] | None:
    """The one format that all values are written in, and a remark; None when there is none.

    Day and month are told apart by values over 12. Where no value says, months come first before slashes and
    days first elsewhere, and the remark says so.

    Args:
        text: different values, trimmed, at least one.
    """
    fitting = []
    for template in dict.fromkeys(templates(text[0].as_py())):
        form = DateText(template)
        if form.parse(text.slice(0, 200)).valid.all() and form.parse(text).valid.all():
            fitting.append(form)
    if not fitting:
        return None
    form = next((f for f in fitting if re.match(r"%-?d[.-]|%-?m/", f.template)), fitting[0])
    swapped = {re.sub("%-?", "", f.template)[:3] for f in fitting if re.match(r"%-?[md].%-?[md]", f.template)}
    remark = ", day and month could be swapped" if len(swapped) > 1 else ""
    return with_details(form, text), remark


def templates(value: str) -> Iterator[str]:
    """Templates of ``all_templates`` that one value may follow, in their order."""
    for loose in (False, True):
        for template in WHOLE:
            template = loosened(template) if loose else template
            if re.match(DateText(template).regex, value):
                yield template
        for date in (*DATES, *DATES_WITH_SPACES):
            date = loosened(date) if loose else date
            if not (head := re.match("".join(_pattern(part) for part in parts(date)), value)):
                continue
            rest = value[head.end() :]
            if not rest:
                yield date
            for between in _between(date):
                for time in TIMES:
                    tail = between + (loosened(time) if loose else time) + "%z"
                    if rest and re.match(DateText(tail).regex, rest):
                        yield date + tail


def all_templates() -> Iterator[str]:
    """All ways to write a moment that are tried, each once: those with padded fields first."""
    seen: set[str] = set()
    for loose in (False, True):
        dates = (*DATES, *DATES_WITH_SPACES)
        timed = (f"{date}{between}{time}%z" for date in dates for between in _between(date) for time in TIMES)
        for template in (*WHOLE, *dates, *timed):
            template = loosened(template) if loose else template
            if template not in seen:
                seen.add(template)
                yield template


def _between(date: str) -> tuple[str, ...]:
    return BETWEEN if date != "%Y%m%d" else (*BETWEEN, "")


def loosened(template: str) -> str:
    """The template without the zeros that pad its fields."""
    return re.sub(r"%([mdHI])(?!%)", r"%-\1", template) if "%Y%m" not in template else template


def with_details(form: DateText, text: pa.Array) -> DateText:
    """The format with fraction, padding and case as the values show them."""
    found = pc.extract_regex(text, form.regex)
    field = {code: _filled(found.field(i)) for i, code in enumerate(f.name for f in found.type)}
    template = form.template
    for code in "mdHI":
        if code in field and _padded(field[code]):
            template = template.replace(f"%-{code}", f"%{code}")
    if "z" in field and not pc.any(pc.not_equal(field["z"], "")).as_py():
        template = template.replace("%z", "")
    widths = pc.utf8_length(field["f"]).to_numpy() if "f" in field else np.zeros(1, np.int64)
    case = "title"
    for code in "bBaAp":
        if code in field and pc.all(pc.utf8_is_lower(field[code])).as_py():
            case = "lower"
        elif code in "bBaA" and code in field and pc.all(pc.utf8_is_upper(field[code])).as_py():
            case = "upper"
    digits, trim = int(widths.max()), bool(widths.min() != widths.max())
    return replace(form, template=template, digits=digits, trim=trim, case=case)


def _padded(field: pa.Array) -> bool:
    """Whether small numbers have a leading zero."""
    widths = pc.min_max(pc.utf8_length(field)).as_py()
    return bool(widths["min"] == 2 and pc.any(pc.starts_with(field, "0")).as_py())


def _filled(field: pa.Array) -> pa.Array:
    return pc.fill_null(field.cast(pa.string()), "")


def _whole(field: pa.Array) -> np.ndarray:
    """Digits to numbers; 0 where there are none."""
    found: np.ndarray = pc.cast(pc.if_else(pc.equal(field, ""), "0", field), pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _two(numbers: np.ndarray, padded: bool) -> pa.Array:
    return pa.array([f"{i:02d}" if padded else str(i) for i in range(100)]).take(pa.array(numbers))


def _days(field: dict[str, pa.Array], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970, and whether the calendar has them."""
    if "Y" in field:
        year = _whole(field["Y"])
    else:
        year = _whole(field["y"])
        year = year + np.where(year < 69, 2000, 1900)
    if "m" in field:
        month = _whole(field["m"])
    else:
        written = pc.utf8_lower(pc.utf8_slice_codeunits(field["b"] if "b" in field else field["B"], 0, 3))
        names = pa.array([name[:3].lower() for name in MONTHS])
        month = pc.fill_null(pc.index_in(written, names), -1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    day = _whole(field["d"]) if "d" in field else np.ones(count, np.int64)
    return _day_of(year, month, day)


def _day_of(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    since = (year - 1970) * 12 + month - 1
    first = since.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (since + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= after - first)
    return first + day - 1, good


def _moments_of(field: dict[str, np.ndarray], good: np.ndarray, zoned: bool) -> Moments:
    """Moments of fields that are numbers already; zones, where the template has them, are empty."""
    zero, one = np.zeros(len(good), np.int64), np.ones(len(good), np.int64)
    days, right = _day_of(field.get("Y", zero), field.get("m", one), field.get("d", one))
    hour, minute, second = (field.get(code, zero) for code in "HMS")
    good = good & right & (hour < 24) & (minute < 60) & (second < 60)
    zones = pa.repeat(pa.scalar(""), len(good)) if zoned else None
    return Moments(days, hour * 3600 + minute * 60 + second, zero, good, zones)


def _seconds(field: dict[str, pa.Array], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since midnight, and whether the clock shows them."""
    zero = np.zeros(count, np.int64)
    minute = _whole(field["M"]) if "M" in field else zero
    second = _whole(field["S"]) if "S" in field else zero
    good = (minute < 60) & (second < 60)
    if "I" in field:
        twelve = _whole(field["I"])
        afternoon = pc.equal(pc.utf8_lower(field["p"]), "pm").to_numpy(zero_copy_only=False)
        hour = twelve % 12 + 12 * afternoon
        good &= (twelve >= 1) & (twelve <= 12)
    else:
        hour = _whole(field["H"]) if "H" in field else zero
        good &= hour < 24
    return hour * 3600 + minute * 60 + second, good
