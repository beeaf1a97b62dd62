"""What is read and written again is the same file, byte for byte."""

from __future__ import annotations

import csv
import gzip
import io
import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgen.table.files import read_table, write_table_chunks

MARKS = ("", "?", "NA", "N/A", "null", "NULL", "NaN", "\\N", "#N/A")
ENCODINGS = {
    "utf-8": b"",
    "utf-8 with a mark": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "cp1252": b"",
}


def round_trip(content: bytes, name: str = "data.csv", rows_per_chunk: int = 3) -> bytes:
    with TemporaryDirectory() as folder:
        source, copy = Path(folder) / name, Path(folder) / f"copy-{name}"
        source.write_bytes(content)
        table = read_table(source)
        chunks = (table.arrow.slice(i, rows_per_chunk) for i in range(0, len(table), rows_per_chunk))
        assert write_table_chunks(copy, chunks, table.origin.dialect) == len(table)
        return copy.read_bytes()


words = st.text(string.ascii_letters + string.digits + " ,;|\t\"'\n.-=+@éüß€", min_size=1, max_size=12).filter(
    lambda text: text.strip() not in (*MARKS, "nan", "None", "n/a") and text[0] not in " '\""
)


@settings(max_examples=40, deadline=None)
@given(
    cells=st.lists(st.tuples(words, st.integers(-999, 99_999), st.booleans()), min_size=4, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    mark=st.sampled_from(MARKS),
)
def test_any_dialect_comes_back_byte_for_byte(
    cells: list[tuple[str, int, bool]], delimiter: str, newline: str, quoting: int, encoding: str, mark: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["text é", "count", "label"])
    for i, (word, number, flag) in enumerate(cells):
        writer.writerow([mark if i == 2 else word, number, "yes" if flag else "no"])
    codec = encoding.split(" ")[0]
    content = ENCODINGS[encoding] + text.getvalue().encode(codec)
    assert round_trip(content) == content


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,x\n2,\n3,z\n",
        b"a\n1\n2\n",
        b'a\n1\n""\n3\n',
        b",b,\n0,x,1\n1,y,2\n",
        b"age, job, pay\n39, State-gov, ?\n50, Private, 7\n",
        b"name;height\nAnn;1,50\nBob;1,75\n",
        b'"name","n"\n"Ann",1\n"Bob",NA\nNA,3\n',
        b"a,b\r1,2\r3,4\r",
        b"'a','b'\n'x, y','2'\n'it''s','4'\n",
        b"t,u\n=1+1,@x\n-5,+2\n",
        b"a,b\n 1, ?\n2,x\n",
        b"comment\nyes, please\nno\n",
        b"code,n\nNA,1\nDE,2\nFR,3\n",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_small_files_come_back_byte_for_byte(content: bytes) -> None:
    assert round_trip(content) == content


def test_gzip_comes_back_with_the_same_text_and_no_date_or_name(tmp_path: Path) -> None:
    source = tmp_path / "data.csv.gz"
    source.write_bytes(gzip.compress(b"a;b\n1;2\n3;4\n"))
    table = read_table(source)
    for name in ("one.csv.gz", "other.csv.gz"):
        write_table_chunks(tmp_path / name, [table.arrow], table.origin)
    one = (tmp_path / "one.csv.gz").read_bytes()
    assert gzip.decompress(one) == b"a;b\n1;2\n3;4\n"
    assert one == (tmp_path / "other.csv.gz").read_bytes()
    assert one[4:8] == b"\0\0\0\0"


def test_each_column_gets_its_own_missing_mark_back(tmp_path: Path) -> None:
    content = b"a,b,c\n1,?,\n,x,u\nNA,?,\n,x,v\n"
    (tmp_path / "data.csv").write_bytes(content)
    table = read_table(tmp_path / "data.csv")
    assert {name: table.origin.dialect.style(name).missing for name in table.names} == {"a": "", "b": "?", "c": ""}
    write_table_chunks(tmp_path / "copy.csv", [table.arrow], table.origin)
    assert (tmp_path / "copy.csv").read_bytes() == content.replace(b"NA", b"")


def test_a_dialect_survives_json_and_parquet_of_a_csv_has_typed_columns(tmp_path: Path) -> None:
    import json

    from synthgen.table.origin import Origin

    (tmp_path / "data.csv").write_bytes(b"n;x;flag;zip\n1;1,5;TRUE;00123\n;2,5;FALSE;12345\n")
    table = read_table(tmp_path / "data.csv")
    origin = Origin.from_state(json.loads(json.dumps(table.origin_state())))
    assert origin == table.origin
    write_table_chunks(tmp_path / "copy.parquet", [table.arrow, table.arrow], origin)
    copy = read_table(tmp_path / "copy.parquet").arrow
    assert copy.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.string()]
    assert copy.to_pylist()[0] == {"n": 1, "x": 1.5, "flag": True, "zip": "00123"}


def test_parquet_goes_to_csv_as_pandas_would_write_it(tmp_path: Path) -> None:
    import datetime as dt

    table = pa.table(
        {
            "n": [1, None],
            "x": [0.1, 2.0],
            "flag": [True, None],
            "day": [dt.date(2020, 1, 2), None],
            "at": pa.array(
                [dt.datetime(2020, 1, 2, 3, 4, 5), dt.datetime(2020, 1, 2, 3, 4, 5, 250_000)], pa.timestamp("ns")
            ),
            "tags": [["a", "b"], []],
        }
    )
    write_table_chunks(tmp_path / "out.csv", [table])
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "n,x,flag,day,at,tags",
        '1,0.1,True,2020-01-02,2020-01-02 03:04:05,"[""a"", ""b""]"',
        ",2.0,,,2020-01-02 03:04:05.25,[]",
    ]
