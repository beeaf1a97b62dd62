"""The page about a model: what it says, what it lets in, and how a Chromium shows it."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synthgen.reporting.page.inspection import write_inspection
from tests.reporting.test_browser import CHROMIUM, FAULTS, WAIT_MS, settle, tip
from tests.reporting.test_page import NASTY, Outline, embedded

PICTURE = (
    "data:image/png;base64,"
    + base64.b64encode(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f80f00010101001bb6ee56"
            "0000000049454e44ae426082"
        )
    ).decode()
)
Open = Callable[..., Any]


def part(key: str, title: str, *charts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": title, "question": "Why?", "said": [f"About {title}."], "charts": [*charts], **more}


def found(name: str = "plan") -> dict[str, Any]:
    """One chart of each kind that the page knows and the report does not."""
    critic = {
        "name": "critic",
        "x": [10, 20, 30],
        "y": [0.8, 0.7, 0.55],
        "low": [0.7, 0.6, 0.5],
        "high": [0.9, 0.8, 0.6],
    }
    curve = {
        "kind": "lines",
        "title": "Can the critic tell?",
        "alt": "It falls.",
        "x_label": "step",
        "y_label": "area",
        "series": [critic, {"name": "guessing", "x": [10, 30], "y": [0.5, 0.5]}],
    }
    only = {"name": "network", "x": [10], "y": [1.0], "low": [0.5], "high": [1.5]}
    single = curve | {"title": "One look", "series": [only]}
    tokens = {
        "kind": "points",
        "title": name,
        "alt": "The line joins tokens.",
        "x_label": "first direction",
        "y_label": "second direction",
        "series": [
            {
                "name": "in order",
                "x": [0.0, 1.0, 2.0],
                "y": [1.0, 0.0, 1.0],
                "labels": [f"{name}: {i}" for i in range(3)],
                "shade": [0.0, 0.5, 1.0],
                "joined": True,
            },
            {"name": "without a place", "x": [3.0], "y": [0.5], "labels": ["missing"]},
        ],
    }
    bars = {
        "kind": "bars",
        "title": "What the critic leans on",
        "alt": "Plan.",
        "labels": [name, "posts"],
        "series": {"change of the score": [0.5, 0.0]},
        "unit": "score",
    }
    rows = {
        "kind": "table",
        "title": "Lowest scores",
        "alt": "Two rows.",
        "headings": ["Row", "Score", "Below", "Pushed down by"],
        "rows": [["1,024", -1.5, "0.1 %", f"{name}: pro (-0.50)"]],
    }
    return {
        "version": 1,
        "model": {"name": "gan", "title": "any-order conditional generator"},
        "seed": 3,
        "top": [["Model", "any-order conditional generator"], ["Steps", "1,342"]],
        "facts": {"seed": 0, "training": {"width": 128}},
        "parts": [
            part("training", "Training", curve, single),
            part("tokens", "Tokens", tokens),
            part("walk", "Latent walk", pictures=[{"source": PICTURE, "alt": f"Picture {i} of 3"} for i in (1, 2, 3)]),
            part("leaning", "What scores lean on", bars),
            part("rows", "Unusual rows", rows),
        ],
    }


def test_everything_is_on_the_page_and_in_the_contents() -> None:
    page = write_inspection(found())
    outline = Outline(page)
    for words in ("Inside the model", "seed of this page 3", "Steps 1,342", "About Unusual rows.", "pro (-0.50)"):
        assert words in outline.text
    assert outline.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    targets = {value[1:] for tag, name, value in outline.attributes if tag == "a" and name == "href" and value}
    assert targets <= set(outline.ids)
    assert {"training", "tokens", "walk", "leaning", "rows", "facts"} <= targets
    assert len(embedded(page)["charts"]) == 4


def test_intervals_and_names_of_points_are_in_the_tables_too() -> None:
    text = Outline(write_inspection(found())).text
    assert "critic 0.5 to 0.6 30 0.55" in text
    assert "without a place missing 3 0.5" in text


def test_only_its_own_script_may_run_and_pictures_are_within() -> None:
    page = write_inspection(found())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    sources = [value for _, name, value in Outline(page).attributes if name == "src"]
    assert sources == [PICTURE] * 3
    assert "http" not in re.sub(r"<style>.*?</style>|<script>.*?</script>|http-equiv", "", page, flags=re.S)


@pytest.mark.parametrize("name", [NASTY, "</script><script>alert({})</script>", "{}\ud800"])
def test_a_name_is_only_ever_a_name(name: str) -> None:
    page = write_inspection(found(name))
    assert page.count("<script") == 2
    assert not [key for _, key, _ in Outline(page).attributes if key.startswith("on") or key == "style"]


def test_the_same_findings_give_the_same_bytes() -> None:
    assert write_inspection(found()) == write_inspection(found())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None or shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=WAIT_MS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens findings; at the end nothing was said on the console and nothing asked of the network."""
    faults: list[str] = []
    contexts: list[Any] = []

    def open_page(findings: dict[str, Any], width: int = 1280, **settings: Any) -> Any:
        file = tmp_path / "inspect.html"
        file.write_text(write_inspection(findings), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url))
        page.goto(file.as_uri())
        page.locator(".plot svg").nth(3).wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    known = ("data:", (tmp_path / "inspect.html").as_uri())
    assert [fault for fault in faults if not fault.startswith(known)] == []


def test_intervals_are_drawn_and_read(opened: Open) -> None:
    page = opened(found())
    band = page.locator("#training .band")
    assert band.count() == 2
    assert band.nth(1).bounding_box()["width"] >= 8  # of a single look too
    area, line = (page.locator(f"#training .plot > svg .{kind}").first.bounding_box() for kind in ("band", "stroke"))
    assert area["height"] > line["height"]  # it reaches beyond the line at both ends
    page.locator("#training .plot").first.focus()
    settle(page)
    page.keyboard.press("End")
    assert tip(page) == "step 30 critic 0.55 (0.5 to 0.6) guessing 0.5"
    alone = page.locator("#training .plot").nth(1).locator("> svg .stroke")
    assert alone.bounding_box()["width"] >= 8  # one look is seen


def test_tokens_are_joined_coloured_and_named(opened: Open) -> None:
    page = opened(found())
    colours = page.eval_on_selector_all(
        "#tokens .shaded.cloud", "nodes => nodes.map((n) => getComputedStyle(n).stroke)"
    )
    assert len(set(colours)) == 3
    assert page.get_attribute("#tokens .thread", "d").count("L") == 2
    assert "in order, lowest" in page.inner_text("#tokens .legend")
    page.locator("#tokens .plot").focus()
    settle(page)
    page.keyboard.press("End")
    assert tip(page).startswith("missing first direction 3")
    page.keyboard.press("Home")
    assert tip(page).startswith("plan: 0 first direction 0")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_a_screen_reader(opened: Open, theme: str) -> None:
    page = opened(found(), 390, color_scheme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("details.section:not([open])").count() == 0
    assert page.inner_text("#open-all") == "Close all"
    assert page.locator(".pictures img").evaluate_all("nodes => nodes.every((n) => n.alt && n.naturalWidth === 1)")
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    nothing: dict[str, Any] = {"headings": 0, "controls": [], "pictures": 0, "ids": [], "skipped": 0}
    assert page.evaluate(FAULTS) == nothing
