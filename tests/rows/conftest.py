from __future__ import annotations

import pytest

from synthgen import Synthesizer
from synthgen.rows.known import Known
from tests.made import QUICK, accounts
from tests.rows.known_table import known_table


@pytest.fixture(scope="session")
def known() -> Known:
    """Knows the law of its table exactly."""
    return known_table()


@pytest.fixture(scope="session")
def fitted() -> Synthesizer:
    """Learned little, but every kind of column: a tie, a formula, a constant, identifiers, a missing cell."""
    return Synthesizer(random_state=0, **QUICK).fit(accounts())
