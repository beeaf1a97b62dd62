"""People are read out of linked tables with all that is theirs, and copies of them are caught in whatever table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgen.config import RunConfig
from synthgen.judging import SECTIONS, Judgement, Sides
from synthgen.judging.people import PeopleSection, people_of
from synthgen.linked.detecting import detect_links
from synthgen.linked.network import Network
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import split_people
from synthgen.metrics.base import Result
from synthgen.metrics.privacy.verdict import privacy_verdict
from synthgen.seeding import numpy_stream
from synthgen.table.table import Table
from tests.networks import network

Frames = dict[str, pd.DataFrame]


def sides_of(real: Frames, made: Frames, seed: int = 0) -> Sides:
    """Three in ten people held out, and made tables."""
    tables, other = ({name: Table.from_any(frame, name) for name, frame in one.items()} for one in (real, made))
    schema = detect_links(tables, RunConfig())
    train, held = split_people(tables, schema, Plan.of(schema, {}), 0.3, numpy_stream(seed, "split"))
    whole = frozenset(name for name in tables if len(train[name]) == len(tables[name]))
    sides = ({name: table.arrow for name, table in one.items()} for one in (train, held, other))
    return Sides(*(Network(one, schema) for one in sides), RunConfig(), whole)


def attacked(sides: Sides) -> dict[str, Result]:
    found = PeopleSection().compute(sides, np.random.default_rng(0))
    assert {group for group, _ in found} == {"privacy"}
    return {result.name: result for _, result in found}


def with_copies(sides: Sides, made: Frames, share: float) -> Frames:
    """The users, posts and readings of some training people, under new names, in place of as many made people."""
    train = {name: sides.train.tables[name].to_pandas() for name in ("users", "posts", "reads")}
    chosen = train["users"].id.sample(frac=share, random_state=0).tolist()
    given_up = made["users"].id.sample(len(chosen), random_state=0).tolist()
    names = dict(zip(chosen, given_up, strict=True))
    out = dict(made)
    for name, key in (("users", "id"), ("posts", "user_id"), ("reads", "user_id")):
        kept = made[name][~made[name][key].isin(given_up)]
        theirs = train[name][train[name][key].isin(chosen)].assign(**{key: lambda f, key=key: f[key].map(names)})
        if name == "posts":
            theirs["post_id"] = kept.post_id.max() + 1 + np.arange(len(theirs))
            theirs["reply_to_post"] = pd.NA
        out[name] = pd.concat([kept, theirs.astype(kept.dtypes)], ignore_index=True)
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_a_network_of_another_seed_gives_nobody_away(seed: int) -> None:
    results = attacked(sides_of(network(0), network(100 + seed), seed))
    assert privacy_verdict(list(results.values()))[0] == "pass"


def test_a_tenth_of_the_people_copied_under_new_names_is_caught() -> None:
    real, honest = network(0, 800), network(101, 800)
    copied = attacked(sides_of(real, with_copies(sides_of(real, honest), honest, 0.1)))
    caught = {name for name, result in copied.items() if (result.details.get("p") or 1) < 0.01}
    assert caught >= {"posting_times", "sequences"}  # many have no posts: their sums are those of others
    assert privacy_verdict(list(copied.values()))[0] == "fail"


def test_ties_of_real_people_under_new_names_are_caught() -> None:
    real, honest = network(0), network(101)
    sides = sides_of(real, honest)
    ties = sides.train.tables["follows"].to_pandas()
    names = dict(zip(real["users"].id, honest["users"].id, strict=True))
    copied = honest | {"follows": ties.apply(lambda end: end.map(names))}
    assert attacked(sides_of(real, copied))["follow_lists"].details["p"] < 0.01
    assert attacked(sides)["follow_lists"].details["p"] > 0.05


def test_people_are_read_with_all_that_is_theirs() -> None:
    real = network(0)
    sides = sides_of(real, network(1))
    found = people_of(sides)
    assert found is not None
    train, held, _ = found
    assert train.n_people + held.n_people == len(real["users"])
    users = sides.train.tables["users"].to_pandas()
    posts = real["posts"].set_index("user_id")
    number = int(users.index[users.id.isin(posts.index)][0])
    own = posts.loc[[users.id[number]]].sort_values("at")
    of_person = train.rows["posts"].person_M == number
    contents = train.rows["posts"].value_M.filter(of_person).to_pylist()
    assert [text.split("\x1f")[0] for text in contents] == own.kind.tolist()
    assert train.features["posts: rows"][number] == len(own)
    assert train.features["posts.kind: ad"][number] == pytest.approx((own.kind == "ad").mean())
    seconds = train.times["posts"].value_M.filter(of_person).to_pylist()
    assert pd.to_datetime(seconds, unit="s").strftime("%Y-%m-%d %H:%M:%S").tolist() == own["at"].tolist()
    reads = real["reads"][real["reads"].user_id == users.id[number]].film_id.astype(str)
    films = train.items["reads.film_id"]
    assert sorted(films.value_M.filter(films.person_M == number).to_pylist()) == sorted(reads)


def test_tables_in_which_no_row_is_anybodys_have_no_such_section() -> None:
    rng = np.random.default_rng(0)
    alone = {"visits": pd.DataFrame({"pages": rng.integers(0, 9, 200), "browser": rng.choice(["a", "b"], 200)})}
    assert PeopleSection().compute(sides_of(alone, alone), rng) == []


def test_the_section_is_shown_and_answers_for_the_network() -> None:
    assert any(isinstance(section, PeopleSection) for section in SECTIONS)
    sides = sides_of(network(0), network(101))
    found = Judgement(sides, {}, {"People": PeopleSection().compute(sides, np.random.default_rng(0))})
    assert found.verdicts[2].state == "pass"
