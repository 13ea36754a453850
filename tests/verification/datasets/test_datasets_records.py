"""Tables of images read through a mapping: what is counted, what is refused, and where."""

import gzip
from collections import Counter

import msgspec
import numpy as np
import pandas as pd
import pytest

from verification.datasets.describe_records import assign_splits, describe_records
from verification.datasets.description import read_description
from verification.datasets.mapping import Mapping, read_mapping
from verification.datasets.records import parse_ages, read_records, select
from verification.evidence import FigureKind, find_project

NIH = find_project().root / "verification" / "datasets" / "nih"
TABLE = NIH / "Data_Entry_2017_v2020.csv.gz"
DESCRIPTION = read_description(NIH / "dataset.yaml")[0]
MAPPING = read_mapping(NIH / "mapping.yaml")[0]
SMALL = Mapping(
    image="Image Index", findings="Finding Labels", target="Pneumonia", patient="Patient ID", normal="No Finding",
    known_findings=("Edema", "Pneumonia"), age_years="Patient Age", sex="Patient Gender", view="View Position",
)  # fmt: skip
HEADER = "Image Index,Finding Labels,Patient ID,Patient Age,Patient Gender,View Position\n"


@pytest.fixture(scope="module")
def nih():
    """The committed table and its description."""
    records, issues = read_records(TABLE, MAPPING, "nih")
    assert issues == ()
    return records, describe_records(DESCRIPTION, records, "digest")


def total(rows, column):
    return sum(int(row[column] or 0) for row in rows)


def table_of(described, start):
    return next(each for each in (*described.tables, *described.flow) if each.title.startswith(start))


def read(tmp_path, rows, mapping=SMALL, header=HEADER):
    path = tmp_path / "table.csv"
    path.write_text(header + rows)
    return read_records(path, mapping, "t.csv")


def test_nih_is_counted_as_published_and_every_table_sums(nih):
    _, described = nih
    assert (described.images, described.patients) == (112_120, 30_805)
    for name in ("View", "Sex", "Age in years", "Follow-up number", "Original size"):
        assert total(table_of(described, name).rows, 1) == 112_120, name
        assert total(table_of(described, name).rows, 3) == 1_431, name
    *groups, whole = table_of(described, "Pneumonia alone and with").rows
    assert whole[1] == 1_431 == total(groups, 1)
    assert total(table_of(described, "Images per patient").rows, 1) == 30_805
    assert all(row[1] == 0 for row in table_of(described, "Implausible").rows)  # the table of 2020 holds none


def test_nih_agrees_with_counts_made_another_way(nih):
    _, described = nih
    raw = pd.read_csv(TABLE)
    findings = {row[0]: row for row in table_of(described, "Findings mined").rows}
    for name in ("Edema", "Pneumonia", "Hernia", "No Finding"):
        chosen = raw[raw["Finding Labels"].str.split("|").map(lambda found, name=name: name in found)]
        assert findings[name][1:3] == (len(chosen), chosen["Patient ID"].nunique())
        profile = next(row for row in table_of(described, "Age, sex and view by finding").rows if row[0] == name)
        assert profile[4] == chosen["Patient Age"].median()
        assert profile[6] == pytest.approx(100 * (chosen["Patient Gender"] == "F").mean(), abs=0.05)


def test_what_was_measured_of_nih_is_a_column_for_each_quantity(nih):
    records, described = nih
    table = table_of(described, "Sizes and spacing")
    rows = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    assert rows["Median"]["Width, pixels"] == np.median(records.table["width"])
    assert rows["Largest"]["Pixel spacing, mm"] == records.table["spacing_x_mm"].max()


def test_the_grid_of_nih_holds_the_shares_of_its_rows(nih):
    records, described = nih
    grid = next(figure for figure in described.figures if figure.kind is FigureKind.GRID)
    edema = next(series for series in grid.series if series.name == "Edema")
    both = (records.findings[:, records.names.index("Edema")] & records.target).sum()
    assert edema.y[edema.x.index("Pneumonia")] == pytest.approx(100 * both / 2303, abs=0.05)
    assert edema.y[edema.x.index("Edema")] is None


def test_every_flow_of_nih_sums_to_its_first_row(nih):
    _, described = nih
    assert len(described.flow) == 2
    for flow in described.flow:
        listed, *parts = flow.rows
        assert listed[1] == total(parts, 1) == 112_120
        assert listed[3] == total(parts, 3)
    splits = described.flow[-1].rows[1:]
    assert total(splits, 2) == 30_805  # no patient is in two splits, none in none
    assert [(row[1], row[2], row[3]) for row in splits] == [
        (split.images, split.patients, split.positives) for split in described.splits
    ]


def test_patients_of_nih_keep_their_split_when_there_are_fewer_or_more(nih):
    records, _ = nih
    whole = dict(zip(records.table["image"], assign_splits(DESCRIPTION, records), strict=True))
    few = select(records, records.table["image"][records.table["patient"].astype(int) % 3 == 0])
    assert 0 < len(few.table) < len(records.table) / 2
    assert all(whole[image] == split for image, split in
               zip(few.table["image"], assign_splits(DESCRIPTION, few), strict=True))  # fmt: skip
    shares = Counter(dict(zip(records.table["patient"], assign_splits(DESCRIPTION, records), strict=True)).values())
    assert shares["training"] / 30_805 == pytest.approx(0.70, abs=0.01)


def test_ages_that_cannot_be_are_counted_and_listed_with_their_line(tmp_path):
    records, issues = read(tmp_path, "a.png,Pneumonia|Edema,1,400,F,PA\nb.png,Edema,2,050Y,,LL\nc.png,Edema,2,x,M,AP\n")
    assert issues == ()
    described = describe_records(DESCRIPTION, records, "digest")
    ages = {row[0]: row[1] for row in table_of(described, "Age in years").rows}
    assert ages["above 120, implausible"] == 1
    assert ages["not recorded, or below 0"] == 1
    assert total(table_of(described, "Age in years").rows, 1) == 3
    assert table_of(described, "View").rows[-1] == ("other or blank", 1, 1, 0)
    listed = table_of(described, "Images with implausible").rows
    assert ("Age above 120 years", "a.png", 2) in listed
    assert ("Patient has several sexes", "b.png", 3) in listed
    flow = table_of(described, "Flow of images").rows
    assert flow[0][1] == total(flow[1:], 1) == 3


def test_an_age_that_cannot_be_moves_no_median(tmp_path):
    records, _ = read(tmp_path, "a.png,Pneumonia,1,400,F,PA\nb.png,Pneumonia,2,50,F,PA\nc.png,Edema,3,40,M,AP\n")
    profile = table_of(describe_records(DESCRIPTION, records, "d"), "Age, sex and view by finding").rows
    assert next(row for row in profile if row[0] == "Pneumonia")[4] == 50


def test_every_fault_of_a_table_is_found_in_one_pass_with_its_line(tmp_path):
    rows = (
        "a.png,Pneumonia,1,50,F,PA\n"
        "b.png,Sniffles,2,50,F,PA\n"
        ",Edema,3,50,F,PA\n"
        "d.png,Edema,,50,F,PA\n"
        "e.png,Edema,5,50,F,PA\n"
        "e.png,Edema,5,51,F,PA\n"
        "a.png,Pneumonia,1,50,F,PA\n"
        "g.png,,7,50,F,PA\n"
    )
    records, issues = read(tmp_path, rows)
    found = {(issue.code, issue.where, issue.severity.value) for issue in issues}
    assert found == {
        ("metadata-finding", "t.csv:3", "blocking"),
        ("metadata-cell", "t.csv:4", "blocking"),
        ("metadata-cell", "t.csv:5", "blocking"),
        ("metadata-duplicate", "t.csv:6", "blocking"),
        ("metadata-left-out", "t.csv:8", "advisory"),
        ("metadata-left-out", "t.csv:9", "advisory"),
    }
    assert "'Sniffles'" in next(issue.message for issue in issues if issue.code == "metadata-finding")
    assert records.left_out == (("repeats another row word for word", 1), ("no finding is stated", 1))
    flow = table_of(describe_records(DESCRIPTION, records, "d"), "Flow of rows").rows
    assert flow[0][1] == total(flow[1:], 1) == 8


def test_a_table_without_a_column_names_it_and_what_was_found(tmp_path):
    records, (issue,) = read(tmp_path, "a.png,1\n", header="Image Index,Patient ID\n")
    assert records is None
    assert issue.where == "t.csv:1"
    assert "'Finding Labels'" in issue.message
    assert "found 'Image Index', 'Patient ID'" in issue.message


def test_rows_with_too_many_or_too_few_cells_are_all_named(tmp_path):
    good = "a.png,Pneumonia,1,50,F,PA\n"
    records, issues = read(tmp_path, good + "b.png,Edema,2,50,F,PA,more\n" + good + "c.png,Edema,3\nd.png,Edema,4\n")
    assert records is None
    assert {(issue.code, issue.where) for issue in issues} == {("metadata-row", "t.csv:3"), ("metadata-row", "t.csv:5")}
    assert any("3 cells; expected 6" in issue.message and "line 5, 6" in issue.message for issue in issues)


def test_a_table_of_one_class_says_so(tmp_path):
    _, (issue,) = read(tmp_path, "a.png,Edema,1,50,F,PA\nb.png,No Finding,2,50,F,PA\n")
    assert (issue.code, issue.severity) == ("one-class", "advisory")


def test_counts_that_are_not_the_publishers_are_refused(tmp_path):
    mapping = msgspec.structs.replace(SMALL, published_images=3, published_patients=2)
    _, issues = read(tmp_path, "a.png,Edema,1,50,F,PA\nb.png,Pneumonia,2,50,F,PA\n", mapping)
    assert [issue.message for issue in issues] == ["2 images; expected 3 as published"]


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(b"", mtime=0), b""])
def test_a_file_that_is_no_table_says_so(tmp_path, content):
    (tmp_path / "t.csv.gz").write_bytes(content)
    records, (issue,) = read_records(tmp_path / "t.csv.gz", SMALL)
    assert records is None
    assert issue.code == "metadata-unreadable"


def test_a_header_alone_is_no_table(tmp_path):
    records, issues = read(tmp_path, "")
    assert records is None
    assert [issue.code for issue in issues] == ["metadata-empty"]


def test_a_table_with_image_and_findings_alone_is_described(tmp_path):
    mapping = Mapping(image="name", findings="label", target="sick", normal="well", separator=";")
    records, issues = read(tmp_path, "a.png,sick;old\nb.png,well\nc.png,sick\n", mapping, "name,label\n")
    assert issues == ()
    described = describe_records(DESCRIPTION, records, "digest")
    assert (described.images, described.patients, described.splits) == (3, 0, ())
    assert table_of(described, "sick alone").rows[-1] == ("all", 2, 2)


def test_ages_are_read_with_their_units():
    found = parse_ages(pd.Series(["058", "058Y", "018M", "073D", "", "old", "-1"]))
    assert found[:4] == pytest.approx([58, 58, 1.5, 73 / 365.25])
    assert np.isnan(found[4:6]).all()
    assert found[6] == -1


def test_an_unknown_key_of_a_mapping_is_refused(tmp_path):
    (tmp_path / "m.yaml").write_text("image: a\nfindings: b\ntarget: c\ncolour: d\n")
    mapping, (issue,) = read_mapping(tmp_path / "m.yaml")
    assert mapping is None
    assert "colour" in issue.message


def test_what_is_no_number_of_its_kind_is_counted_and_ends_nothing(tmp_path):
    mapping = msgspec.structs.replace(SMALL, follow_up="Follow-up", width="W", height="H")
    rows = "\n".join((
        "a.png,Pneumonia,1,40,F,PA,0,2000,2000", "b.png,Edema,2,41,M,AP,x,2000.5,inf", "c.png,Edema,3,41,M,AP,-1,0,10",
    ))  # fmt: skip
    records, issues = read(tmp_path, rows + "\n", mapping, HEADER.strip() + ",Follow-up,W,H\n")
    assert issues == ()
    described = describe_records(DESCRIPTION, records, "digest")
    counted = {row[0]: row[1] for row in table_of(described, "Implausible").rows}
    assert counted["Width is no whole number above 0"] == 2
    assert counted["Height is no whole number above 0"] == 1
    assert counted["Follow-up is no whole number from 0"] == 2
