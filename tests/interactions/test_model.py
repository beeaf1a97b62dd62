from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from synthgen.errors import ConfigError, DataError, NotFittedError, RunError
from synthgen.graphs import GraphModel
from synthgen.interactions import InteractionModel, Interactions
from tests.graphs.planted import planted as planted_graph
from tests.interactions.planted import BLOCKS, IN_BLOCK, planted


@pytest.fixture(scope="module")
def fitted() -> tuple[Interactions, InteractionModel, Interactions]:
    real = planted()
    model = InteractionModel().fit(real)
    return real, model, model.sample(random_state=1)


def nearest(sets: Interactions, others: Interactions, itself: bool) -> np.ndarray:
    """Largest share of items in common with anyone of the others."""
    both = (sets.matrix() @ others.matrix().T).toarray()
    like = both / (sets.per_user_U[:, None] + others.per_user_U[None, :] - both)
    if itself:
        np.fill_diagonal(like, 0)
    highest: np.ndarray = like.max(1)
    return highest


def test_popularity_counts_and_planted_tastes_come_back(
    fitted: tuple[Interactions, InteractionModel, Interactions],
) -> None:
    real, _, made = fitted
    assert (made.n_users, made.n_items) == (real.n_users, real.n_items)
    assert len(made) == pytest.approx(len(real), rel=0.01)
    assert np.sort(made.per_user_U) == pytest.approx(np.sort(real.per_user_U), abs=1)  # heights are even: no luck
    assert np.corrcoef(made.per_item_I, real.per_item_I)[0, 1] > 0.98
    ranks = np.arange(1, IN_BLOCK + 1)
    for block in range(BLOCKS):
        share = made.per_item_I[block * IN_BLOCK :][:IN_BLOCK] / made.n_users
        real_share = real.per_item_I[block * IN_BLOCK :][:IN_BLOCK] / real.n_users
        assert np.log(share + 0.01) @ np.log(ranks) == pytest.approx(
            np.log(real_share + 0.01) @ np.log(ranks), rel=0.03
        )
    own = [_own_share(one) for one in (real, made)]
    assert own[1] == pytest.approx(own[0], abs=0.06)


def _own_share(taken: Interactions) -> float:
    table = np.zeros((taken.n_users, BLOCKS))
    np.add.at(table, (taken.user_E, taken.item_E // IN_BLOCK), 1)
    return float((table.max(1) / table.sum(1)).mean())


def test_nobody_takes_an_item_twice_and_nobody_is_a_real_user(
    fitted: tuple[Interactions, InteractionModel, Interactions],
) -> None:
    real, _, made = fitted
    assert made.counts().max() == 1
    near, floor = nearest(made, real, itself=False), nearest(real, real, itself=True)
    assert near.max() < 1
    assert np.median(near) < np.median(floor) + 0.02
    assert np.quantile(near, 0.99) < np.quantile(floor, 0.99) + 0.08


def test_the_same_seed_is_the_same_rows_and_another_is_not(
    fitted: tuple[Interactions, InteractionModel, Interactions],
) -> None:
    _, model, made = fitted
    for one, other in ((model.sample(random_state=1), True), (model.sample(random_state=2), False)):
        for name in ("user_E", "item_E", "rating_E", "time_E"):
            assert np.array_equal(getattr(one, name), getattr(made, name)) == other or name == "user_E"


def test_rows_come_by_user_and_in_time(fitted: tuple[Interactions, InteractionModel, Interactions]) -> None:
    made = fitted[2]
    assert made.time_E is not None
    assert np.array_equal(made.order_E, np.arange(len(made)))


def test_counts_that_are_asked_for_are_met(fitted: tuple[Interactions, InteractionModel, Interactions]) -> None:
    model = fitted[1]
    counts = np.array([0, 1, 240, 17, 0])
    made = model.sample(counts=counts, random_state=3)
    assert made.per_user_U.tolist() == counts.tolist()
    assert made.counts().max() == 1
    assert model.sample(0).n_users == 0
    for wrong in ([241], [-1], [1.5]):
        with pytest.raises(DataError, match="counts: 1 users ask for a number of items that is not a whole one from 0"):
            model.sample(counts=np.array(wrong))


def test_chunks_are_the_sample_and_none_is_large(
    fitted: tuple[Interactions, InteractionModel, Interactions], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted[1]
    monkeypatch.setattr("synthgen.interactions.model.CHUNK", 64)
    parts = list(model.chunks(150, random_state=4))
    whole = model.sample(150, random_state=4)
    assert [part.n_users for part in parts] == [64, 64, 22]
    assert np.array_equal(np.concatenate([part.item_E for part in parts]), whole.item_E)
    assert whole.user_E.max() == 149


def test_repeats_come_back_where_the_data_have_them() -> None:
    real = planted(200, rated=False, timed=False)
    many = np.where(np.arange(len(real)) % 4 == 0, 3, 1)
    again = Interactions.of(
        np.repeat(real.user_E, many), np.repeat(real.item_E, many), n_users=real.n_users, n_items=real.n_items
    )
    made = InteractionModel().fit(again).sample(random_state=1)
    shares = np.bincount(made.counts().data.astype(int), minlength=4) / made.counts().nnz
    assert shares == pytest.approx([0, 0.75, 0, 0.25], abs=0.03)  # four standard errors of 4,900 pairs
    assert made.rating_E is None
    assert made.time_E is None


def test_a_saved_model_draws_alike_and_holds_no_user(
    fitted: tuple[Interactions, InteractionModel, Interactions], tmp_path: Path
) -> None:
    real, model, made = fitted
    model.save(tmp_path / "run")
    again = InteractionModel.load(tmp_path / "run")
    drawn = again.sample(random_state=1)
    for name in ("user_E", "item_E", "rating_E", "time_E"):
        assert np.array_equal(getattr(drawn, name), getattr(made, name)), name
    again.save(tmp_path / "again")
    InteractionModel().fit(planted()).save(tmp_path / "twin")
    for file in (tmp_path / "run").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
        assert file.read_bytes() == (tmp_path / "twin" / file.name).read_bytes()
    for name, array in load_file(tmp_path / "run" / "weights.safetensors").items():
        assert real.n_users not in array.shape, name
        assert len(real) not in array.shape, name


def test_items_of_one_user_are_taken_as_often_by_anyone_and_which_ones_is_made_up() -> None:
    real = planted(300, rated=False, timed=False)
    odd = np.arange(240, 250)
    with_odd = Interactions.of(np.r_[real.user_E, np.full(10, 300)], np.r_[real.item_E, odd], n_users=301, n_items=260)
    model = InteractionModel().fit(with_odd)
    assert model.facts["items_learned"] <= 240
    made = model.sample(900, random_state=0)
    taken = np.flatnonzero(made.per_item_I[240:]) + 240
    assert 5 <= len(taken) <= 10
    assert set(taken) - set(odd)
    assert made.per_item_I[taken].sum() == pytest.approx(30, abs=25)  # users' shares of rare items vary much


def test_users_without_anything_stay_users() -> None:
    real = planted(100, rated=False, timed=False)
    wider = replace(real, n_users=200, n_items=real.n_items + 7)
    made = InteractionModel().fit(wider).sample(random_state=1)
    assert (made.per_user_U == 0).mean() == pytest.approx(0.5, abs=0.01)
    assert (made.per_item_I > 0).sum() <= (real.per_item_I > 0).sum()


def test_bad_calls_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="the model was not fitted"):
        InteractionModel().sample()
    with pytest.raises(NotFittedError, match="the model was not fitted"):
        InteractionModel().save(tmp_path / "run")
    few = Interactions.of(np.arange(4), np.arange(4))
    with pytest.raises(DataError, match="4 users took something; at least 10"):
        InteractionModel().fit(few)
    with pytest.raises(ConfigError, match="min_holders must be at least 1; got 0"):
        InteractionModel(min_holders=0).fit(planted(20))
    with pytest.raises(RunError, match="no such folder"):
        InteractionModel.load(tmp_path / "nothing")
    GraphModel().fit(planted_graph(60, 1, 0.2, 0.2)[0]).save(tmp_path / "graph")
    with pytest.raises(RunError, match="holds a model of another kind"):
        InteractionModel.load(tmp_path / "graph")


def test_where_no_item_is_common_users_are_still_made() -> None:
    rng = np.random.default_rng(0)
    real = Interactions.of(np.repeat(np.arange(50), 3), rng.permutation(150), n_users=50, n_items=150)
    made = InteractionModel().fit(real).sample(100, random_state=1)
    assert (made.per_user_U == 3).all()
    assert made.counts().max() == 1


def test_constant_single_items_work() -> None:
    real = Interactions.of(np.arange(20), np.zeros(20, int))
    made = InteractionModel().fit(real).sample(30)
    assert made.per_item_I.tolist() == [30]


def test_rows_of_users_are_met_where_items_are_taken_again_and_where_they_are_not(
    fitted: tuple[Interactions, InteractionModel, Interactions],
) -> None:
    rows = np.array([0, 1, 7, 40, 500])
    once = fitted[1].sample(rows=rows, random_state=2)
    assert once.per_user_U.tolist() == [0, 1, 7, 40, 240]  # there are no more items
    assert once.counts().max() == 1
    real = planted(200, rated=False, timed=False)
    twice = Interactions.of(*(np.repeat(code, 2) for code in (real.user_E, real.item_E)), n_items=real.n_items)
    made = InteractionModel().fit(twice).sample(rows=rows, random_state=2)
    assert made.per_user_U.tolist() == rows.tolist()
    assert set(np.unique(made.counts()[[2, 3]].data)) <= {1, 2}


def test_users_of_a_group_take_what_the_group_takes_and_only_items_that_may_be_taken(
    fitted: tuple[Interactions, InteractionModel, Interactions],
) -> None:
    real, model, _ = fitted
    group_U = model.groups_of(real)
    assert (group_U >= 0).all()
    block_U = np.arange(real.n_users) % BLOCKS
    asked = np.repeat(group_U[:BLOCKS], 50)
    even = np.arange(real.n_items) % 2 == 0
    made = model.sample(counts=np.full(len(asked), 10), groups=asked, items=even, random_state=3)
    assert not (made.item_E % 2).any()
    taken = np.bincount(np.repeat(block_U[:BLOCKS], 500) * BLOCKS + made.item_E // IN_BLOCK, minlength=BLOCKS**2)
    assert (taken.reshape(BLOCKS, BLOCKS).argmax(1) == block_U[:BLOCKS]).all()
    assert model.groups_of(Interactions.of(np.zeros(0), np.zeros(0), n_users=2, n_items=real.n_items)).tolist() == [
        -1,
        -1,
    ]
