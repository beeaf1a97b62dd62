from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.metrics.fidelity.missing import Missing
from synthgen.metrics.view import View


def test_the_worst_column_is_named_whatever_it_measures(views: Callable[..., tuple[View, View, View]]):
    tables = views(
        {"x": "numeric", "note": "text", "full": "numeric"},
        {"x": [1, None, 3, 4], "note": ["a b c", None, None, "d e f"], "full": [1, 2, 3, 4]},
        {"x": [1, 2], "note": ["g h i", None], "full": [1, 2]},
        {"x": [1, 2, 3, None], "note": ["j k l"] * 4, "full": [1, 2, 3, 4]},
    )
    result = Missing().compute(*tables, np.random.default_rng(0))
    assert result.value == 0.5
    assert result.floor == 0.25
    assert result.sentence.startswith("note")
    assert list(result.details["columns"]) == ["x", "note"]
