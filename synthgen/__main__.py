"""``python -m synthgen`` is the command ``synthgen``."""

from __future__ import annotations

from synthgen.cli.main import main

if __name__ == "__main__":
    main(prog_name="synthgen")
