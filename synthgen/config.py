"""TOML -> checked settings; an error names the file, the dotted key, what was expected and what is near."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from synthgen.dp.settings import PrivacySettings
from synthgen.errors import ConfigError, near_miss
from synthgen.training.settings import AdversarialSettings, CriticSettings, ImageSettings, TrainingSettings

Model = TypeVar("Model", bound=BaseModel)


class ColumnSettings(BaseModel):
    """What detection gets wrong of one column; other keys than ``type`` are options of that type.

    Example:
        >>> ColumnSettings(type="numeric", tail="heavy").options
        {'tail': 'heavy'}
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    type: str

    @property
    def options(self) -> dict[str, Any]:
        """Settings of the type."""
        return dict(self.model_extra or {})


ModelName = Literal[
    "gan",
    "one-shot",
    "ctgan",
    "vae",
    "independent",
    "resample",
    "sdv:ctgan",
    "sdv:tvae",
    "sdv:gaussian-copula",
    "sdv:copula-gan",
]
"""As in ``--model``, for tables."""
IMAGE_MODEL = "image"
"""As in ``--model``, for pictures."""
LINKED_MODEL = "linked"
"""The model of several tables, in the manifest of a run folder."""


class ModelSettings(BaseModel):
    """Which model is fitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Literal[ModelName, "image"] = "gan"


class SamplingSettings(BaseModel):
    """How rows are drawn.

    Attributes:
        steps: passes of the network for the first slots of all columns; None: one for each, the most faithful.
        guide: rows drawn for each that the critic lets pass; 1: it is not asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    steps: int | None = Field(default=None, ge=1)
    guide: float = Field(default=1.0, ge=1, le=32, allow_inf_nan=False)


class RunConfig(BaseModel):
    """Everything that decides a run, besides the data.

    Attributes:
        seed: of every random draw.
        target: the column that the rest is meant to predict; drawn last.
        context: columns that will be given where rows are asked for (``sample --like``), such as what is known of a
            post's author: most of the learning goes to the others.
        unit: the column that says whose a row is, such as ``user_id``: rows of one person count once where a value
            needs holders, and are trained on or held out together; None: each row is somebody else's. Of linked
            tables it is known from their references.
        holdout: share of the rows never trained on, for the evaluation; None: by the table's size.
        minutes: training stops there at the latest; None: when it is done.
        device: where to train; ``auto`` takes a GPU where there is one.
        min_holders: a value needs so many rows, or people where there is a unit, to enter a vocabulary.
        missing: what a missing cell looks like in a CSV; None: the usual marks.
        delimiter: between the cells of a CSV; None: found out.
        encoding: of a CSV; None: found out.
        decimal: point or comma; None: found out.
        columns: what detection gets wrong, by column.
        privacy: what the run may give away of any one person; nothing is promised where no epsilon is given.
        model: which model.
        training: how it is trained.
        critic: who judges, and teaches, while it is trained.
        sampling: how rows are drawn.
        adversarial: how it is trained against a critic, for models that are; what is left out is the model's choice.
        image: how pictures are learned and drawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    seed: int = Field(default=0, ge=0, lt=2**63)
    target: str | None = None
    context: list[str] = Field(default_factory=list)
    unit: str | None = None
    holdout: float | None = Field(default=None, gt=0, lt=1)
    minutes: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    min_holders: int = Field(default=5, ge=1)
    missing: list[str] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    decimal: Literal[".", ","] | None = None
    columns: dict[str, ColumnSettings] = Field(default_factory=dict)
    privacy: PrivacySettings = PrivacySettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    critic: CriticSettings = CriticSettings()
    sampling: SamplingSettings = SamplingSettings()
    adversarial: AdversarialSettings = AdversarialSettings()
    image: ImageSettings = ImageSettings()


def settings_of(config: RunConfig, leave_out: Sequence[str] = ()) -> dict[str, Any]:
    """Settings as they go to disk; of those that a model completes by a rule of its own, only what was set.

    Args:
        config: the settings.
        leave_out: top-level ones that had no part in the run.

    Example:
        >>> list(settings_of(RunConfig(image=ImageSettings(side=16)), ["training", "critic", "sampling", "columns"]))
        ['seed', 'device', 'min_holders', 'model', 'image']
    """
    ruled = {"adversarial": config.adversarial, "image": config.image, "privacy": config.privacy}
    empty = () if config.context else ("context",)
    settings = config.model_dump(mode="json", exclude_none=True, exclude={*ruled, *leave_out, *empty})
    given = {k: part.model_dump(mode="json", exclude_none=True, exclude_unset=True) for k, part in ruled.items()}
    given["privacy"].pop("noise_seed", None)  # whoever reads the settings could take the noise away
    return settings | {key: part for key, part in given.items() if part and key not in leave_out}


def load_config(path: Path | str | None = None, overrides: Mapping[str, Any] | None = None) -> RunConfig:
    """Settings from a TOML file, then from the command line where a flag was given.

    Args:
        path: the file; None for the defaults.
        overrides: top-level settings; those that are None leave the file's.

    Raises:
        ConfigError: the file cannot be read, or a setting is unknown or out of range.

    Example:
        >>> load_config(None, {"seed": 7, "minutes": None}).seed
        7
    """
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    settings = {} if path is None else _read(Path(path))
    if isinstance(of_file := settings.get("privacy"), dict) and "privacy" in given:
        given["privacy"] = of_file | given["privacy"]
    return check_settings(RunConfig, {**settings, **given}, "settings" if path is None else Path(path).name)


def check_settings(model: type[Model], settings: Mapping[str, Any], where: str) -> Model:
    """Settings as a checked model.

    Raises:
        ConfigError: the first thing wrong, and how many more there are.

    Example:
        >>> check_settings(RunConfig, {"trainin": {}}, "quick.toml")
        Traceback (most recent call last):
        synthgen.errors.ConfigError: quick.toml: no setting 'trainin'; did you mean 'training'?
    """
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        problems = error.errors()
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(f"{where}: {_sentence(model, problems[0])}{more}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        near = near_miss(path.name, [p.name for p in path.parent.glob("*.toml")]) if path.parent.is_dir() else ""
        hint = f"; {near}" if near.startswith("did") else "; a TOML file was expected"
        raise ConfigError(f"{path}: no such file{hint}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: is not UTF-8 text; a TOML file was expected") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name}: is not TOML: {error}") from None


_EXPECTED = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a table",
    "string_type": "a text",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
}
_LENGTHS = {"string_too_short": "one character", "string_too_long": "one character"}


def _sentence(model: type[BaseModel], problem: ErrorDetails) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    kind, given, details = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"no setting {key!r}; {_near(model, problem['loc'])}"
    if kind == "missing":
        return f"{key} is missing; it has no default"
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        limit = details[bound]
        return f"{key} must be {word} {limit if isinstance(limit, int) else f'{limit:g}'}; got {given!r}"
    if kind in _LENGTHS:
        return f"{key} must be {_LENGTHS[kind]}; got {given!r}"
    if kind == "literal_error":
        choices = [repr(choice) for choice in _choices(model, problem["loc"])]
        listed = " or ".join(part for part in (", ".join(choices[:-1]), choices[-1]) if part)
        return f"{key} must be {listed}; got {given!r}"
    if kind in _EXPECTED:
        return f"{key} must be {_EXPECTED[kind]}; got {given!r}"
    return f"{key}: {problem['msg'][:1].lower()}{problem['msg'][1:]}; got {given!r}"


def _near(model: type[BaseModel], location: Sequence[str | int]) -> str:
    """The nearest setting to an unknown one, as a dotted key."""
    owner, path = _owner(model, location)
    near = near_miss(str(location[-1]), owner.model_fields)
    return near.replace("'", "'" + path, 1) if path and near.startswith("did") else near


def _owner(model: type[BaseModel], location: Sequence[str | int]) -> tuple[type[BaseModel], str]:
    path = ""
    for part in location[:-1]:
        inner = model.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model, path = inner, f"{path}{part}."
    return model, path


def _choices(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    owner, _ = _owner(model, location)
    annotation = owner.model_fields[str(location[-1])].annotation
    found: list[str] = []
    for choice in get_args(annotation):
        found += [choice] if isinstance(choice, str) else [c for c in get_args(choice) if isinstance(c, str)]
    return found
