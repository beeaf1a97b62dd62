from __future__ import annotations

import pytest

from synthgen.errors import ConfigError
from synthgen.metrics import METRICS
from synthgen.metrics.base import Result
from synthgen.metrics.gates import ALIASES, read_gates

NAMES = [metric.name for metric in METRICS]
RESULTS = [
    Result("detector", "Detector AUC", 0.61, "half"),
    Result("copies", "Copies", 0.0, "lower"),
    Result("prediction", "Prediction", None, "higher", reason="no target"),
]


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        ("detector_auc>0.6", False),
        ("detector > 61%", True),
        ("detector>=0.61", False),
        ("exact_copies>0", True),
        ("exact_copies<=0", False),
        ("detector<0.5", True),
        ("prediction<0.8", False),  # not measured: nobody can say that it passes
    ],
)
def test_a_gate_fails_when_its_rule_holds_or_has_no_figure(rule: str, passed: bool):
    (gate,) = read_gates(rule, NAMES)
    assert gate.judge(RESULTS)["passed"] is passed
    assert gate.judge(RESULTS)["rule"] == rule


def test_rules_come_in_one_text_or_many():
    assert len(read_gates(["shape>0.1, trend>0.1", "copies>0"], NAMES)) == 3
    assert read_gates(None, NAMES) == read_gates("", NAMES) == read_gates([" , "], NAMES) == ()


def test_every_other_name_means_a_result_that_there_is():
    assert set(ALIASES.values()) <= set(NAMES)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("detektor_auc>0.6", "did you mean 'detector_auc'"),
        ("exact_copy>0", "did you mean 'exact_copies'"),
        ("detector", "is no rule"),
        ("detector=0.5", "is no rule"),
        ("detector>many", "is no rule"),
        ("detector>1.2.3", "is no rule"),
        ("0.5<detector", "is no rule"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(rule: str, words: str):
    with pytest.raises(ConfigError, match=words):
        read_gates(rule, NAMES)
