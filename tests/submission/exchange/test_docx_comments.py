"""Comments of a returned Word file leave as a table: who, when, where, about what."""

import csv

import docx

from submission.cli import submission
from submission.exchange.docx_comments import Comment, as_csv, read_comments

SRS = "CW-DOC-006"


def commented(rendered, tmp_path):
    """The requirements with a comment by a fictitious person on a part of a sentence, and one on a cell."""
    path = tmp_path / "returned.docx"
    path.write_bytes(rendered(SRS))
    file = docx.Document(str(path))
    run = next(one for one in file.paragraphs if one.text.startswith("The device shall do what SRS-901")).runs[0]
    file.add_comment(run, text="Say what\nit does.", author="Ada Example (fictitious)", initials="AE")
    cell = next(cell for table in file.tables for row in table.rows for cell in row.cells if cell.text == "SRS-901/AC1")
    file.add_comment(cell.paragraphs[0].runs[0], text="=1+1", author="Bob Example (fictitious)", initials="BE")
    file.save(str(path))
    return path


def test_a_comment_has_its_author_date_place_and_text(package, rendered, tmp_path):
    first, second = read_comments(commented(rendered, tmp_path), package)
    assert first == Comment(
        "returned.docx", SRS, "4 Software requirements", "The device shall do what SRS-901 says.",
        "Ada Example (fictitious)", first.date, "Say what it does.",
    )  # fmt: skip
    assert first.date[:2] == "20"
    assert first.date[10] == "T"
    assert (second.section, second.about) == ("4 Software requirements", "SRS-901/AC1")


def test_a_spreadsheet_calculates_none_of_them(package, rendered, tmp_path):
    rows = list(csv.DictReader(as_csv(read_comments(commented(rendered, tmp_path), package)).decode().splitlines()))
    assert [row["text"] for row in rows] == ["Say what it does.", "'=1+1"]


def test_the_command_writes_the_table_and_still_names_the_comments(package, rendered, tmp_path, capsys):
    path, table = commented(rendered, tmp_path), tmp_path / "comments.csv"
    place = ["--package", str(package.folder)]
    assert submission(["check-docx", str(path), "--comments", str(table), *place]) == 1
    said = capsys.readouterr().out
    assert "[[comment 0 by Ada Example (fictitious)]] Say what it does." in said
    assert f"{table}: 2 comments" in said
    assert table.read_text().count("\n") == 3


def test_a_file_without_comments_has_a_table_without_rows(package, rendered, tmp_path):
    path = tmp_path / "untouched.docx"
    path.write_bytes(rendered(SRS))
    assert read_comments(path, package) == ()
