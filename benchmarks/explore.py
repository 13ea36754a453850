"""The exploration of NIH's whole table against a plain pandas pass and a pass of csv over the same file, in one run.

python benchmarks/explore.py [times]
"""

import csv
import gzip
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable

import pandas as pd

from verification.datasets.describe_records import describe_records
from verification.datasets.description import read_description
from verification.datasets.explore import folder_of, read_table
from verification.evidence import find_project

FOLDER = folder_of(find_project()) / "nih"
DESCRIPTION = read_description(FOLDER / "dataset.yaml")[0]
TABLE = FOLDER / str(DESCRIPTION.metadata)
TIMES = int(sys.argv[1]) if len(sys.argv) > 1 else 3


def ours() -> int:
    """Every fault looked for; every table and figure; all patients split."""
    records, _ = read_table(FOLDER, DESCRIPTION, "nih")
    return len(describe_records(DESCRIPTION, records, "").tables)


def by_pandas() -> int:
    """Images and patients by finding, view, sex and age band: four group-bys and no check."""
    table = pd.read_csv(TABLE)
    long = table.assign(finding=table["Finding Labels"].str.split("|")).explode("finding")
    bands = pd.cut(table["Patient Age"], [0, 21, 39, 59, 79, 120])
    keys = (
        long.groupby("finding"),
        table.groupby("View Position"),
        table.groupby("Patient Gender"),
        table.groupby(bands, observed=True),
    )
    return sum(len(key["Patient ID"].agg(["size", "nunique"])) for key in keys)


def by_csv() -> int:
    """Images and patients by finding, row by row."""
    images, patients = Counter(), defaultdict(set)
    with gzip.open(TABLE, "rt") as file:
        for row in csv.DictReader(file):
            for finding in row["Finding Labels"].split("|"):
                images[finding] += 1
                patients[finding].add(row["Patient ID"])
    return len(images)


def best(run: Callable[[], int]) -> float:
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


found, pandas, rows = best(ours), best(by_pandas), best(by_csv)
print(f"exploration of 112,120 rows, without start of Python: {found:.2f} s (aim: under 5 s)")
print(f"four group-bys of pandas: {pandas:.2f} s; exploration takes {found / pandas:.1f} times as long")
print(f"one pass of csv:          {rows:.2f} s; exploration takes {found / rows:.1f} times as long")
