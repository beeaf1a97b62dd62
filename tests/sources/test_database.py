from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from synthgen.config import RunConfig
from synthgen.errors import ConfigError, DataError
from synthgen.linked.detecting import detect_links
from synthgen.sources import source_of
from synthgen.sources.database import Database

pytest.importorskip("sqlalchemy", reason="the extra 'databases' is not installed")

TABLES = """
create table people (person text primary key, joined timestamp, wealth numeric(9, 2), ok boolean);
create table notes (number integer primary key, by text references people (person), at date, text text);
create table likes (
  who text references people (person), note integer references notes (number), primary key (who, note)
);
insert into people values ('ann', '2024-01-02 10:00:00', 12.50, 1), ('bob', null, null, 0);
insert into notes values (1, 'ann', '2024-02-01', 'hi'), (2, 'bob', '2024-02-03', null), (3, 'ann', null, 'yes');
insert into likes values ('bob', 1), ('ann', 2);
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "network.db") as database:
        database.executescript(TABLES)
    database.close()
    return f"sqlite:///{tmp_path / 'network.db'}"


def test_values_and_types_come_over(url: str) -> None:
    tables = source_of(url).read(RunConfig())
    assert tables["notes"].arrow.to_pydict()["text"] == ["hi", None, "yes"]
    assert tables["people"].arrow.to_pydict()["wealth"] == [12.5, None]
    assert [str(tables["people"].column(name).type) for name in ("joined", "wealth", "ok")] == [
        "timestamp[us]",
        "double",
        "bool",
    ]


def test_declared_keys_and_references_are_taken_over(url: str) -> None:
    source = source_of(url)
    found = source.links(detect_links(source.read(RunConfig()), RunConfig()))
    assert {name: table.key for name, table in found.tables.items()} == {
        "people": ["person"],
        "notes": ["number"],
        "likes": ["who", "note"],
    }
    assert {r.text for r in found.references} == {
        "notes.by -> people.person",
        "likes.who -> people.person",
        "likes.note -> notes.number",
    }


def test_it_is_named_after_its_file_and_a_password_is_never_shown(url: str) -> None:
    assert source_of(url).name == "network"
    for bad in ("postgresql://me:secret@host/x", "nosuch://me:secret@host/x"):
        with pytest.raises((ConfigError, DataError)) as caught:
            Database(bad)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///nowhere.db", "nowhere.db: no such file"),
        ("nosuch://host/x", "knows no database 'nosuch'"),
        ("sqlite:///broken.db", "cannot be read: file is not a database"),
        ("sqlite:///empty.db", "holds no table"),
        ("sqlite:///bytes.db", "column 'b': holds bytes"),
    ],
)
def test_what_is_no_database_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.db").write_text("not a database at all, and long enough to be looked at" * 50)
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with sqlite3.connect(tmp_path / "bytes.db") as database:
        database.executescript("create table t (a integer, b blob); insert into t values (1, x'00'), (2, x'01');")
    with pytest.raises((ConfigError, DataError), match=message):
        source_of(url).read(RunConfig())
    assert not (tmp_path / "nowhere.db").exists()


def test_kinds_that_change_down_a_column_are_text_and_numbers_stay_numbers(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mixed.db") as database:
        database.executescript("create table t (a, b); insert into t values (1, 1), ('x', 2.5), (null, null);")
    table = source_of(f"sqlite:///{tmp_path / 'mixed.db'}").read(RunConfig())["t"].arrow.to_pydict()
    assert table == {"a": ["1", "x", None], "b": [1.0, 2.5, None]}
