from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from synthgen.errors import DataError
from synthgen.metrics.base import Result
from synthgen.reporting.metrics_file import SCHEMA_FILE, check_metrics, json_schema

Made = Callable[..., dict[str, Any]]


def test_the_schema_in_the_package_is_that_of_the_models() -> None:
    held = json.loads(files("synthgen.reporting").joinpath(SCHEMA_FILE).read_text(encoding="utf-8"))
    assert held == json_schema()
    assert held["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_result_has_the_keys_that_the_file_wants() -> None:
    keys = set(Result("a", "A", 0.0, "lower").to_json()) | {"group"}
    answer = json_schema()["$defs"]["Answer"]
    assert set(answer["required"]) == set(answer["properties"]) == keys


def test_a_whole_judgement_is_accepted(made: Made) -> None:
    check_metrics(made())
    check_metrics(made(1))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("version",), 2, "version"),
        (("strange",), 1, "strange: Extra inputs"),
        (("rows", "train"), "many", r"rows\.train"),
        (("results", 1, "value"), None, "neither a value nor a reason"),
        (("results", 1, "value"), float("nan"), "no word for"),
        (("results", 1, "direction"), "up", r"results\.1\.direction"),
        (("results", 1, "interval"), [0.1], r"results\.1\.interval"),
        (("results", 1, "charts", 0, "kind"), "pie", r"results\.1\.charts\.0"),
        (("results", 1, "charts", 0, "labels"), ["a"], "has 24 values for 1 labels"),
        (("results", 2, "charts", 0, "rows"), ["a"], "not 1 rows of 12"),
        (("verdicts", 0, "figures"), ["nothing"], "'nothing', which is no result"),
        (("gates", 0, "passed"), "yes", r"gates\.0\.passed"),
    ],
)
def test_what_does_not_belong_is_refused_by_its_place(made: Made, path: tuple[Any, ...], value: Any, said: str) -> None:
    metrics = made()
    part: Any = metrics
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(DataError, match=said):
        check_metrics(metrics)


def test_a_missing_key_is_refused(made: Made) -> None:
    metrics = made()
    del metrics["facts"]["cite"]
    with pytest.raises(DataError, match=r"facts\.cite: Field required"):
        check_metrics(metrics)
