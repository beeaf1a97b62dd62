"""CTGAN: the recipe of its paper, with conditions that act on the column asked for and classes at their true share.

What differs from the paper, and why. A number that was made goes back into the codec's cells, so it has the column's
grid, ends and tails, and no value of few people comes out; a value that many rows hold is a mode of its own. Generated
rows hold what they were asked for. They are asked for by true shares of all discrete columns, each as often, as while
learning: asked for one column alone, the others come out of what the critic has seen least of. Of these rows as many
are kept of each class of the target as there are; half of all rows are asked for by the target instead, for what goes
with a class comes out clearest so. Such training wanders: the weights of the best look are kept.

Letters: N rows, B rows in a batch, S slots, C discrete columns, M numbers, K entries of the conditional vector,
X entries of a row.

Source: Xu, Skoularidou, Cuesta-Infante, Veeramachaneni 2019, arXiv:1907.00503. Written from the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn

from synthgen.codec import Codec
from synthgen.columns.modes import Modes
from synthgen.columns.number_text import parse_numbers
from synthgen.columns.numeric import Numeric
from synthgen.layout import Layout
from synthgen.nets.ctgan import CtganCritic, CtganGenerator, Spans
from synthgen.nets.noise import noise_of
from synthgen.nets.rollout import CHUNK_ROWS
from synthgen.seeding import derived_seed, numpy_stream
from synthgen.synthesizers.adversarial import look_seed, play, resolved
from synthgen.synthesizers.base import Account, Job, TokenModel
from synthgen.training.adversarial import AdversarialTrainer
from synthgen.training.by_sampling import Asking, BySampling, vectors
from synthgen.training.devices import device_of
from synthgen.training.loop import new_network, split_held
from synthgen.training.quality import LiveQuality
from synthgen.training.settings import TrainingSettings

OWN: dict[str, Any] = {
    "loss": "wasserstein-gp",
    "batch_rows": 500,
    "packing": 10,
    "noise_width": 128,
    "generator_rate": 2e-4,
    "critic_rate": 2e-4,
    "beta1": 0.5,
    "beta2": 0.9,
    "average": 0.0,
    "epochs": 300,
    "max_steps": 10_000_000,
}
"""The paper's; what Adam remembers is that of the improved Wasserstein GAN, arXiv:1704.00028."""
MANY_VALUES = 24
"""A number of more values has modes: a span of them all is much to learn, and each is asked for too rarely."""


@dataclass(frozen=True)
class Fields:
    """Which slots are discrete and which are numbers.

    Attributes:
        discrete: slots that are spans of the row as they are.
        asked: those of them that can be asked for, as places in ``discrete``.
        numbers: the columns with modes, each with its slots.
    """

    discrete: list[int]
    asked: list[int]
    numbers: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, layout: Layout, codec: Codec) -> Fields:
        """Numbers of many values have modes; all else is discrete, the few values of a number too."""
        names = list(codec.modelled)
        numbers: dict[str, tuple[int, ...]] = {}
        for s, slot in enumerate(layout.slots):
            name = names[slot.column]
            if isinstance(codec.modelled[name].type, Numeric):
                if slot.level == 1:
                    numbers[name] = (slot.prefix[0], s)
                elif layout.sizes[s] > MANY_VALUES:
                    numbers[name] = (s,)
        taken = {s for slots in numbers.values() for s in slots}
        discrete = [s for s in range(len(layout.slots)) if s not in taken]
        asked = [i for i, s in enumerate(discrete) if layout.slots[s].level == 0]
        return cls(discrete, asked, numbers)


class Ctgan(TokenModel):
    """Modes of numbers, training by sampling, packs and a Wasserstein critic."""

    name: ClassVar[str] = "ctgan"
    title: ClassVar[str] = "CTGAN, written from its paper"
    unused: ClassVar[tuple[str, ...]] = (
        "critic",
        "sampling",
        *(f"training.{field}" for field in TrainingSettings.model_fields if field != "held_share"),
    )
    maker: Maker | None = None

    def learn(self, tokens_NS: np.ndarray, layout: Layout, job: Job) -> Account:
        config, device = job.config, job.device
        settings = resolved(config.adversarial, OWN)
        job.progress.stage("finding modes")
        fields = Fields.of(layout, self.codec)
        modes, in_mode_NM, place_NM = self._numbers(fields, job)
        tokens_NC = torch.from_numpy(tokens_NS[:, fields.discrete].astype(np.int64))
        counts = [torch.bincount(tokens_NC[:, i], minlength=layout.sizes[fields.discrete[i]]) for i in fields.asked]
        noise = (settings.noise_width, settings.noise)
        self.maker = maker = new_network(lambda: Maker(self.codec, layout, modes, counts, *noise), config.seed)
        maker.to(device)
        everything_NC = torch.cat([tokens_NC, torch.from_numpy(in_mode_NM)], 1).to(device)
        places = torch.from_numpy(place_NM).float().to(device)
        entries_NX = torch.cat([maker.generator.spans.hot(everything_NC), places], 1)
        train, held = split_held(len(tokens_NS), config.training.held_share, config.seed, job.unit_N)
        asked_NC = tokens_NC[:, fields.asked].to(device)
        sources = [BySampling(entries_NX[rows], asked_NC[rows], maker.spans) for rows in (train, held)]
        inputs = (entries_NX.shape[1] + maker.spans.width) * settings.packing
        critic = new_network(lambda: CtganCritic(inputs), config.seed)
        trainer = AdversarialTrainer(
            maker.generator,
            critic,
            sources[0],
            settings,
            config.seed,
            device,
            sources[1],
            beside=lambda: maker.generator.missed,
        )
        live = LiveQuality(layout, tokens_NS, config.seed)

        def quality(trainer: AdversarialTrainer) -> float:
            return live.measure(maker, torch.Generator(device).manual_seed(look_seed(trainer)))

        about = f"{len(layout.slots)} slots, {entries_NX.shape[1]:,} entries, {len(modes)} numbers with modes"
        training = play(trainer, job, quality, about)
        trainer.finish()
        return Account(training, trainer.history, trainer.interrupted)

    def _numbers(self, fields: Fields, job: Job) -> tuple[dict[str, Modes], np.ndarray, np.ndarray]:
        """The numbers' modes, and of every row its mode ``(N, M)`` (one more for missing) and its place within."""
        n_rows, seed, unit_N = len(job.table), job.config.seed, job.unit_N
        modes: dict[str, Modes] = {}
        in_mode_NM = np.zeros((n_rows, len(fields.numbers)), np.int64)
        place_NM = np.zeros((n_rows, len(fields.numbers)))
        raw = self.codec.learned_columns(job.table.arrow)
        for m, name in enumerate(fields.numbers):
            kind = self.codec.modelled[name].type
            values = parse_numbers(raw[name], kind.text.decimal if isinstance(kind, Numeric) else ".")
            there = np.isfinite(values)
            rng, whose = numpy_stream(seed, "modes", name), None if unit_N is None else unit_N[there]
            modes[name] = found = Modes.fit(values[there], rng, job.config.min_holders, whose)
            in_mode_NM[:, m] = len(found.share_K)
            mode, place = found.encode(values[there], numpy_stream(seed, "places", name))
            in_mode_NM[there, m], place_NM[there, m] = mode, place
        return modes, in_mode_NM, place_NM

    def draw(self, start: int, rows: int, seed: int) -> np.ndarray:
        """Each chunk has a random stream of its own, so that its rows do not depend on how many come after."""
        assert self.maker is not None
        parts = []
        for at in range(start, start + rows, CHUNK_ROWS):
            rng = torch.Generator(self.maker.device).manual_seed(derived_seed(seed, "sample", at))
            parts.append(self.maker.chunk(CHUNK_ROWS, rng)[: start + rows - at].cpu().numpy().astype(np.int32))
        return np.concatenate(parts) if parts else np.zeros((0, len(self.codec.layout().slots)), np.int32)

    def weights(self) -> dict[str, np.ndarray]:
        return {} if self.maker is None else self.maker.arrays()

    def read_weights(self, weights: dict[str, np.ndarray], training: dict[str, Any], device: str) -> None:
        layout, settings = self.codec.layout(), training["adversarial"]
        fields = Fields.of(layout, self.codec)
        modes = {
            name: Modes(*(weights[f"modes.{m}.{part}"] for part in PARTS)) for m, name in enumerate(fields.numbers)
        }
        counts = [torch.from_numpy(weights[f"counts.{i}"].copy()) for i in range(len(fields.asked))]
        self.maker = Maker(self.codec, layout, modes, counts, settings["noise_width"], settings["noise"])
        network = {k: torch.from_numpy(v.copy()) for k, v in weights.items() if not k.startswith(("modes.", "counts."))}
        self.maker.load_state_dict(network)
        self.maker.to(device_of(device)).eval()


NOTHING = -1
"""Asked for where there is no discrete column."""
PARTS = ("middle", "spread", "share")
TO_CHOOSE_FROM = 2
"""Rows made for each one kept by its target; a class that is wanted more often than it comes is asked for."""


class Maker(nn.Module):
    """Draws rows of tokens from a generator.

    Args:
        codec: of the table.
        layout: its slots.
        modes: of each number.
        counts: how many rows hold each value of each discrete column that can be asked for.
        noise_width: numbers in the noise of one row.
        noise: its law.
    """

    def __init__(
        self,
        codec: Codec,
        layout: Layout,
        modes: dict[str, Modes],
        counts: list[Tensor],
        noise_width: int,
        noise: str,
    ) -> None:
        super().__init__()
        self.codec, self.layout, self.modes, self.counts = codec, layout, modes, counts
        self.noise_width, self.noise, self.fields = noise_width, noise, Fields.of(layout, codec)
        sizes = [layout.sizes[s] for s in self.fields.discrete]
        self.spans = Spans([sizes[i] for i in self.fields.asked])
        spans = Spans([*sizes, *(len(found.share_K) + 1 for found in modes.values())])
        asked_K = torch.zeros(self.spans.width, dtype=torch.long)
        for first, size, i in zip(self.spans.first_N.tolist(), self.spans.sizes, self.fields.asked, strict=True):
            asked_K[first : first + size] = int(spans.first_N[i]) + torch.arange(size)
        self.generator = CtganGenerator(spans, len(modes), noise_width, asked_K)
        self.asking = Asking(self.spans, counts) if counts else None
        asked = [self.fields.discrete[i] for i in self.fields.asked]
        self.target = next((c for c, s in enumerate(asked) if s in layout.target), None)

    @property
    def device(self) -> torch.device:
        """Where the generator is."""
        return self.generator.out.weight.device

    @torch.no_grad()
    def chunk(self, n_rows: int, rng: torch.Generator) -> Tensor:
        """``(B, S)`` tokens of new rows, asked for by true shares; a discrete target has its true shares too."""
        if self.asking is None:
            return self.given(torch.full((n_rows,), NOTHING), rng)
        cpu = torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=rng, device=rng.device)))
        if self.target is None:
            return self.given(self.asking.draw(n_rows, cpu, true=True), rng)
        slot, counts = self.fields.discrete[self.fields.asked[self.target]], self.counts[self.target]
        n_practised = (n_rows + 1) // 2
        drawn_RS = self.given(self.asking.draw(TO_CHOOSE_FROM * n_practised, cpu, true=True), rng)
        wanted_B = torch.multinomial(counts.float(), n_rows, replacement=True, generator=cpu)
        rows_BS = torch.zeros(n_rows, drawn_RS.shape[1], dtype=torch.long)
        lacking_B = torch.ones(n_rows, dtype=torch.bool)
        for value in sorted(set(wanted_B.tolist())):
            places = (wanted_B[:n_practised] == value).nonzero()[:, 0]
            found = (drawn_RS[:, slot] == value).nonzero()[:, 0]
            both = min(len(places), len(found))
            rows_BS[places[:both]], lacking_B[places[:both]] = drawn_RS[found[:both]], False
        if lacking_B.any():
            rows_BS[lacking_B] = self.given(wanted_B[lacking_B] + int(self.spans.first_N[self.target]), rng)
        return rows_BS

    @torch.no_grad()
    def given(self, asked_B: Tensor, rng: torch.Generator) -> Tensor:
        """``(B, S)`` tokens of rows that hold what is asked for: a place in the conditional vector, or ``NOTHING``."""
        generator, device = self.generator, self.device
        learning = generator.training
        generator.eval()
        noise_BZ = noise_of(self.noise, (len(asked_B), self.noise_width), rng)
        vectors_BK = vectors(asked_B.to(device), self.spans.width) if self.spans.width else noise_BZ[:, :0]
        entries_BX = generator(noise_BZ, vectors_BK, rng)
        generator.train(learning)
        entries_BV, places_BM = entries_BX.cpu().split([generator.spans.width, len(self.modes)], 1)
        tokens_BS = torch.zeros(len(asked_B), len(self.layout.slots), dtype=torch.long)
        for i in sorted(
            range(len(self.fields.discrete)), key=lambda i: self.layout.slots[self.fields.discrete[i]].level
        ):
            first, size = int(generator.spans.first_N[i]), generator.spans.sizes[i]
            self._choose(self.fields.discrete[i], entries_BV[:, first : first + size], tokens_BS)
            if i in self.fields.asked:
                here = self.fields.asked.index(i)
                token_B = asked_B.cpu() - int(self.spans.first_N[here])
                hit_B = (token_B >= 0) & (token_B < size)
                tokens_BS[hit_B, self.fields.discrete[i]] = token_B[hit_B]
        modes_BM = generator.spans.tokens(entries_BV)[:, len(self.fields.discrete) :].numpy()
        for m, (name, slots) in enumerate(self.fields.numbers.items()):
            tokens_BS[:, list(slots)] = self._cells(name, modes_BM[:, m], places_BM[:, m].double().numpy())
        return tokens_BS

    def _choose(self, slot: int, chance_BW: Tensor, tokens_BS: Tensor) -> None:
        """The likeliest token of those that occur in the table and may follow the ones before."""
        kind = self.layout.slots[slot]
        if kind.follow is None:
            tokens_BS[:, slot] = chance_BW.argmax(1)
            return
        allowed_B1 = torch.as_tensor(kind.follow)[tuple(tokens_BS[:, s] for s in kind.prefix)][:, None]
        ruled_out = torch.arange(chance_BW.shape[1]) >= allowed_B1
        token_B = chance_BW.masked_fill(ruled_out, -1.0).argmax(1)
        none = torch.full_like(token_B, kind.none or 0)
        tokens_BS[:, slot] = torch.where(allowed_B1[:, 0] > 0, token_B, none)

    def _cells(self, name: str, mode_B: np.ndarray, place_B: np.ndarray) -> Tensor:
        """The codec's tokens, one for each slot, of numbers in modes; the last mode is missing."""
        found = self.modes[name]
        missing_B = mode_B == len(found.share_K)
        numbers_B = found.decode(np.minimum(mode_B, len(found.share_K) - 1), place_B)
        values = pa.array(numbers_B, pa.float64(), mask=missing_B)
        return torch.from_numpy(self.codec.modelled[name].encode(values, np.random.default_rng(0)).astype(np.int64))

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learned, by name."""
        found = {k: v.cpu().numpy() for k, v in self.state_dict().items()}
        for m, modes in enumerate(self.modes.values()):
            for part, array in zip(PARTS, (modes.middle_K, modes.spread_K, modes.share_K), strict=True):
                found[f"modes.{m}.{part}"] = array
        return found | {f"counts.{i}": count.numpy() for i, count in enumerate(self.counts)}
