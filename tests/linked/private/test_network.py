"""Private networks: nothing but noisy figures leaves the real tables, and what comes out is whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synthgen.dp.budget import Budget, Vocabulary
from synthgen.dp.noise import Noise
from synthgen.dp.selecting import FittedMarginals, Limits, fit_marginals
from synthgen.dp.settings import PrivacySettings
from synthgen.errors import ConfigError, PrivacyError, SchemaError
from synthgen.linked.keys import parent_rows
from synthgen.linked.private import telling
from synthgen.linked.private.allowance import Allowance
from synthgen.linked.private.network import PrivateNetwork, private_network
from synthgen.table.table import Table
from tests.people import FILMS, ODD, PEOPLE, game_links, games, links, real_tables


def without(tables: dict[str, Table], person: str) -> dict[str, Table]:
    """The same, without one person and all rows of theirs; rows of others that name them stay."""
    owns = {"users": "user_id", "posts": "user", "follows": "follower", "ratings": "user"}
    return {
        name: table
        if name not in owns
        else table.take(np.flatnonzero([v != person for v in table.column(owns[name]).to_pylist()]))
        for name, table in tables.items()
    }


def last(tables: dict[str, Table], person: str) -> dict[str, Table]:
    """The same, the rows of one person at the end: so that what chance draws for the others stays as it was."""
    others = without(tables, person)
    return {
        name: dataclasses.replace(table, arrow=pa.concat_tables([others[name].arrow, _only(table, others[name])]))
        for name, table in tables.items()
    }


def _only(table: Table, others: Table) -> pa.Table:
    held = {tuple(row.values()) for row in others.arrow.to_pylist()}
    return table.arrow.take(
        pa.array([n for n, row in enumerate(table.arrow.to_pylist()) if tuple(row.values()) not in held], pa.int64())
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limits(rounds=2, reference_rows=4_000)
    monkeypatch.setattr(telling, "fit_marginals", lambda *a, **k: fit_marginals(*a, **k, limits=few))


class Played:
    """The releases of a first run; a second one is given the same answers, and its questions are compared."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any, float, Any]] = []
        self.again: Iterator[tuple[str, Any, float, Any]] | None = None
        self.moved: dict[str, float] = {}

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gaussian, vocabulary, played = Budget.gaussian, Budget.vocabulary, self

        def noisy(budget: Allowance, values: np.ndarray, **asked: Any) -> tuple[np.ndarray, float]:
            exact = np.array(values, float)
            answer = gaussian(budget, values, **asked)
            if played.again is None:
                played.said.append((asked["step"], exact, asked["sensitivity"], (answer[0].copy(), answer[1])))
                return answer
            step, first, sensitivity, answer = next(played.again)
            assert (step, first.shape, sensitivity) == (asked["step"], exact.shape, asked["sensitivity"])
            played.compare(f"{budget.table}: {step}", float(np.linalg.norm(first - exact)), sensitivity)
            return answer

        def listed(budget: Allowance, values: pa.Array, counts: np.ndarray, **asked: Any) -> Vocabulary:
            exact = dict(zip(values.to_pylist(), np.asarray(counts, float).tolist(), strict=True))
            answer = vocabulary(budget, values, counts, **asked)
            if played.again is None:
                played.said.append(
                    (asked["step"], exact, 0.0, dataclasses.replace(answer, counts=answer.counts.copy()))
                )
                return answer
            step, first, _, answer = next(played.again)
            most = asked["most"]
            change = np.array([first.get(value, 0.0) - exact.get(value, 0.0) for value in {**first, **exact}])
            if asked.get("once"):
                assert np.abs(change).max() <= 1
            assert np.abs(change).sum() <= most
            played.compare(
                f"{budget.table}: {step}", float(np.linalg.norm(change)), np.sqrt(most) if asked.get("once") else most
            )
            return answer

        monkeypatch.setattr(Budget, "gaussian", noisy)
        monkeypatch.setattr(Budget, "vocabulary", listed)

    def compare(self, step: str, moved: float, sensitivity: float) -> None:
        assert moved <= sensitivity * (1 + 1e-9), f"{step}: moved by {moved}, stated is {sensitivity}"
        self.moved[step] = moved / sensitivity


def chances_by_row(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Chance that a row's place among the rows decides, call by call: for neighbours the same."""
    calls = [0]

    def uniform(noise: Noise, shape: int) -> np.ndarray:
        calls[0] += 1
        return np.random.default_rng([5, calls[0]]).random(shape)

    monkeypatch.setattr(Noise, "uniform", uniform)
    return calls


@pytest.mark.parametrize(("person", "rows_per_unit"), [(PEOPLE - 1, None), (PEOPLE - 1, 2), (7, 100)])
def test_nothing_but_what_the_noise_covers_tells_neighbours_apart(
    person: int, rows_per_unit: int | None, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the same noisy answers, two networks that differ in one person ask questions whose exact answers are no
    further apart than stated, and leave the very same tables: so nothing passes by the noise."""
    named = f"u{person:05d}x"
    tables = last(real_tables(), named)
    settings = PrivacySettings(epsilon=20.0, delta=1e-4, noise_seed=3, rows_per_unit=rows_per_unit)
    calls, played = chances_by_row(monkeypatch), Played()
    played.patch(monkeypatch)
    first = private_network(tables, links(), settings)
    played.again, calls[0] = iter(played.said), 0
    second = private_network(without(tables, named), links(), settings)
    assert next(played.again, None) is None
    for name in first.tables:
        assert first.tables[name].arrow.equals(second.tables[name].arrow), name
    assert first.ledger == second.ledger
    assert len(played.moved) > 40
    if rows_per_unit is None:  # who has most rows and is named most comes near what is stated
        assert played.moved["users: rows"] == played.moved["posts: rows"] == played.moved["ratings: rows"] == 1.0
        assert played.moved["follows: named: follows.followed"] > 0.7
        assert played.moved["ratings: items: ratings.film"] > 0.7


def test_people_and_things_without_a_table_and_rows_of_rows_are_covered_too(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last player has 30 matches, and others' shots name these; servers are those that enough players have."""
    tables, mine = games(), f"name {PEOPLE - 1}"
    kept = np.array([name != mine for name in tables["matches"].column("player").to_pylist()])
    theirs = set(np.asarray(tables["matches"].column("match"))[~kept].tolist())
    left = [n not in theirs for n in tables["shots"].column("match").to_pylist()]
    fewer = {
        "matches": tables["matches"].take(np.flatnonzero(kept)),
        "shots": tables["shots"].take(np.flatnonzero(left)),
    }
    settings = PrivacySettings(epsilon=30.0, delta=1e-3, noise_seed=3)
    calls, played = chances_by_row(monkeypatch), Played()
    played.patch(monkeypatch)
    first = private_network(tables, game_links(), settings)
    played.again, calls[0] = iter(played.said), 0
    second = private_network(fewer, game_links(), settings)
    assert (first.people.unit, first.people.order) == ("players", ("matches", "shots"))
    for name in first.tables:
        assert first.tables[name].arrow.equals(second.tables[name].arrow), name
    assert played.moved["players: rows"] == played.moved["matches: rows"] == 1.0
    matches, shots = (first.tables[name].arrow.to_pandas() for name in ("matches", "shots"))
    assert set(shots["match"]) | set(shots["in"].dropna()) <= set(matches["match"])
    assert set(matches["server"].dropna()) <= {f"server-{n}" for n in range(4)}  # no server that one player had
    assert not set(matches["player"]) & set(tables["matches"].column("player").to_pylist())
    began = shots.merge(matches, on="match")
    assert (began["at"] >= began["began"]).mean() > 0.99


@pytest.fixture(scope="module")
def made() -> PrivateNetwork:
    few = Limits(rounds=2, reference_rows=4_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(telling, "fit_marginals", lambda *a, **k: fit_marginals(*a, **k, limits=few))
        return private_network(real_tables(), links(), PrivacySettings(epsilon=20.0, delta=1e-4, noise_seed=1), seed=2)


def test_numbers_and_dates_are_merged_with_their_neighbours_and_each_count_has_its_own_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fits: list[tuple[dict[str, Any], FittedMarginals]] = []

    def fit(*values: Any, **asked: Any) -> FittedMarginals:
        fits.append((asked, fit_marginals(*values, **asked, limits=Limits(rounds=1, reference_rows=4_000, values=4))))
        return fits[-1][1]

    monkeypatch.setattr(telling, "fit_marginals", fit)
    private_network(real_tables(), links(), PrivacySettings(epsilon=20.0, delta=1e-4, noise_seed=1), seed=2)
    merged = [c for asked, law in fits for c, yes in zip(law.coarsenings, asked["ordered"], strict=True) if yes]
    assert sum(c.size < len(c.group_of) for c in merged) >= 3
    assert all((np.diff(c.group_of) >= 0).all() for c in merged)
    assert not all(yes for asked, _ in fits for yes in asked["ordered"])  # plan, whom somebody answers
    assert any(np.ptp(sd) > 0 for asked, _ in fits for _, sd in asked["one_way"] if np.ndim(sd))


def test_every_reference_leads_somewhere_and_no_pair_is_there_twice(made: PrivateNetwork) -> None:
    tables, schema = {name: table.arrow.combine_chunks() for name, table in made.tables.items()}, links()
    for reference in schema.references:
        values = tables[reference.table].column(reference.columns[0]).combine_chunks()
        row_N = parent_rows([values], [tables[reference.parent].column(reference.parent_columns[0]).combine_chunks()])
        assert (row_N[np.asarray(values.is_valid())] >= 0).all(), reference.text
        assert reference.columns == ("reply_to",) or values.null_count == 0
    for name, table in schema.tables.items():
        keys = list(zip(*(tables[name].column(c).to_pylist() for c in table.key), strict=True))
        assert len(set(keys)) == len(keys)
    assert all(
        a != b
        for a, b in zip(*(tables["follows"].column(c).to_pylist() for c in ("follower", "followed")), strict=True)
    )


def test_tables_come_as_the_real_ones_do(made: PrivateNetwork) -> None:
    for name, real in real_tables().items():
        assert made.tables[name].arrow.schema.equals(real.arrow.schema), name
    assert made.tables["films"].arrow.equals(real_tables()["films"].arrow)
    users = made.tables["users"].arrow.to_pandas()
    named = made.tables["follows"].arrow.to_pandas()["followed"].value_counts()
    assert (users["followers"] == users["user_id"].map(named).fillna(0)).all()
    posts = made.tables["posts"].arrow.to_pandas().merge(users, left_on="user", right_on="user_id")
    assert (posts["at"] >= posts["joined"]).all()


def test_no_identifier_and_nothing_that_one_person_holds_is_in_it(made: PrivateNetwork) -> None:
    real = real_tables()
    for name, columns in {"users": ["user_id"], "posts": ["post_id"]}.items():
        for column in columns:
            kept = set(made.tables[name].column(column).to_pylist()) & set(real[name].column(column).to_pylist())
            assert not kept, f"{name}.{column}"
    assert ODD not in made.tables["users"].column("motto").to_pylist()


def test_laws_of_counts_and_columns_come_through(made: PrivateNetwork) -> None:
    """At epsilon 20 noise is a few rows of 300 people; the numbers of rows come within a quarter."""
    real, tables = real_tables(), made.tables
    for name in ("posts", "follows", "ratings"):
        assert 0.75 < len(tables[name]) / len(real[name]) < 1.3, name
    stars = [np.bincount(t["ratings"].column("stars").to_numpy().clip(0, 6), minlength=7) for t in (real, tables)]
    shares = [one / one.sum() for one in stars]
    assert np.abs(shares[0] - shares[1]).sum() / 2 < 0.15
    drama = set(range(0, FILMS, 3))
    said = [np.mean([f in drama for f in t["ratings"].column("film").to_pylist()]) for t in (real, tables)]
    assert abs(said[0] - said[1]) < 0.1
    top = [set(_top(t["ratings"].column("film").to_pylist(), 8)) for t in (real, tables)]
    assert len(top[0] & top[1]) >= 5


def _top(values: list[Any], many: int) -> list[Any]:
    found, counts = np.unique(values, return_counts=True)
    return found[np.argsort(-counts)[:many]].tolist()


def test_the_ledger_is_whole_and_never_above_what_was_asked(made: PrivateNetwork) -> None:
    ledger = made.ledger
    assert 0.8 * 20 < ledger.epsilon_spent() <= 20.0
    assert ledger.delta_left > 0
    assert {entry.step.split(":")[0] for entry in ledger.entries} == {"users", "posts", "follows", "ratings"}
    assert set(ledger.by_table) == {"posts", "follows", "ratings"}
    assert "one person (row of users) with all rows that are theirs in posts, follows, ratings" in ledger.relation
    assert "rows of others that name them stay" in ledger.relation
    assert type(ledger).from_state(ledger.state()) == ledger
    assert any("followed" in note and "not protected" in note for note in made.notes)


def test_one_person_with_half_of_the_rows_is_cut(quick: None) -> None:
    tables = real_tables()
    posts = tables["posts"].arrow
    half = {c: posts.column(c).to_pylist() for c in posts.column_names}
    for n in range(len(posts)):
        for column, value in (
            ("post_id", 5_000_000 + n),
            ("user", "u00000x"),
            ("at", "2020-12-01 00:00:00"),
            ("likes", 987_654),
            ("reply_to", None),
        ):
            half[column].append(value)
    tables["posts"] = Table.from_any(pa.table(half, schema=posts.schema), "posts")
    found = private_network(tables, links(), PrivacySettings(epsilon=20.0, delta=1e-4, noise_seed=1, rows_per_unit=5))
    assert (np.array(found.tables["posts"].column("likes").to_pylist()) > 500_000).mean() < 0.02


def test_what_cannot_be_is_refused_in_a_sentence(quick: None) -> None:
    tables, some = real_tables(), PrivacySettings(epsilon=20.0, delta=1e-4, noise_seed=1)
    with pytest.raises(ConfigError, match=r'films: its rows belong to no row of .users.*"keep": true'):
        private_network(tables, links(films={"keep": False}), some, unit="users")
    with pytest.raises(ConfigError, match=r"'users', 'films' could be the people .* --unit TABLE"):
        private_network(tables, links(films={"keep": False}), some)
    with pytest.raises(ConfigError, match=r"unit: .* names the table of people, and no such table is called .user_id."):
        private_network(tables, links(), some, unit="user_id")
    for epsilon, more in ((0.01, "several times as much"), (0.2, r"(several times as much|epsilon [0-9.]+ or more)")):
        with pytest.raises(PrivacyError, match=rf"epsilon {epsilon} is too small for the .*people .* Ask for {more}"):
            private_network(tables, links(), PrivacySettings(epsilon=epsilon, delta=1e-6, noise_seed=1))
    untold = links()
    untold.tables["posts"].columns.column("at").options.clear()
    with pytest.raises(SchemaError, match=r"posts.at: how its times are written is not said"):
        private_network(tables, untold, some)
