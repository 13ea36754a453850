"""Which images of the NIH collection radiologists have read, from tables that are outside the repository.

Their terms are not verified: what they say of an image stays in the user's folders, and only counts leave them.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from verification.datasets.manifest import blocking
from verification.evidence import Issue

UNSAFE_MATCH_MSE = 10
"""A case of the RSNA set is matched to its NIH image by pixels; above this mean squared error the match is unsafe."""
FILES = {
    "rsna": ("rsna2018_to_nih.csv.gz", ("nih_image_index", "rsna_class", "match_mse")),
    "google": ("google2019_nih-chest-xray-labels.csv.gz", ("Image Index", "Airspace opacity")),
}


def read_labels(folder: Path, source: str) -> tuple[dict[str, int], tuple[Issue, ...]]:
    """The label of each image that was read: 1 with the opacity that its source names, 0 without.

    Args:
        folder: where the tables are.
        source: `rsna` or `google`.

    Returns:
        Labels by the name of the image; none, with an issue, if the table cannot be used. An unsafe match of the RSNA
        set and an image with contradicting reads have none.
    """
    name, columns = FILES[source]
    try:
        table = pd.read_csv(folder / name, usecols=list(columns))
    except (OSError, ValueError, EOFError) as error:
        hint = f"put the table with the columns {', '.join(columns)} there"
        return {}, (blocking("reads-unreadable", str(folder / name), str(error), hint),)
    if source == "rsna":
        table = table[table["match_mse"] <= UNSAFE_MATCH_MSE]
        positive = table["rsna_class"] == "Lung Opacity"
    else:
        positive = table["Airspace opacity"] == "YES"
    reads = positive.groupby(table[columns[0]]).agg(["min", "max"])
    agreed = reads[reads["min"] == reads["max"]]["max"].astype(int)
    return {str(image): int(label) for image, label in agreed.items()}, ()
