"""One HTML file that opens from disk: results in, page out."""

from __future__ import annotations

from synthgen.reporting.page.build import write_page

__all__ = ["write_page"]
