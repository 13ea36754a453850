"""A file that is too large, too deep or declares what ReqIF has no use for is refused before it is read."""

import io
import zipfile

import pytest

pytestmark = pytest.mark.slow


def packed_up(text):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.reqif", text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "most", "said"),
    [
        ("archive.LARGEST_BYTES", 1000, "found more than 1000 bytes"),
        ("tree.MOST_ELEMENTS", 100, "found more than 100 elements"),
        ("tree.DEEPEST", 5, "elements stand 6 deep, expected at most 5"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_beyond_the_bounds_is_refused(checkout, reqif, monkeypatch, name, most, said, packed):
    monkeypatch.setattr(f"verification.exchange.{name}", most)
    checkout.write("out.reqif", packed_up(reqif) if packed else reqif)
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 1
    assert said in run.stderr


def test_a_document_type_is_refused_in_every_encoding(checkout, reqif):
    text = reqif.replace("<REQ-IF xmlns", '<!DOCTYPE x [<!ENTITY e "e">]><REQ-IF xmlns', 1).replace("Handle", "&e;")
    checkout.write("out.reqif", text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"))
    run = checkout.run("trace", "import", "out.reqif")
    assert run.returncode == 1
    assert "line 2: it declares a document type" in run.stderr
