"""Models by name, and the synthesizer that makes them one tool."""

from __future__ import annotations

from synthgen.synthesizers.any_order import AnyOrderGan
from synthgen.synthesizers.base import Model
from synthgen.synthesizers.ctgan import Ctgan
from synthgen.synthesizers.independent import Independent
from synthgen.synthesizers.one_shot import OneShot
from synthgen.synthesizers.resample import Resample
from synthgen.synthesizers.sdv import SdvCopulaGan, SdvCtgan, SdvGaussianCopula, SdvTvae
from synthgen.synthesizers.vae import VaeModel

_SDV = (SdvCtgan, SdvTvae, SdvGaussianCopula, SdvCopulaGan)
_OURS = (AnyOrderGan, OneShot, Ctgan, VaeModel, Independent, Resample)
MODELS: dict[str, type[Model]] = {model.name: model for model in (*_OURS, *_SDV)}
"""As in ``--model``; ``synthgen.config.ModelName`` names them too, for the command line knows them without torch."""
