"""One virtual environment per system, built once and taken again as long as its requirements stay the same."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent


@dataclass(frozen=True)
class Environment:
    """How to build one environment."""

    name: str
    requirements: Path
    """A requirements file; for synthgen itself, its constraints."""
    editable: bool = False
    """Install this repository into it."""
    remove: tuple[str, ...] = ()
    """Companions that the requirements drag in, that the run does not use, and that break next to a CPU torch."""


ENVIRONMENTS = {
    environment.name: environment
    for environment in (
        Environment("judge", BENCHMARKS / "requirements/judge.txt"),
        Environment("sdv", BENCHMARKS / "requirements/sdv.txt"),
        Environment("argn", BENCHMARKS / "requirements/argn.txt", remove=("torchvision", "torchaudio")),
        Environment("marginals", BENCHMARKS / "requirements/marginals.txt"),
        Environment("peers", BENCHMARKS / "requirements/peers.txt"),
        Environment("synthgen", REPOSITORY / "constraints.txt", editable=True),
    )
}


class BuildError(RuntimeError):
    """An environment could not be built; the text says why."""


def python_of(folder: Path) -> Path:
    """The interpreter inside an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def recipe_hash(environment: Environment) -> str:
    """Changes when the environment has to be built anew."""
    digest = hashlib.sha256(environment.requirements.read_bytes())
    if environment.editable:
        digest.update((REPOSITORY / "pyproject.toml").read_bytes())
    return digest.hexdigest()


def ensure(name: str, work: Path) -> Path:
    """Build the environment if it is not there, and return its interpreter.

    Raises:
        BuildError: building failed; the log beside the environment has the rest.
    """
    environment = ENVIRONMENTS[name]
    folder, mark = work / "envs" / name, work / "envs" / f"{name}.ready"
    python = python_of(folder)
    if python.exists() and mark.exists() and mark.read_text("utf-8") == recipe_hash(environment):
        return python
    print(f"building the environment {name!r} (minutes, once)", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    install = ["-r", environment.requirements]
    if environment.editable:
        install = ["-c", environment.requirements, "-e", REPOSITORY]
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    steps = [[sys.executable, "-m", "venv", folder], [*pip, "install", *install]]
    if environment.remove:
        steps.append([*pip, "uninstall", "-y", *environment.remove])
    log = work / "envs" / f"{name}.log"
    with log.open("w", encoding="utf-8") as out:
        for step in steps:
            done = subprocess.run([str(part) for part in step], stdout=out, stderr=subprocess.STDOUT, check=False)
            if done.returncode:
                raise BuildError(f"environment {name!r}: pip ended with {done.returncode}; see {log}")
    mark.write_text(recipe_hash(environment), "utf-8")
    return python
