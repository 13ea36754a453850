"""What a table of images says: who was imaged, how, with which findings, and what in it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from verification.datasets.description import Description
from verification.datasets.records import IMPLAUSIBLE_AGE_YEARS, Mask, Records
from verification.datasets.split import split_of
from verification.datasets.tables import (
    Row,
    bars,
    commonest,
    histogram,
    images_table,
    not_recorded_table,
    percent,
    quartiles,
)
from verification.evidence import Dataset, Figure, FigureKind, Series, SplitCount, Table

AGE_BANDS = ((0, 21), (22, 39), (40, 59), (60, 79), (80, IMPLAUSIBLE_AGE_YEARS))
ADULT_YEARS = 22
FOLLOW_UP_BANDS = ((0, 0), (1, 1), (2, 4), (5, 9), (10, 49), (50, 10_000))
SHOWN_IMPLAUSIBLE = 50
COUNTED = ("Images", "Patients")


def describe_records(description: Description, records: Records, digest: str) -> Dataset:
    """Describe a collection from its table."""
    images, patients, _ = records.count(np.ones(len(records.table), dtype=bool))
    assigned = assign_splits(description, records)
    return Dataset(
        name=description.name,
        title=description.title,
        origin=description.origin,
        terms=description.terms,
        role=description.role,
        images=images,
        patients=patients if "patient" in records.table else 0,
        digest=digest,
        tables=(*find_tables(records), *_split_tables(records, assigned), not_recorded_table(description)),
        splits=tuple(_count_split(records, name, assigned == name) for name in _names(assigned)),
        flow=tuple(_find_flows(records, assigned)),
        limitations=description.bounds,
        spectrum=description.spectrum,
        country=description.country,
        ages=description.ages,
        reference_standard=description.reference_standard,
        figures=tuple(find_figures(records)),
    )


def assign_splits(description: Description, records: Records) -> NDArray[np.str_]:
    """The split (images,) of each image by the keyed hash of its patient; empty texts without a rule or patients."""
    if description.split is None or "patient" not in records.table:
        return np.full(len(records.table), "")
    codes, names = pd.factorize(records.table["patient"])
    return np.array([split_of(str(name), description.split) for name in names])[codes]


def _names(assigned: NDArray[np.str_]) -> tuple[str, ...]:
    order = ("training", "tuning", "development_holdout", "benchmark")
    return tuple(name for name in order if (assigned == name).any())


def _count_split(records: Records, name: str, chosen: Mask) -> SplitCount:
    images, patients, positives = records.count(chosen)
    return SplitCount(name=name, images=images, patients=patients, positives=positives)


# --- tables -----------------------------------------------------------------------------------------------------------


def find_tables(records: Records) -> Iterator[Table]:
    """Yield what the columns of a table say, as far as it has them."""
    table, mapping = records.table, records.mapping
    yield _findings_table(records)
    yield _target_table(records)
    yield _companions_table(records)
    if "view" in table:
        yield _by(records, "view", "View", {name: name for name in mapping.views})
    if "sex" in table:
        yield _by(records, "sex", "Sex", mapping.sexes)
    if "age_years" in table:
        yield _age_table(records)
    yield profile_table(records, "Age, sex and view by finding", "Finding", list(_finding_groups(records)))
    if groups := list(_view_and_sex_groups(records)):
        yield profile_table(records, "Age by view and sex", "View and sex", groups)
    if "patient" in table:
        yield images_table(np.bincount(records.patients).tolist())
    if "follow_up" in table:
        yield _follow_up_table(records)
    if {"width", "height"} <= set(table):
        yield _size_table(records)
    if "spacing_x_mm" in table:
        yield _measures_table(records)
    yield _implausible_table(records)
    if (listed := _implausible_list(records)).rows:
        yield listed


def _target_columns(records: Records) -> tuple[str, ...]:
    return (*COUNTED, f"Labeled {records.mapping.target.lower()}")


def _say(name: str) -> str:
    return name.replace("_", " ")


def _finding_groups(records: Records) -> Iterator[tuple[str, Mask]]:
    for at, name in enumerate(records.names):
        yield _say(name), records.findings[:, at]
    yield records.mapping.normal or "no finding", records.normal


def _findings_table(records: Records) -> Table:
    whole = len(records.table)
    rows = tuple((name, *records.count(chosen)[:2], percent(int(chosen.sum()), whole))
                 for name, chosen in _finding_groups(records))  # fmt: skip
    title = "Findings mined from reports (an image may have several)"
    return Table(title=title, columns=("Finding", *COUNTED, "% of images"), rows=rows)


def _target_table(records: Records) -> Table:
    others, target = records.findings.sum(axis=1) - 1, records.target
    groups = {"alone": others == 0, "with one other": others == 1, "with several others": others > 1,
              "all": others >= 0}  # fmt: skip
    rows = tuple((name, *records.count(target & chosen)[:2]) for name, chosen in groups.items())
    name = records.mapping.target
    return Table(title=f"{name} alone and with other findings", columns=(name, *COUNTED), rows=rows)


def _companions_table(records: Records) -> Table:
    """What is seen with the target: a finding's share of the target's images, beside its share of the others."""
    target, name = records.target, records.mapping.target
    at = {other: records.findings[:, number] for number, other in enumerate(records.names) if other != name}
    beside = {other: int((target & chosen).sum()) for other, chosen in at.items()}
    rows = tuple((_say(other), beside[other], percent(beside[other], int(target.sum())),
                  percent(int((~target & at[other]).sum()), int((~target).sum())))
                 for other in sorted(at, key=beside.__getitem__, reverse=True))  # fmt: skip
    columns = ("Other finding", f"Images with {name}", f"% of images with {name}", "% of the other images")
    return Table(title=f"Findings beside {name}", columns=columns, rows=rows)


def _by(records: Records, column: str, title: str, names: dict[str, str]) -> Table:
    values = records.table[column]
    rows = [(name, *records.count((values == value).to_numpy())) for value, name in names.items()]
    rows += [("other or blank", *records.count(~values.isin(list(names)).to_numpy()))]
    return Table(title=title, columns=(title, *_target_columns(records)), rows=tuple(rows))


def _age_table(records: Records) -> Table:
    age = np.floor(records.table["age_years"].to_numpy())
    rows: list[Row] = [(f"{low} to {high}", *records.count((age >= low) & (age <= high))) for low, high in AGE_BANDS]
    rows += [(f"above {IMPLAUSIBLE_AGE_YEARS}, implausible", *records.count(age > IMPLAUSIBLE_AGE_YEARS))]
    if (other := np.isnan(age) | (age < 0)).any():
        rows += [("not recorded, or below 0", *records.count(other))]
    title = "Age in years at the image (a patient may be in several bands)"
    return Table(title=title, columns=("Age", *_target_columns(records)), rows=tuple(rows))


def plausible_ages(records: Records) -> NDArray[np.float64]:
    """Ages in years (images,), NaN where not recorded or implausible."""
    if "age_years" not in records.table:
        return np.full(len(records.table), np.nan)
    age = records.table["age_years"].to_numpy(dtype=np.float64)
    return np.where((age >= 0) & (age <= IMPLAUSIBLE_AGE_YEARS), age, np.nan)


def profile_table(records: Records, title: str, what: str, groups: Sequence[tuple[str, Mask]]) -> Table:
    """Ages by quartile, and the shares of women, of AP and of the target, in each group."""
    ages = plausible_ages(records)
    female, ap = _is(records, "sex", "female"), _is(records, "view", "AP")
    rows: list[Row] = []
    for name, chosen in groups:
        images, patients, positives = records.count(chosen)
        shares = (None if mask is None else percent(int((mask & chosen).sum()), images, 1) for mask in (female, ap))
        age = quartiles(ages[chosen & ~np.isnan(ages)])
        rows.append((name, images, patients, *age, *shares, percent(positives, images)))
    columns = (what, *COUNTED, "Age, lower quartile", "Age, median", "Age, upper quartile", "% female", "% AP",
               f"% {records.mapping.target}")  # fmt: skip
    return Table(title=title, columns=columns, rows=tuple(rows))


def _is(records: Records, column: str, meaning: str) -> Mask | None:
    """Which images (images,) have this sex or view; None if it is not recorded."""
    if column not in records.table:
        return None
    said = records.mapping.sexes if column == "sex" else {}
    return (records.table[column].replace(said) == meaning).to_numpy()


def _view_and_sex_groups(records: Records) -> Iterator[tuple[str, Mask]]:
    table = records.table
    if not {"view", "sex"} <= set(table):
        return
    for view in records.mapping.views:
        for value, sex in records.mapping.sexes.items():
            yield f"{view}, {sex}", ((table["view"] == view) & (table["sex"] == value)).to_numpy()


def _follow_up_table(records: Records) -> Table:
    number = records.table["follow_up"].to_numpy()
    rows: list[Row] = []
    for low, high in FOLLOW_UP_BANDS:
        name = "first image" if high == 0 else str(low) if low == high else f"{low} to {high}"
        name = f"{low} and more" if (low, high) == FOLLOW_UP_BANDS[-1] else name
        rows.append((name, *records.count((number >= low) & (number <= high))))
    title = "Follow-up number of an image (an order, not a time)"
    return Table(title=title, columns=("Follow-up", *_target_columns(records)), rows=tuple(rows))


def _size_table(records: Records) -> Table:
    table = records.table
    sizes = (table["width"].astype("Int64").astype(str) + " × " + table["height"].astype("Int64").astype(str)).tolist()
    title, columns = "Original size in pixels, width × height", _target_columns(records)
    return commonest(sizes, title, "Size", records.count, columns)


def _measures_table(records: Records) -> Table:
    table = records.table
    named = {"spacing_x_mm": "Pixel spacing, mm", "width": "Width, pixels", "height": "Height, pixels"}
    measures = {name: table[column].to_numpy(dtype=np.float64) for column, name in named.items() if column in table}
    if "width" in table:
        measures["Width of the field, mm"] = measures["Width, pixels"] * measures["Pixel spacing, mm"]
    found = [(*quartiles(known, 4 if "spacing" in name else 1), *_ends(known))
             for name, values in measures.items() for known in (values[~np.isnan(values)],)]  # fmt: skip
    places = ("Lower quartile", "Median", "Upper quartile", "Smallest", "Largest")
    rows = tuple((place, *values) for place, *values in zip(places, *found, strict=True))
    return Table(title="Sizes and spacing of the original images", columns=("Value", *measures), rows=rows)


def _ends(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    return (round(float(values.min()), 4), round(float(values.max()), 4)) if values.size else (None, None)


# --- what cannot be ---------------------------------------------------------------------------------------------------


def _find_implausible(records: Records) -> Iterator[tuple[str, Mask]]:
    table = records.table
    if "age_years" in table:
        age = table["age_years"].to_numpy()
        yield f"Age above {IMPLAUSIBLE_AGE_YEARS} years", age > IMPLAUSIBLE_AGE_YEARS
        yield "Age below 0 years", age < 0
        yield "Age is not a number", np.isnan(age)
    if "sex" in table:
        yield "Sex is none of those named", ~table["sex"].isin(list(records.mapping.sexes)).to_numpy()
    if {"sex", "patient"} <= set(table):
        several = table.groupby(records.patients)["sex"].nunique().to_numpy() > 1
        yield "Patient has several sexes", several[records.patients]
    if "view" in table:
        yield "View is none of those named", ~table["view"].isin(records.mapping.views).to_numpy()
    if {"age_years", "follow_up", "patient"} <= set(table):
        yield "Younger than at an earlier follow-up", _find_rejuvenated(records)
    if records.mapping.normal:
        both = table["findings"].str.contains(records.mapping.normal, regex=False).to_numpy()
        yield f"{records.mapping.normal} and a finding", both & ~records.normal
    yield from _find_mismeasured(table)


def _find_mismeasured(table: pd.DataFrame) -> Iterator[tuple[str, Mask]]:
    for name, what in (
        ("spacing_x_mm", "Spacing is no number above 0"),
        ("width", "Width is no whole number above 0"),
        ("height", "Height is no whole number above 0"),
    ):
        if name in table:
            yield what, ~(table[name].to_numpy() > 0)
    if "follow_up" in table:
        yield "Follow-up is no whole number from 0", ~(table["follow_up"].to_numpy() >= 0)
    if {"spacing_x_mm", "spacing_y_mm"} <= set(table):
        yield "Pixels are not square", (table["spacing_x_mm"] != table["spacing_y_mm"]).to_numpy()


def _find_rejuvenated(records: Records) -> Mask:
    frame = pd.DataFrame({"patient": records.patients, "follow_up": records.table["follow_up"],
                          "age": records.table["age_years"]})  # fmt: skip
    ordered = frame.sort_values(["patient", "follow_up"], kind="stable")
    falls = (ordered["age"].diff() < 0) & (ordered["patient"].diff() == 0)
    return falls.reindex(frame.index).to_numpy(dtype=bool)


def _implausible_table(records: Records) -> Table:
    rows = tuple((name, *records.count(chosen)[:2]) for name, chosen in _find_implausible(records))
    return Table(title="Implausible values (counted, not mended)", columns=("What", *COUNTED), rows=rows)


def _implausible_list(records: Records) -> Table:
    """The images with an implausible value, by the line of the table, so that they can be looked up."""
    table = records.table
    rows = [
        (name, str(table["image"].iloc[at]), int(table["line"].iloc[at]))
        for name, chosen in _find_implausible(records) for at in np.flatnonzero(chosen)[:SHOWN_IMPLAUSIBLE]
    ]  # fmt: skip
    title = f"Images with implausible values (at most {SHOWN_IMPLAUSIBLE} of each kind)"
    return Table(title=title, columns=("What", "Image", "Line of the table"), rows=tuple(rows))


# --- splits and flow --------------------------------------------------------------------------------------------------


def _split_tables(records: Records, assigned: NDArray[np.str_]) -> Iterator[Table]:
    if groups := [(_say(name), assigned == name) for name in _names(assigned)]:
        yield profile_table(records, "Splits by a keyed hash of the patient", "Split", groups)


def _find_flows(records: Records, assigned: NDArray[np.str_]) -> Iterator[Table]:
    """From what was read to what is used; after its first row, the rows of a table sum to that row's images."""
    target = f"Labeled {records.mapping.target.lower()}"
    everything = np.ones(len(records.table), dtype=bool)
    if records.left_out:
        read = len(records.table) + sum(count for _, count in records.left_out)
        rows: tuple[Row, ...] = (("Rows of the table", read),
                                 *((f"left out: {reason}", count) for reason, count in records.left_out),
                                 ("described", len(records.table)))  # fmt: skip
        yield Table(title="Flow of rows", columns=("Step", "Rows"), rows=rows)
    columns = ("Step", *COUNTED, target)
    listed: Row = ("Listed in the table", *records.count(everything))
    if "age_years" in records.table:
        yield Table(title="Flow of images (patients may be in more than one row)", columns=columns,
                    rows=(listed, *_adult_rows(records)))  # fmt: skip
    if names := _names(assigned):
        parts = tuple((f"of these: {_say(name)}", *records.count(assigned == name)) for name in names)
        title = "Flow into splits (no patient is in two)"
        yield Table(title=title, columns=columns, rows=(listed, *parts))


def _adult_rows(records: Records) -> Iterator[Row]:
    ages = records.table["age_years"].to_numpy()
    plausible = plausible_ages(records)
    unknown = np.isnan(plausible) & ~(ages > IMPLAUSIBLE_AGE_YEARS)
    yield f"left out: age above {IMPLAUSIBLE_AGE_YEARS} years", *records.count(ages > IMPLAUSIBLE_AGE_YEARS)
    if unknown.any():
        yield "left out: age not recorded, or below 0", *records.count(unknown)
    yield f"left out: younger than {ADULT_YEARS} years", *records.count(plausible < ADULT_YEARS)
    yield "of the adult release's population", *records.count(plausible >= ADULT_YEARS)


# --- figures ----------------------------------------------------------------------------------------------------------


def find_figures(records: Records) -> Iterator[Figure]:
    """Yield findings, what comes together, ages, and images per patient, as far as the table has them."""
    counted = {name: int(chosen.sum()) for name, chosen in _finding_groups(records)}
    order = sorted(counted, key=counted.__getitem__, reverse=True)
    yield bars("Findings mined from reports", "Finding", "Images", [(name, counted[name]) for name in order], "Images")
    if len(records.names) > 1:
        yield _co_occurrence_figure(records)
    if "age_years" in records.table:
        yield _age_figure(records)
        yield _age_by_finding_figure(records)
    if groups := list(_view_and_sex_groups(records)):
        share = [(name, percent(records.count(chosen)[2], int(chosen.sum()))) for name, chosen in groups]
        name = records.mapping.target
        yield bars(f"{name} by view and sex", "View and sex", f"% of images labeled {name.lower()}", share, name)
    if "patient" in records.table:
        rows = images_table(np.bincount(records.patients).tolist()).rows
        yield bars("Images per patient", "Images of a patient", "Patients",
                   [(str(row[0]), int(row[1] or 0)) for row in rows], "Patients")  # fmt: skip


def _co_occurrence_figure(records: Records) -> Figure:
    """How often the row's finding comes with the column's; the diagonal, 100 by definition, is left empty."""
    matrix = records.findings.astype(np.int64)
    together = matrix.T @ matrix
    names = tuple(_say(name) for name in records.names)
    series = tuple(
        Series(name=name, x=names, y=tuple(None if row == column else percent(int(together[row, column]),
               int(together[row, row]), 1) for column in range(len(names))))
        for row, name in enumerate(names)
    )  # fmt: skip
    label = "% of the images with the row's finding that also have the column's"
    return Figure(kind=FigureKind.GRID, title="Findings that come together", x_label="finding of the column",
                  y_label=label, series=series)  # fmt: skip


def _age_figure(records: Records) -> Figure:
    ages = plausible_ages(records)
    known, target = ~np.isnan(ages), records.target
    groups = [("all images", known), (f"labeled {records.mapping.target.lower()}", known & target)]
    edges = np.arange(0, 5 + np.max(ages, where=known, initial=5), 5)
    return histogram("Age at the image", "Age in years, in steps of five", "% of the images",
                     [(name, ages[chosen]) for name, chosen in groups], edges)  # fmt: skip


def _age_by_finding_figure(records: Records) -> Figure:
    ages = plausible_ages(records)
    values = [(name, quartiles(ages[chosen & ~np.isnan(ages)])) for name, chosen in _finding_groups(records)]
    series = Series(name="Median and quartiles", x=tuple(name for name, _ in values),
                    y=tuple(row[1] for _, row in values), lower=tuple(row[0] for _, row in values),
                    upper=tuple(row[2] for _, row in values))  # fmt: skip
    return Figure(kind=FigureKind.INTERVALS, title="Age by finding: median and quartiles", x_label="Finding",
                  y_label="Age in years", series=(series,))  # fmt: skip
