"""Gates: ``detector_auc>0.6, exact_copies>0``, rules on figures that make a pipeline stop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from synthgen.errors import ConfigError, near_miss
from synthgen.metrics.base import Result, plain

ALIASES = {
    "detector_auc": "detector",
    "exact_copies": "copies",
    "shape_error": "shape",
    "trend_error": "trend",
    "missing_error": "missing",
    "nearer_to_training": "distance_share",
    "real_values": "emitted",
    "wrong_types": "types",
    "out_of_range": "ranges",
    "unknown_categories": "categories",
    "bad_keys": "keys",
    "broken_rules": "rules",
    "other_formats": "formats",
}
"""Names that say what the figure is -> the result."""
WHERE = "--fail-if"
_RULE = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(>=|<=|>|<)\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(%?)\s*")


@dataclass(frozen=True)
class Gate:
    """One rule; the gate fails when it holds, or when there is no figure.

    Attributes:
        text: as it was given.
        name: of the result.
        sign: one of ``>``, ``>=``, ``<``, ``<=``.
        limit: what the figure is compared with.
    """

    text: str
    name: str
    sign: str
    limit: float

    def judge(self, results: Sequence[Result]) -> dict[str, Any]:
        """``rule``, ``value`` and ``passed``; a figure that could not be measured passes no gate."""
        value = next((result.value for result in results if result.name == self.name), None)
        passed = value is not None and not self._holds(float(value))
        return {"rule": self.text, "value": plain(value), "passed": passed}

    def _holds(self, value: float) -> bool:
        beyond = value > self.limit if self.sign[0] == ">" else value < self.limit
        return beyond or (len(self.sign) == 2 and value == self.limit)


def read_gates(rules: str | Iterable[str] | None, names: Sequence[str]) -> tuple[Gate, ...]:
    """Rules as people type them.

    Args:
        rules: one text with commas between the rules, or one text each; None and blank: no rule.
        names: of the results that there are.

    Raises:
        ConfigError: a rule has another form, or names a figure that is not there; a near one is suggested.

    Example:
        >>> gates = read_gates("detector_auc>0.6, shape > 2%", ["detector", "shape"])
        >>> [(gate.name, gate.sign, gate.limit) for gate in gates]
        [('detector', '>', 0.6), ('shape', '>', 0.02)]
    """
    texts = [rules] if isinstance(rules, str) else list(rules or ())
    return tuple(_gate(one.strip(), names) for text in texts for one in text.split(",") if one.strip())


def _gate(text: str, names: Sequence[str]) -> Gate:
    found = _RULE.fullmatch(text)
    try:
        limit = float(found[3]) if found else None
    except ValueError:
        limit = None
    if found is None or limit is None:
        raise ConfigError(
            f"{WHERE}: {text!r} is no rule; a figure, one of > >= < <= and a number were expected, such as "
            "'detector_auc>0.6'"
        )
    name = ALIASES.get(found[1], found[1])
    if name not in names:
        known = [*names, *(alias for alias, result in ALIASES.items() if result in names)]
        raise ConfigError(f"{WHERE}: no figure {found[1]!r}; {near_miss(found[1], known)}")
    return Gate(text, name, found[2], limit / 100 if found[4] else limit)
