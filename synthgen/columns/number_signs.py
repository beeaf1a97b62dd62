"""What tells a quantity from digits that only name something: for detection."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgen.columns.base import RejectColumn, Sample
from synthgen.columns.tails import HEAVY, MIN_EXCEEDANCES, pareto_fit

CODE_NAMES = r"zip|postal|post_?code|plz|phone|mobile|\btel\b|fax|ssn|iban|isbn|\bcode\b|_code|code$"


def decimal_option(sample: Sample) -> dict[str, Any]:
    """``{"decimal": ","}`` for text with decimal commas.

    Raises:
        RejectColumn: commas every three digits, which may as well separate thousands.
    """
    if not sample.is_text or not pc.any(pc.match_substring(sample.values, ",")).as_py():
        return {}
    distinct = sample.distinct[0]
    if not pc.all(pc.match_substring_regex(distinct, r"^\s*[+-]?[0-9]+(,[0-9]+)*\s*$")).as_py():
        return {}
    if pc.all(pc.match_substring_regex(distinct, r"^\s*[+-]?[0-9]{1,3}(,[0-9]{3})*\s*$")).as_py():
        raise RejectColumn("commas before every third digit may separate thousands; write plain numbers")
    return {"decimal": ","}


def reject_codes(sample: Sample, distinct: pa.Array, numbers: np.ndarray) -> None:
    """Say no to digits that count nothing.

    Raises:
        RejectColumn: leading zeros, postal codes, phone numbers, row numbers, keys, 0/1.
    """
    if set(numbers.tolist()) == {0.0, 1.0}:
        raise RejectColumn("only 0 and 1")
    if sample.is_text and pc.any(pc.match_substring_regex(distinct, r"^\s*[+-]?0[0-9]")).as_py():
        raise RejectColumn("leading zeros, so digits that count nothing")
    if not np.all(numbers == np.rint(numbers)):
        return
    digits = np.char.str_len(np.abs(numbers[np.isfinite(numbers)]).astype(np.int64).astype(str))
    if digits.size and digits.min() == digits.max() >= 4 and re.search(CODE_NAMES, sample.name, re.IGNORECASE):
        raise RejectColumn(f"always {digits[0]} digits and the name says a code")
    n = len(sample.values)
    if numbers.size < n or n < 5:
        return
    if numbers.min() >= 0 and numbers.max() - numbers.min() < sample.n_rows:
        raise RejectColumn("whole numbers without a gap, each once: a row number")
    if is_label_name(sample.name):
        raise RejectColumn("whole numbers, each once, and the name says an identifier")


def is_label_name(name: str) -> bool:
    """Whether a name says that numbers are labels: ``id``, ``user_id``, ``tweetId``, ``key``."""
    return re.search(r"(^|[\s_.\-])(id|key|uuid|guid|pk)$|[a-z](Id|ID|Key)$", name) is not None or name.lower() == "id"


def falls_from_zero(numbers: np.ndarray, counts: np.ndarray) -> bool:
    """A count: from 0 or 1 on, ever rarer."""
    order = np.argsort(numbers)
    held = counts[order]
    return bool(numbers.size >= 5 and numbers.min() <= 1 and np.mean(held[1:] <= held[:-1]) >= 0.75)


def reason(distinct: pa.Array, numbers: np.ndarray, counts: np.ndarray, options: dict[str, Any]) -> str:
    """What the numbers look like."""
    whole = bool(np.all(numbers == np.rint(numbers)))
    parts = [f"whole numbers, {numbers.size} different" if whole else f"decimals, {numbers.size} different"]
    if options:
        parts.append("decimal comma")
    zero = float(counts[numbers == 0].sum() / max(counts.sum(), 1))
    if zero >= 0.01:
        parts.append(f"{zero:.0%} exactly 0")
    x = np.repeat(numbers, counts)
    for side, y in (("upper", x), ("lower", -x)):
        if y.size >= 10 * MIN_EXCEEDANCES:
            threshold = np.quantile(y, 0.95)
            excess = y[y > threshold] - threshold
            if np.unique(excess).size >= MIN_EXCEEDANCES // 3 and excess.size >= MIN_EXCEEDANCES:
                if pareto_fit(excess)[0] > HEAVY:
                    parts.append(f"heavy {side} tail")
    return ", ".join(parts)
