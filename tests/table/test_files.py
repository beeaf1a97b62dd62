"""Reading: what is found out about a file, and one clear sentence for every file that cannot be used."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgen.errors import DataError
from synthgen.table.files import read_table
from synthgen.table.table import MAX_CELL_BYTES, MAX_COLUMNS, Table, check_names


@pytest.fixture
def put(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Write bytes to a file in a fresh folder, give back its path."""

    def write(content: bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def columns(table: Table) -> dict[str, list[object]]:
    return table.arrow.to_pydict()


# What is found out.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_though_others_stand_inside_quotes(put, delimiter: str) -> None:
    rows = ["name", "say"], ['"a,b;c\td|e"', "1"], ['"f,g;h\ti|j"', "2"]
    table = read_table(put("\n".join(delimiter.join(row) for row in rows).encode()))
    assert columns(table) == {"name": ["a,b;c\td|e", "f,g;h\ti|j"], "say": ["1", "2"]}


def test_one_column_is_a_table_though_its_text_holds_commas(put) -> None:
    table = read_table(put(b"comment\nyes, please\nno\nwell, perhaps, no\n"))
    assert columns(table) == {"comment": ["yes, please", "no", "well, perhaps, no"]}


def test_a_header_shorter_than_every_row_is_an_error_not_a_column_of_text(put) -> None:
    for content in (b"a\n1,2\n3,4,5\n", b"a\n1;2\n3;4\n"):
        with pytest.raises(DataError, match="line 2 has 2 cells; the header has 1"):
            read_table(put(content))
    with pytest.raises(DataError, match="line 2 has 1 cell; the header has 2"):
        read_table(put(b"a,b\n1\n2\n"))


def test_blank_lines_are_no_rows(put) -> None:
    assert columns(read_table(put(b"\n\na,b\n1,2\n\n3,4\n\n"))) == {"a": ["1", "3"], "b": ["2", "4"]}


def test_a_line_end_inside_quotes_is_part_of_the_cell_and_of_the_name(put) -> None:
    assert columns(read_table(put(b'"a\nb",c\n"x\r\ny",1\nz,2\n'))) == {"a\nb": ["x\r\ny", "z"], "c": ["1", "2"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
def test_the_encoding_is_found(put, encoding: str) -> None:
    word = "café … 5 €" if encoding != "latin-1" else "café"
    text = "name,town,n\n" + "".join(f"{word},Zürich {i},{i}\n" for i in range(50))
    table = read_table(put(text.encode(encoding)))
    assert table.column("name")[0].as_py() == word
    assert table.column("town")[49].as_py() == "Zürich 49"


def test_accents_late_in_a_long_file_do_not_matter(put) -> None:
    text = "name,n\n" + "plain,1\n" * 200_000 + "café,2\n"
    assert read_table(put(text.encode("latin-1"))).column("name")[200_000].as_py() == "café"


def test_an_encoding_that_is_given_is_used(put) -> None:
    text = "名前,n\n日本,1\n東京,2\n"
    assert columns(read_table(put(text.encode("shift_jis")), encoding="shift_jis"))["名前"] == ["日本", "東京"]


@pytest.mark.parametrize(
    ("rows", "decimal"),
    [
        (["a;1,5", "b;12,25", "c;-3"], ","),
        (["a;1.234,5", "b;12,25", "c;3,0"], ","),
        (["a;1.5", "b;2.25", "c;3"], "."),
        (["a;1,500", "b;12,000", "c;999"], "."),
        (["a;yes, sir", "b;no, 5", "c;1,5 or so"], "."),
    ],
)
def test_decimal_commas_are_found(put, rows: list[str], decimal: str) -> None:
    assert read_table(put("\n".join(["name;n", *rows]).encode())).origin.dialect.decimal == decimal


def test_a_decimal_comma_is_not_looked_for_between_commas(put) -> None:
    assert read_table(put(b'a,b\n"1,5",2\n"2,5",3\n')).origin.dialect.decimal == "."


def test_the_usual_marks_are_missing_and_a_hyphen_is_not(put) -> None:
    marks = ["", "?", "NA", "N/A", "n/a", "null", "NULL", "NaN", "nan", "\\N", "#N/A", " ", " NA "]
    lines = "".join(f"{i},{mark}\n" for i, mark in enumerate([*marks, "-", "7"]))
    table = read_table(put(("row,value\n" + lines).encode()))
    assert columns(table)["value"] == [None] * len(marks) + ["-", "7"]


def test_a_list_of_marks_is_taken_at_its_word(put) -> None:
    table = read_table(put(b"a,b\n-99,NA\n1,?\n,x\n"), missing=["-99"])
    assert columns(table) == {"a": [None, "1", None], "b": ["NA", "?", "x"]}


def test_na_among_country_codes_is_a_country(put) -> None:
    table = read_table(put(b"country,n\nNA,1\nDE,2\nFR,3\nNA,4\n"))
    assert table.column("country").null_count == 0


def test_na_among_codes_is_missing_when_numbers_in_the_file_are_missing_so(put) -> None:
    table = read_table(put(b"country,n\nNA,1\nDE,NA\nFR,3\nNA,4\n"))
    assert table.column("country").null_count == 2


def test_none_is_a_category_among_few_and_missing_among_many(put) -> None:
    few = read_table(put(b"veneer,n\nBrick,1\nNone,2\nStone,3\n"))
    assert few.column("veneer").to_pylist() == ["Brick", "None", "Stone"]
    names = "".join(f"person {'ab'[i % 2]}{i},{i}\n" for i in range(150))
    many = read_table(put(f"name,n\nNone,0\n{names}".encode(), "many.csv"))
    assert many.column("name").null_count == 1


def test_columns_without_a_name_get_one(put) -> None:
    assert read_table(put(b",a,\n0,1,x\n1,2,y\n")).names == ["Unnamed: 0", "a", "Unnamed: 2"]


def test_what_text_reads_as_is_remembered(put) -> None:
    table = read_table(put(b"i,x,b,zip,id,t\n1,1.0,TRUE,01234,12345678901234567890,a\n-2,1e5,false,99999,1,b\n"))
    kinds = [table.origin.dialect.style(name).type for name in table.names]
    assert kinds == ["integer", "number", "boolean", "text", "text", "text"]


def test_a_csv_comes_back_as_a_pandas_frame_of_natural_types(put) -> None:
    pandas = pytest.importorskip("pandas")
    path = put(b"i,x,b,t\n1,1.5,True,a\n2,,False,b\n")
    table = read_table(path)
    pandas.testing.assert_frame_equal(table.to_like(table.arrow), pandas.read_csv(path))


def test_parquet_is_known_by_content_or_ending(put, tmp_path: Path) -> None:
    original = pa.table({"a": [1, 2, None], "c": pa.array(["x", "y", "x"]).dictionary_encode()})
    for name in ("data.parquet", "data.pq", "data"):
        pq.write_table(original, tmp_path / name)
        table = read_table(tmp_path / name)
        assert table.arrow.schema.types == [pa.int64(), pa.string()]
        assert table.to_like(table.arrow)["c"].dtype == "category"


# What cannot be used.


def picture(kind: str) -> bytes:
    if kind == "xlsx":
        book = io.BytesIO()
        with zipfile.ZipFile(book, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
        return book.getvalue()
    if kind == "parquet":
        table = io.BytesIO()
        pq.write_table(pa.table({"a": [1, 2]}), table)
        return table.getvalue()
    return {
        "gzip": gzip.compress(b"a,b\n1,2\n3,4\n"),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(20),
        "pdf": b"%PDF-1.7\n1 0 obj\n",
        "zero": b"a,b\n1,2\n\0\0\0\x01\x02,4\n" + bytes(range(256)) * 20,
    }[kind]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("gzip", "gzip archive"),
        ("png", "PNG image"),
        ("pdf", "PDF document"),
        ("xlsx", "Excel workbook"),
        ("parquet", "Parquet file"),
        ("zero", "zero byte"),
    ],
)
def test_a_binary_file_named_csv_is_called_by_its_name(put, kind: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_table(put(picture(kind)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\n\n", "the file is empty"),
        (b"a,b\n", "a header but no rows"),
        (b"a,b\n1,2\n", "one row; at least 2"),
        (b"a,b,a,c,b\n1,2,3,4,5\n1,2,3,4,5\n", r"'a' \(columns 1, 3\); 'b' \(columns 2, 5\)"),
        (b"a,b\n1,2\n3,4,5\n6,7\n", "line 3 has 3 cells; the header has 2"),
        (b"a,b,c\n1,2,3\n4,5,6\n7\n", "line 4 has 1 cell; the header has 3"),
        (b"a,b\n1,2,\n3,4,\n", "line 2 has 3 cells; the header has 2"),
        (b'a,b\n"1\n\n1",2\n3,4,5\n', "line 5 has 3 cells"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote is opened and never closed"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "line 3: a quote is opened and never closed"),
        (b"a,b\n1," + b"x" * 10_000_000 + b"\n3,4\n", "a cell of 10.0 MB; at most 1 MB"),
        (b"a,b\n1," + b"x" * 1_500_000 + b"\n3,4\n", "column 'b', row 1: a cell of 1.5 MB"),
        (b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 3_000_000, "line 3: a cell of 1.0 MB.*close a quote"),
        (
            b",".join(b"c%d" % i for i in range(5000)) + b"\n" + (b"1," * 4999 + b"1\n") * 3,
            "5,000 columns; at most 2,000",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:30],
)
def test_text_that_is_no_table_is_refused(put, content: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        read_table(put(content))
    assert str(caught.value).startswith("data.csv: ")


def test_the_widest_table_and_the_longest_cell_are_read(put) -> None:
    check_names([f"c{i}" for i in range(MAX_COLUMNS)], "data.csv")
    row = "x" * MAX_CELL_BYTES + ",1"
    assert len(read_table(put(f"a,b\n{row}\n{row}\n".encode()))) == 2


def test_a_file_that_is_not_there_names_those_near(put, tmp_path: Path) -> None:
    put(b"a\n1\n2\n", "users.csv")
    with pytest.raises(DataError, match=r"no such file. Did you mean 'users.csv'\?"):
        read_table(tmp_path / "user.csv")
    with pytest.raises(DataError, match=r"There are: 'users\.csv'"):
        read_table(tmp_path / "zzzzzzzzzz")
    with pytest.raises(DataError, match="is not there either"):
        read_table(tmp_path / "nowhere" / "users.csv")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        read_table(tmp_path)


def test_a_file_without_read_permission_is_refused(put, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(b"a\n1\n2\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # The tests may run as root, who may read everything.
    with pytest.raises(DataError, match="no permission to read it"):
        read_table(path)


def test_gzip_that_is_cut_or_damaged_is_refused(put) -> None:
    whole = gzip.compress("".join(f"{i},{i * i % 97}\n" for i in range(10_000)).encode())
    for content in (whole[: len(whole) // 2], whole[:200] + b"\xff\xff" + whole[202:], whole[:-2]):
        with pytest.raises(DataError, match="the gzip data is damaged or cut short"):
            read_table(put(content, "data.csv.gz"))
    with pytest.raises(DataError, match="this is not gzip data"):
        read_table(put(b"a,b\n1,2\n3,4\n", "data.csv.gz"))


def test_parquet_that_is_cut_or_foreign_is_refused(put) -> None:
    with pytest.raises(DataError, match="damaged or cut short"):
        read_table(put(picture("parquet")[:-20], "data.parquet"))
    with pytest.raises(DataError, match="this is not Parquet data"):
        read_table(put(b"a,b\n1,2\n", "data.parquet"))


def test_a_wrong_encoding_is_refused_with_the_place(put) -> None:
    content = b"a,b\n1,2\n3,caf\xe9\n"
    with pytest.raises(DataError, match=f"byte {content.index(0xE9)} is not valid utf-8; that encoding was given"):
        read_table(put(content), encoding="utf-8")
    with pytest.raises(DataError, match="no encoding 'utf-99'"):
        read_table(put(content), encoding="utf-99")


def test_the_place_is_right_beyond_the_first_block(put) -> None:
    content = b"name,n\n" + "zürich,1\n".encode() * 150_000 + b"\xff,2\n"
    with pytest.raises(DataError, match=f"byte {content.index(0xFF)} is not valid utf-8, though 150000 characters"):
        read_table(put(content))


@pytest.mark.parametrize("options", [{"delimiter": ", "}, {"decimal": ";"}, {"delimiter": ",", "decimal": ","}])
def test_impossible_options_are_refused(put, options: dict[str, str]) -> None:
    with pytest.raises(DataError, match="cannot be"):
        read_table(put(b"a,b\n1,2\n3,4\n"), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content",
    [b"39,Private,Male\n50,Private,Female\n38,State-gov,Male\n", b"5.1,3.5\n4.9,3.0\n4.7,3.2\n", b"yes\nno\nyes\n"],
)
def test_a_file_without_header_is_refused_before_a_row_becomes_names(put, content: bytes) -> None:
    with pytest.raises(DataError, match="the first line looks like a row"):
        read_table(put(content))


@pytest.mark.parametrize("content", [b"0,1,2\n5,6,7\n8,9,1\n", b"id,2019,2020\nx,1,2\ny,3,4\n", b"a,b\na,1\nb,2\n"])
def test_numbers_and_repeated_words_can_be_names(put, content: bytes) -> None:
    assert len(read_table(put(content))) == 2


def test_no_error_quotes_a_cell(put) -> None:
    for content in (b"a,b\nsecret,2\nsecret,4,5\n", b'a,b\n1,2\n3,"secret\n', b"a\nsecret\n"):
        with pytest.raises(DataError) as caught:
            read_table(put(content))
        assert not re.search("secret", str(caught.value))
