"""The page as text: what it says, what it lets in, how large it is. test_browser.py opens it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from synthgen.reporting.page import write_page
from synthgen.reporting.page.build import CHART_BYTES
from synthgen.reporting.words import show_figure

Made = Callable[..., dict[str, Any]]
LIMIT = 6_000_000
NASTY = "<img src=x onerror=alert({})>"
VOID = {"meta", "link", "input", "img", "circle", "line", "path", "rect"}


class Outline(HTMLParser):
    """Headings, landmarks, ids, links, words, and whether elements close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def embedded(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="chart-data">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_the_top_answers_three_questions_with_figures_and_what_to_do(made: Made) -> None:
    text = Outline(write_page(made())).text
    top = text[: text.index("Good to know")]
    for words in ("Is it faithful? Yes", "Is it useful? Look closer", "Is it private? No", "Do not share it"):
        assert words in top
    assert "Detector AUC 0.541 0.497" in top


def test_each_figure_has_floor_interval_direction_sentence_and_meaning(made: Made) -> None:
    metrics = made()
    page = write_page(metrics)
    for result in metrics["results"]:
        article = re.search(rf'<article class="result[^>]*id="result-{result["name"]}">(.*?)</article>', page, re.S)
        assert article
        if result["value"] is None:
            assert result["reason"] in article[1]
            continue
        direction = {"lower": "lower is better", "higher": "higher is better", "half": "0.5 is ideal"}
        wanted = [show_figure(result[key], result["unit"]) for key in ("value", "floor")]
        wanted += [show_figure(end, result["unit"]) for end in result["interval"] or []]
        for words in [*wanted, direction[result["direction"]], result["sentence"], result["meaning"]]:
            assert words in article[1]


def test_privacy_has_one_table_with_intervals(made: Made) -> None:
    page = write_page(made())
    table = page[page.index('<table class="overview">') :]
    assert "2.20 % to 4.20 %" in table[: table.index("</table>")]


def test_headings_landmarks_and_names_are_there_for_a_screen_reader(made: Made) -> None:
    page = Outline(write_page(made()))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert {"header", "main", "nav", "footer", "figcaption", "caption"} <= page.tags
    assert len(set(page.ids)) == len(page.ids)
    targets = {value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href" and value}
    assert targets <= set(page.ids)
    assert ("html", "lang", "en") in page.attributes


@pytest.mark.parametrize("name", [NASTY, "</script><script>alert({})</script>", "\u202e{}\x00", "{}\ud800", "&lt;{}"])
def test_a_name_is_only_ever_a_name(made: Made, name: str) -> None:
    page = write_page(made(name=name))
    outline = Outline(page.replace("\x00", ""))
    assert "img" not in outline.tags
    assert page.count("<script") == 2
    assert not [name for _, name, _ in outline.attributes if name.startswith("on") or name == "style"]
    assert embedded(page)["charts"]


def test_only_its_own_script_and_style_may_run(made: Made) -> None:
    page = write_page(made())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    for kind in ("script", "style"):
        inline = re.search(rf"<{kind}>(.*?)</{kind}>", page, re.S)
        assert inline
        digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]


def test_the_script_never_reads_text_as_markup_and_names_no_address() -> None:
    folder = files("synthgen.reporting.page")
    sources = {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".js")}
    for text in sources.values():
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|import\(", text)
        assert set(re.findall(r"https?://[^'\"]*", text)) <= {"http://www.w3.org/2000/svg"}


def test_nothing_is_loaded_from_elsewhere(made: Made) -> None:
    for tag, name, value in Outline(write_page(made())).attributes:
        assert not (tag == "link" and name == "href" and value != "data:,")
        assert name != "src"


def test_every_chart_is_there_without_a_script(made: Made) -> None:
    page = write_page(made())
    charts = [chart for result in made()["results"] for chart in result["charts"]]
    figures = re.findall(r"<figure.*?</figure>", page, re.S)
    assert len(figures) == len(charts)
    assert all("<table" in figure and "<figcaption" in figure for figure in figures)
    assert all("<details" not in figure or " open>" in figure for figure in figures)
    assert page.count('class="plot"') == len(embedded(page)["charts"]) == len(charts) - 1


@pytest.mark.parametrize("columns", [1, 300])
def test_the_page_stays_small(made: Made, columns: int) -> None:
    page = write_page(made(columns))
    assert len(page.encode()) < LIMIT
    assert ("Left out to keep the page small" in page) is False


def test_too_many_charts_keep_those_of_the_worst_columns(made: Made) -> None:
    metrics = made(40)
    shape = metrics["results"][1]
    metrics["results"][2]["charts"] = []
    line = {"name": "real", "x": list(range(8_000)), "y": [0.123456 + i for i in range(8_000)]}
    for chart in shape["charts"]:
        kept = {key: chart[key] for key in ("title", "alt", "column")}
        chart.clear()
        chart |= kept | {"kind": "lines", "x_label": "x", "y_label": "y", "series": [line]}
    page = write_page(metrics)
    assert len(page.encode()) < CHART_BYTES + 1_000_000
    drawn = {chart["column"] for chart in embedded(page)["charts"] if "column" in chart}
    errors = {column["name"]: column["error"] or -1.0 for column in metrics["columns"]}
    assert 0 < len(drawn) < 40
    assert min(errors[name] for name in drawn) >= max(errors[name] for name in set(errors) - drawn)
    assert "Left out to keep the page small; metrics.json holds it." in page


def test_2000_columns_stay_below_the_limit(made: Made) -> None:
    metrics = made(2)
    overlays = metrics["results"][1]["charts"]
    names = [f"a column with a long name {i}" for i in range(2000)]
    metrics["columns"] = [{"name": name, "type": "numeric", "error": 0.01, "floor": 0.01} for name in names]
    metrics["results"][1]["charts"] = [overlays[0] | {"column": name} for name in names]
    assert len(write_page(metrics).encode()) < LIMIT


def test_a_chart_of_an_unknown_column_stays_with_its_result(made: Made) -> None:
    metrics = made()
    metrics["columns"] = metrics["columns"][1:]
    page = write_page(metrics)
    article = page[page.index('id="result-shape"') :]
    assert "Values of column 0" in article[: article.index("</article>")]


def test_the_same_judgement_gives_the_same_bytes_and_is_left_as_it_was(made: Made) -> None:
    metrics = made()
    before = json.dumps(metrics)
    assert write_page(metrics) == write_page(metrics)
    assert json.dumps(metrics) == before


def test_a_judgement_of_nothing_is_still_a_page(made: Made) -> None:
    nothing = made() | {"columns": [], "results": [], "verdicts": [], "notes": [], "gates": [], "target": None}
    nothing["facts"] = {"versions": {}, "settings": {}, "data": {}, "cite": ""}
    assert Outline(write_page(nothing)).text.count("Nothing was measured here.") == 4


@pytest.mark.parametrize("direction", ["lower", "higher", "half"])
@pytest.mark.parametrize("unit", ["share", "score", "count"])
@pytest.mark.parametrize("value", [0.0, 1.0, -0.3, 1e-9, 7.5, 1e12])
def test_any_figure_has_a_place_on_its_scale(made: Made, value: float, unit: str, direction: str) -> None:
    metrics = made(1)
    shown = metrics["results"][0]
    shown |= {"value": value, "unit": unit, "direction": direction, "floor": None, "interval": [value, value]}
    page = write_page(metrics)
    article = page[page.index('id="result-types"') :]
    article = article[: article.index("</article>")]
    place = re.search(r'<circle cx="([0-9.]+)%"', article)
    assert place
    assert 3 <= float(place[1]) <= 97


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_worked_out_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_level_aa(theme: int) -> None:
    style = files("synthgen.reporting.page").joinpath("page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", re.findall(r":root \{(.*?)\}", style, re.S)[theme]))
    for ground in ("page", "card", "soft"):
        for ink in ("ink", "quiet", "link", "pass", "fail"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for text in ("own", "real"):
        assert contrast(colours[text], colours["card"]) >= 4.5, text
    for state in ("pass", "attention", "fail", "unknown"):
        assert contrast(colours[state], colours[f"{state}-soft"]) >= 4.5, state
    for mark in ("own", "real", "third", "fourth", "fifth", "heat-high", "heat-low", "focus"):
        assert contrast(colours[mark], colours["card"]) >= 3, mark
