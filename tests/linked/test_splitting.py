from __future__ import annotations

import numpy as np
import pandas as pd

from synthgen.config import RunConfig
from synthgen.linked.detecting import detect_links
from synthgen.linked.plan import Plan
from synthgen.linked.splitting import kept_ties, split_people
from synthgen.table.table import Table


def tables(**frames: pd.DataFrame) -> dict[str, Table]:
    return {name: Table.from_any(frame, name) for name, frame in frames.items()}


def test_people_are_held_out_with_all_that_is_theirs_at_any_depth() -> None:
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"id": range(60), "age": rng.integers(18, 60, 60)})
    posts = pd.DataFrame({"post_id": range(300), "user_id": rng.integers(0, 60, 300), "likes": rng.poisson(2, 300)})
    likes = pd.DataFrame({"post_id": rng.integers(0, 300, 900), "stars": rng.integers(1, 6, 900)})
    ends = rng.integers(0, 60, (400, 2))
    follows = pd.DataFrame(ends[ends[:, 0] != ends[:, 1]], columns=["follower", "followee"]).drop_duplicates()
    whole = tables(users=users, posts=posts, likes=likes, follows=follows)
    schema = detect_links(whole, RunConfig())
    stay, held = split_people(whole, schema, Plan.of(schema, {}), 0.2, np.random.default_rng(0))
    people = [set(part["users"].column("id").to_pylist()) for part in (stay, held)]
    assert len(people[1]) == 12
    assert people[0] | people[1] == set(range(60))
    for part, own in zip((stay, held), people, strict=True):
        assert set(part["posts"].column("user_id").to_pylist()) <= own
        assert set(part["likes"].column("post_id").to_pylist()) <= set(part["posts"].column("post_id").to_pylist())
    assert all(len(stay[name]) + len(held[name]) == len(whole[name]) for name in whole)
    assert (
        set(stay["follows"].column("follower").to_pylist() + stay["follows"].column("followee").to_pylist())
        <= people[0]
    )


def test_people_without_a_file_are_held_out_from_all_tables_alike_and_a_catalogue_stays() -> None:
    rng = np.random.default_rng(0)
    films = pd.DataFrame({"film_id": range(40), "length": rng.integers(60, 200, 40)})
    ratings = pd.DataFrame({"user_id": rng.integers(0, 50, 800), "film_id": rng.integers(0, 40, 800), "stars": 3})
    notes = pd.DataFrame({"user_id": rng.integers(0, 50, 200), "film_id": rng.integers(0, 40, 200), "length": 5})
    whole = tables(films=films, ratings=ratings, notes=notes)
    schema = detect_links(whole, RunConfig())
    stay, held = split_people(whole, schema, Plan.of(schema, {}), 0.3, np.random.default_rng(0))
    for name, other in (("ratings", "notes"), ("notes", "ratings")):
        assert not set(stay[name].column("user_id").to_pylist()) & set(held[other].column("user_id").to_pylist())
    assert 5 <= len(set(held["ratings"].column("user_id").to_pylist())) <= 25
    assert len(stay["films"]) == len(held["films"]) == 40


def test_no_answer_leads_from_one_side_to_the_other() -> None:
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"id": range(60), "age": rng.integers(18, 60, 60)})
    posts = pd.DataFrame({"post_id": range(300), "user_id": rng.integers(0, 60, 300), "likes": rng.poisson(2, 300)})
    posts["reply_to_post"] = pd.array(rng.integers(0, 300, 300)).astype("Int64")
    whole = tables(users=users, posts=posts)
    schema = detect_links(whole, RunConfig())
    assert "posts.reply_to_post -> posts.post_id" in {r.text for r in schema.references}
    for side in split_people(whole, schema, Plan.of(schema, {}), 0.3, np.random.default_rng(0)):
        answered = {one for one in side["posts"].column("reply_to_post").to_pylist() if one is not None}
        assert 0 < len(answered)
        assert answered <= set(side["posts"].column("post_id").to_pylist())


def test_the_share_of_ties_that_stays_is_told() -> None:
    users = pd.DataFrame({"id": range(4), "age": [20, 30, 40, 50]})
    ends = [(0, 1), (1, 2), (2, 3), (3, 0)]  # of six ends of those who stay four belong to ties that stay
    whole = tables(users=users, follows=pd.DataFrame(ends, columns=["follower", "followee"]))
    schema = detect_links(whole, RunConfig())
    stay = {"users": whole["users"].take(np.arange(3)), "follows": whole["follows"].take(np.arange(2))}
    assert kept_ties(whole, stay, Plan.of(schema, {})) == {"follows": 4 / 6}
    assert kept_ties(whole, whole, Plan.of(schema, {})) == {"follows": 1.0}


def test_a_catalogue_that_other_rows_hang_on_stays_whole() -> None:
    rng = np.random.default_rng(0)
    movies = pd.DataFrame({"movieId": range(40), "genre": ["war", "love"] * 20})
    links_ = pd.DataFrame({"movieId": range(40), "imdbId": rng.permutation(40) + 900})
    pairs = pd.DataFrame({"userId": rng.integers(0, 50, 600), "movieId": rng.integers(0, 40, 600)}).drop_duplicates()
    whole = tables(movies=movies, links=links_, ratings=pairs.assign(rating=rng.integers(1, 6, len(pairs))))
    schema = detect_links(whole, RunConfig())
    for side in split_people(whole, schema, Plan.of(schema, {}), 0.3, np.random.default_rng(0)):
        assert len(side["movies"]) == len(side["links"]) == 40
        assert 0 < len(side["ratings"]) < len(pairs)
