"""The page in a real Chromium, from disk; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synthgen.reporting.page import write_page

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
WAIT_MS = 60_000
"""A busy machine may take long to start a browser."""
NASTY = "<img src=x onerror=alert({})>"
Made = Callable[..., dict[str, Any]]
Open = Callable[..., Any]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=WAIT_MS)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a judgement; at the end nothing was said on the console and nothing asked of the network."""
    faults: list[str] = []
    contexts: list[Any] = []

    def open_page(metrics: dict[str, Any], width: int = 1280, **settings: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text(write_page(metrics), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda request: None if request.url == file.as_uri() else faults.append(request.url))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for fault in faults if fault != "data:,"] == []


def settle(page: Any) -> None:
    """Wait until a scroll that was asked for is over: it hides the tip, and a browser does it one frame later."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def tip(page: Any) -> str:
    page.locator("#tip").wait_for()  # what is hidden has no line breaks
    return " ".join(page.inner_text("#tip").split())


def hover(page: Any, plot: str, across: float, down: float) -> None:
    picture = page.locator(f"{plot} > svg").first
    for _ in range(50):  # charts that come into sight are drawn then, and may move the page again
        picture.scroll_into_view_if_needed()
        settle(page)
        box = picture.bounding_box()
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        settle(page)
        if page.locator("#tip").is_visible():
            return
    raise AssertionError(f"{plot}: no tip is shown at {across:.0%} across, {down:.0%} down")


def test_sections_open_with_the_keyboard_and_by_link(made: Made, opened: Open) -> None:
    page = opened(made())
    assert page.locator("details.section[open]").count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#fidelity > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#fidelity").evaluate("node => node.open")
    outline = page.locator("#fidelity > summary").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    page.click("a[href='#result-membership'] >> nth=0")
    page.locator("#privacy[open]").wait_for(state="attached")
    page.click("#open-all")
    assert page.locator("details.section:not([open])").count() == 0
    assert page.get_attribute("#open-all", "aria-pressed") == "true"


def test_pointing_and_arrow_keys_show_figures(made: Made, opened: Open) -> None:
    metrics = made()
    page = opened(metrics)
    page.click("#open-all")
    page.locator("#fidelity .heat .cross").nth(2).wait_for(state="attached")
    hover(page, "#fidelity .heat .plot", 0.6, 0.05)
    said = tip(page)
    real, synthetic, difference = (
        float(said.split(name)[-1].split()[0]) for name in ("Real", "Synthetic", "Difference")
    )
    assert difference == pytest.approx(synthetic - real, abs=0.011)
    assert page.locator("#fidelity .cross[visibility=visible]").count() == 3
    plot = page.locator("#utility .bars .plot").first
    plot.focus()
    settle(page)
    page.keyboard.press("End")
    assert tip(page) == "boosting trained on real 0.930 trained on synthetic none on both 0.930"
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    page.locator("#fidelity .lines .plot").first.focus()
    settle(page)
    page.keyboard.press("ArrowRight")
    assert tip(page).startswith("false-positive rate 0 real 0")
    page.locator("#privacy .points .plot").first.focus()
    settle(page)
    page.keyboard.press("End")
    assert "true-positive rate" in tip(page)


def test_300_columns_can_be_searched_sorted_and_looked_at(made: Made, opened: Open) -> None:
    metrics = made(300)
    metrics["results"][2]["charts"] = []
    page = opened(metrics)
    page.click("#columns > summary")
    rows = page.locator("#columns-table tbody tr[data-column]:visible")
    page.locator("#column-panel .plot svg").first.wait_for(state="attached")
    assert rows.count() == 25
    page.click("#column-more")
    assert rows.count() == 300
    page.fill("#column-search", "column 29")
    assert rows.count() == 11
    assert page.inner_text("#column-count") == "11 of 300 columns"
    page.select_option("#column-type", "text")
    assert rows.count() == 3  # 29, 294, 299
    page.fill("#column-search", "")
    page.select_option("#column-type", "")
    page.click("#columns-table thead th:first-child button")
    assert [rows.nth(i).locator("bdi").inner_text() for i in range(3)] == ["column 0", "column 1", "column 2"]
    assert page.get_attribute("#columns-table thead th:first-child", "aria-sort") == "ascending"
    rows.nth(1).hover()
    assert page.inner_text("#column-panel h3") == "column 1"
    rows.nth(2).locator("button").click()
    rows.nth(4).hover()
    assert page.inner_text("#column-panel h3") == "column 2"
    assert rows.nth(2).locator("button").get_attribute("aria-expanded") == "true"
    hover(page, "#column-panel .plot", 0.5, 0.4)
    assert "synthetic" in tip(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(made: Made, opened: Open, theme: str) -> None:
    page = opened(made(), 390, color_scheme=theme, reduced_motion="reduce")
    page.click("#open-all")
    page.locator("#columns-table .choose").first.click()
    page.locator(".drawn-row .plot svg").first.wait_for(state="attached")
    assert page.locator("#columns-table tbody th").first.bounding_box()["width"] > 150
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 384) == (theme == "light")


FAULTS = """() => {
  const name = (node) => (node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent).trim();
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((node) => Number(node.tagName[1]));
  return {
    headings: [...document.querySelectorAll("th")].filter((node) => !name(node)).length,
    controls: [...document.querySelectorAll("a, button, input, select, summary, [tabindex='0'], [role=img]")]
      .filter((node) => !name(node)).map((node) => node.outerHTML.slice(0, 80)),
    pictures: [...document.querySelectorAll("svg")]
      .filter((node) => !node.closest("[aria-hidden=true]") && !node.closest("[aria-label]")).length,
    ids: ids.filter((id, i) => ids.indexOf(id) !== i),
    skipped: levels.filter((level, i) => i && level > levels[i - 1] + 1).length,
  };
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_screen_reader_needs_is_there_with_all_sections_open(made: Made, opened: Open, theme: str) -> None:
    page = opened(made(), color_scheme=theme)
    page.click("#open-all")
    page.locator("#fidelity .heat .cross").nth(2).wait_for(state="attached")
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    nothing: dict[str, Any] = {"headings": 0, "controls": [], "pictures": 0, "ids": [], "skipped": 0}
    assert page.evaluate(FAULTS) == nothing


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_in_coloured_cells_bring_their_own_ground(made: Made, opened: Open, theme: str) -> None:
    page = opened(made(4), color_scheme=theme)
    page.click("#open-all")
    page.wait_for_selector("#fidelity .in-cell")
    ground = "(style) => [style.paintOrder.split(' ')[0], parseFloat(style.strokeWidth) >= 3, style.fill, style.stroke]"
    order, wide, ink, halo = page.evaluate(f"({ground})(getComputedStyle(document.querySelector('.in-cell')))")
    assert (order, wide) == ("stroke", True)
    dark, light = sorted(sum(map(int, colour[4:-1].split(","))) for colour in (ink, halo))
    assert light - dark > 500


def test_print_shows_everything_on_white(made: Made, opened: Open) -> None:
    page = opened(made(), color_scheme="dark")
    assert page.pdf(format="A4").startswith(b"%PDF-")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details.section:not([open])").count() == 0
    assert page.locator(".column-pictures.printed .plot svg:visible").count() > 0
    assert page.locator(".contents, .tools").first.is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.section[open]").count() == 0


def test_without_a_script_sections_and_tables_still_open(made: Made, opened: Open) -> None:
    page = opened(made(), java_script_enabled=False)
    page.click("#fidelity > summary")
    assert page.locator("#fidelity .heat table").first.is_visible()
    page.click("#columns > summary")
    assert page.locator(".column-pictures table").first.is_visible()
    assert page.locator("#column-search").is_hidden()


def test_a_column_named_like_markup_does_nothing(made: Made, opened: Open) -> None:
    page = opened(made(name=NASTY))
    page.click("#open-all")
    page.locator("#column-panel .plot svg").first.wait_for(state="attached")
    hover(page, "#fidelity .heat .plot", 0.6, 0.1)
    assert "<img src=x onerror=alert(" in tip(page)
    assert page.locator("img").count() == 0
