"""From a run folder to what the page shows: curves, tokens, a walk, what scores hang on, unusual rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthgen.config import IMAGE_MODEL
from synthgen.errors import ConfigError, DataError, NotFittedError
from synthgen.inspecting.curves import curves, show_auc
from synthgen.inspecting.embedding import maps
from synthgen.inspecting.given import given_rows
from synthgen.inspecting.scored import leaning_part, rows_part
from synthgen.inspecting.subject import Subject, part, subject_of
from synthgen.inspecting.walking import STEPS, walk_pictures, walk_table
from synthgen.reporting.folder import write_text
from synthgen.reporting.page.inspection import write_inspection
from synthgen.reporting.words import show_figure
from synthgen.storage import model_of_run
from synthgen.synthesizers.base import Model
from synthgen.synthesizers.pictures import ImageSynthesizer
from synthgen.synthesizers.synthesizer import Synthesizer, load
from synthgen.training.progress import Progress, Silent


def inspect_run(
    run: str | Path | Synthesizer | ImageSynthesizer,
    out: str | Path | None = None,
    *,
    rows: Any = None,
    seed: int = 0,
    reading: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Look into a fitted model: how it learned, what tokens are to it, what its critic leans on, unusual rows.

    Args:
        run: a run folder, or a synthesizer that was fitted.
        out: an HTML file to write; None: nothing is written.
        rows: rows to be scored, a file or a frame with the columns of the training table; None: generated ones.
        seed: of the generated rows (those that ``sample`` draws with it) and of every other draw.
        reading: how a file of rows is read, see ``read_table``; what is left out is as in the run's settings.
        progress: is told what happens.

    Returns:
        What the page shows, JSON types only.

    Raises:
        SynthgenError: the run or the rows cannot be read, or the model cannot score rows.

    Example:
        >>> import pandas
        >>> table = pandas.DataFrame({"plan": ["free", "paid"] * 50, "visits": list(range(50)) * 2})
        >>> model = Synthesizer(training={"max_steps": 20}).fit(table)
        >>> [part["key"] for part in inspect_run(model)["parts"]]
        ['training', 'tokens', 'walk', 'leaning', 'rows']
    """
    progress = progress or Silent()
    if out is not None:
        _check_writable(Path(out))
    progress.stage("loading")
    fitted = _loaded(run) if isinstance(run, str | Path) else run
    if not hasattr(fitted, "facts_"):
        raise NotFittedError("synthesizer: not fitted; there is nothing to look into. Call fit(data) first")
    if isinstance(fitted, ImageSynthesizer):
        subject = None
        if rows is not None:
            raise ConfigError("rows: a model of pictures scores no rows; leave them out")
    else:
        subject = subject_of(fitted, seed)
    given = None
    if rows is not None and not isinstance(fitted, ImageSynthesizer):
        given = given_rows(fitted, subject, rows, reading or {})
    progress.stage("inspecting")
    parts = [_training(fitted), _tokens(subject), _walk(fitted, seed)]
    if subject is not None:
        parts += [leaning_part(subject), rows_part(subject, given)]
    else:
        none = "This model does not work on rows of tokens."
        parts += [part("leaning", said=[none]), part("rows", said=[none])]
    found = {
        "version": 1,
        "model": {"name": _model(fitted).name, "title": _model(fitted).title},
        "seed": seed,
        "top": _top(fitted, subject),
        "facts": {key: value for key, value in fitted.facts_.items() if key in ("data", "target", "training", "seed")},
        "parts": parts,
    }
    if out is not None:
        write_text(Path(out), write_inspection(found))
    return found


def _loaded(path: str | Path) -> Synthesizer | ImageSynthesizer:
    return ImageSynthesizer.load(path) if model_of_run(path) == IMAGE_MODEL else load(path)


def _model(fitted: Synthesizer | ImageSynthesizer) -> Model | ImageSynthesizer:
    """What has a name, a title and a latent space."""
    return fitted if isinstance(fitted, ImageSynthesizer) else fitted.model_


def _check_writable(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path}: is a folder; a file for the page was expected. Add a name, such as inspect.html")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: its folder does not exist; the page cannot be written. Create it or choose another")


# -------------------------------------------------------------------- how it learned
def _training(fitted: Synthesizer | ImageSynthesizer) -> dict[str, Any]:
    charts = curves(fitted.history_)
    if charts:
        return part("training", ["Each point is one look at the training, kept in history.jsonl."], charts)
    return part("training", ["Nothing was trained step by step here, so there are no curves."])


def _top(fitted: Synthesizer | ImageSynthesizer, subject: Subject | None) -> list[list[str]]:
    """Name and value of what is read first."""
    facts, training = fitted.facts_, fitted.facts_.get("training", {})
    top = [["Model", _model(fitted).title]]
    if (data := facts.get("data")) and "pictures" in data:
        top.append(["Learned from", f"{data['pictures']:,} pictures"])
    if data and "rows" in data:
        size = f"{data['rows']:,} rows" + (f", {data['columns']:,} columns" if "columns" in data else "")
        top.append(["Learned from", size])
    if "steps" in training:
        top.append(["Steps", f"{training['steps']:,}"])
    if training.get("held_out_loss") is not None:
        top.append(["Held-out loss", f"{training['held_out_loss']:.3f} nats"])
    looks = [entry for entry in fitted.history_ if entry.get("critic_auc") is not None]
    if judged := training.get("critic"):
        figures = {"critic_auc": judged["auc"], "critic_auc_low": judged["low"], "critic_auc_high": judged["high"]}
        top.append(["Critic AUC at the end", show_auc(figures)])
    elif looks:
        top.append(["Critic AUC, last look", show_auc(looks[-1])])
    qualities = [entry["quality"] for entry in fitted.history_ if entry.get("quality") is not None]
    if qualities:
        top.append(["Live quality", show_figure(qualities[-1], "share")])
    if subject is not None:
        top.append(["Critic", "none" if subject.score is None else "kept with the model"])
    return top


# -------------------------------------------------------------------- what is inside
def _tokens(subject: Subject | None) -> dict[str, Any]:
    vectors = [] if subject is None else subject.model.token_vectors()
    if subject is None or not vectors:
        return part("tokens", ["This model has no vectors for values: it does not learn what they mean."])
    charts = maps(vectors, subject.layout, subject.columns, subject.names)
    said = (
        "Every token, a value or a bin of a number, is a vector to the network; the maps show the two directions in "
        "which these differ most. Only names from the vocabularies are shown: no value that few rows hold."
    )
    return part("tokens", [said if charts else "The columns have too few different values for a map."], charts)


def _walk(fitted: Synthesizer | ImageSynthesizer, seed: int) -> dict[str, Any]:
    walk = _model(fitted).walk(STEPS, seed)
    if walk is None:
        return part("walk", [f"Model {_model(fitted).name!r} has no latent space, so there is nowhere to walk."])
    said = (
        f"Two points of the latent space were drawn, and {STEPS} points on the line between them decoded. Where things "
        "change step by step, near points mean near rows; sudden jumps, or no change at all, mean that the space is "
        "hardly used."
    )
    charts = [] if walk.rows is None else [walk_table(walk.rows)]
    return part("walk", [said], charts, pictures=[] if walk.pictures is None else walk_pictures(walk.pictures))
