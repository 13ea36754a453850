"""What a flow of images says of its counts."""

import pytest

from submission.drawings.diagrams.flows import _counts
from verification.evidence import Table


@pytest.mark.parametrize(
    ("column", "number", "said"),
    [
        ("Rows", 1, "1 row"),
        ("Rows", 2, "2 rows"),
        ("Images", 0, "0 images"),
        ("RSNA's reads", 1, "1 RSNA's reads"),
        ("Images that RSNA's radiologists read", 5216, "5,216 images that RSNA's radiologists read"),
    ],
)
def test_a_count_names_one_thing_in_the_singular_and_leaves_names_as_they_are(column, number, said):
    table = Table(title="Flow", columns=("step", column), rows=(("listed", number),))
    assert [str(one) for one in _counts(table, table.rows[0])] == [said]
