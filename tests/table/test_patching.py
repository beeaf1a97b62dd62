from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.table.files import read_table
from synthgen.table.patching import raw_cells, write_patched


@pytest.mark.parametrize(
    ("text", "patched"),
    [
        (b"a,b\r\n1,\r\n\r\n2,x\r\n", b"a,b\r\n1,new\r\n\r\n2,x\r\n"),
        (b'a;b\n"1; 2";\n2;"x ""y"" z"\n', b'a;b\n"1; 2";new\n2;"x ""y"" z"\n'),
        (b'"a","b"\n"1",""\n"2","x"\n', b'"a","b"\n"1","new"\n"2","x"\n'),
        (b"\xef\xbb\xbfa,b\n1,\n2,\xc3\xa9", b"\xef\xbb\xbfa,b\n1,new\n2,\xc3\xa9"),
        ("a\tb\nä\t\nö\tx\n".encode("utf-16"), "a\tb\nä\tnew\nö\tx\n".encode("utf-16")),
        (b'a,b\n"two\nlines",NA\n007,"x,"\n', b'a,b\n"two\nlines",new\n007,"x,"\n'),
        (b"a, b\n1, \n2, x\n", b"a, b\n1, new\n2, x\n"),
    ],
)
def test_every_other_byte_stays(tmp_path: Path, text: bytes, patched: bytes) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(text)
    table = read_table(source)
    rows = np.flatnonzero(table.column("b").is_null().to_numpy(zero_copy_only=False))
    assert write_patched(tmp_path / "out.csv", source, table, {"b": (rows, pa.array(["new"]))}) == 2
    assert (tmp_path / "out.csv").read_bytes() == patched
    write_patched(tmp_path / "out.csv.gz", source, table, {"b": (rows, pa.array(["new"]))})
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()) == patched
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "out.csv", "out.csv.gz"]


def test_a_null_leaves_a_cell_and_a_delimiter_gets_quotes(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"a,b\n,1\n?,2\n")
    table = read_table(source)
    write_patched(source, source, table, {"a": (np.array([0, 1]), pa.array(["x,y", None]))})
    assert source.read_bytes() == b'a,b\n"x,y",1\n?,2\n'


cell = st.one_of(
    st.text(st.characters(exclude_characters=',"\r\n', exclude_categories=["C"]), max_size=5),
    st.text('ab,"\n', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"'),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(cell, min_size=1, max_size=6))
def test_raw_cells_joined_are_the_row(cells: list[str]) -> None:
    assert raw_cells(",".join(cells), ",", '"') == cells
