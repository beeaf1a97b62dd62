from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synthgen.metrics.privacy.emitted import Emitted
from synthgen.metrics.view import View


def test_real_values_are_counted_per_column_and_never_quoted(views: Callable[..., tuple[View, View, View]]):
    tables = views(
        {"user": "identifier", "about": "text", "age": "numeric"},
        {"user": ["ann", "bob"], "about": ["likes tea", None], "age": [1, 2]},
        {"user": ["cid"], "about": ["likes tea"], "age": [1]},
        {"user": ["ann", "eve"], "about": ["other words", None], "age": [1, 2]},
    )
    result = Emitted().compute(*tables, np.random.default_rng(0))
    assert result.value == 1 / 3
    assert result.floor == 0.5
    assert result.details["columns"] == {"user": {"real": 1, "cells": 2}, "about": {"real": 0, "cells": 1}}
    assert "ann" not in str(result.to_json())
