"""Images are found in a collection's table by their names, whatever kind of file they came as."""

import pytest

from verification.datasets.references import find_collection
from verification.evidence import find_project
from verification.protocol.subgroups import find_places, strip_suffix


@pytest.fixture(scope="module")
def nih():
    return find_collection(find_project().root / "verification/datasets", "nih")


def test_an_image_that_came_as_jpeg_is_the_same(nih):
    names = [f"images/{nih.images[place]}" for place in (5, 0, 9)]
    assert find_places(names, nih).tolist() == [5, 0, 9]
    assert find_places([name.replace(".png", ".JPG") for name in names], nih).tolist() == [5, 0, 9]
    assert find_places([names[0], names[1].removesuffix(".png"), names[2]], nih).tolist() == [5, 0, 9]


def test_an_image_of_no_table_is_named(nih):
    with pytest.raises(ValueError, match=r"holiday\.jpg and 0 more are not in the table"):
        find_places([str(nih.images[0]), "holiday.jpg"], nih)


def test_a_uid_is_no_suffix():
    assert strip_suffix("1.2.840.10008") == "1.2.840.10008"
    assert strip_suffix("1.2.840.dcm") == "1.2.840"
