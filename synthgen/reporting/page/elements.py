"""HTML that is safe by construction: text is escaped unless it already is an element."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Child = str | Iterable[str] | None
VOID = frozenset(("input", "meta", "br", "img", "circle", "line", "path", "rect"))
"""Elements without content; those of SVG end themselves."""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """One element with its children.

    Args:
        name: of the element.
        children: text is escaped, ``Html`` is not; a list is its items; None is nothing.
        attributes: a trailing ``_`` is dropped and any other becomes ``-``; None and False: left out.

    Example:
        >>> element("p", "a < b", element("b", "c"), class_="note", hidden=True)
        '<p class="note" hidden>a &lt; b<b>c</b></p>'
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Children one after the other.

    Example:
        >>> join(["a&b", [element("i", "c")], None])
        'a&amp;b<i>c</i>'
    """
    parts = []
    for child in children:
        if isinstance(child, Html):
            parts.append(str(child))
        elif isinstance(child, str):
            parts.append(escape(child))
        elif child is not None:
            parts.append(join(child))
    return Html("".join(parts))


def name_of(text: str) -> Html:
    """A name from the data: set apart, so that its writing direction stays its own."""
    return element("bdi", text)


def table(
    headings: Iterable[str], rows: Iterable[Iterable[tuple[str, bool]]], caption: str = "", **attributes: str
) -> Html:
    """A table in a box that scrolls by itself.

    Args:
        headings: one per column; a column whose cells are figures is aligned right with them. An empty one is no
            heading: a screen reader would name each cell below it by nothing.
        rows: cells as (content, whether it is a figure); the first cell of a row is its heading.
        caption: for those who cannot see it; none when empty.
        attributes: of the table.
    """
    body = [list(row) for row in rows]
    figures = [bool(body) and all(row[place][1] for row in body if place < len(row)) for place in range(_width(body))]
    head = [
        element("th", heading, scope="col", class_="figure" if place < len(figures) and figures[place] else None)
        if heading
        else element("td")
        for place, heading in enumerate(headings)
    ]
    lines = [
        element(
            "tr",
            [
                element(
                    "td" if place else "th",
                    content,
                    scope=None if place else "row",
                    class_="figure" if figure else None,
                )
                for place, (content, figure) in enumerate(row)
            ],
        )
        for row in body
    ]
    shown = element(
        "table",
        element("caption", caption, class_="unseen") if caption else None,
        element("thead", element("tr", head)),
        element("tbody", lines),
        **attributes,
    )
    return element("div", shown, class_="scroll", tabindex="0", role="group", aria_label=caption or "Table")


def _width(rows: list[list[tuple[str, bool]]]) -> int:
    return max(map(len, rows), default=0)
