"""What stands anywhere in a file is told; one that is too large, too deep or declares a document type is refused."""

import io
import re
import zipfile

import pytest

from verification.exchange.form import read_forms
from verification.exchange.read import read_reqif
from verification.exchange.result import find_differences
from verification.specification.reading import read_items

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


@pytest.mark.parametrize(
    ("old", "new"),
    [("(>)", r"\1<LOST>lost</LOST>"), (r"(?<=[\w-])(\s|>)", r' LOST="lost"\1'), ("(>)", r"\1lost ")],
    ids=["element", "attribute", "text"],
)
def test_what_is_put_anywhere_but_into_the_header_is_told(checkout, reqif, old, new):
    """Into the first element of each name; names of types of data or specifications say nothing of an item."""
    forms, path = read_forms(checkout.project), checkout.root / "out.reqif"
    here = {name: entry.value for name, entry in read_items(checkout.project).entries.items()}
    head, end, body = reqif.partition("</THE-HEADER>")
    names = set(re.findall(r"<([\w:-]+)(?![\w:-])[^>]*(?<!/)>", body))
    for name in (
        each
        for each in names
        if not new.endswith("lost ") or not re.search("(SPECIFICATION-TYPE|DATATYPE.*)-REF", each)
    ):
        start = re.search(rf"<{name}(?![\w:-])[^>]*(?<!/)>", body)
        changed = re.sub(old, new, start[0], count=1)
        path.write_text(head + end + body[: start.start()] + changed + body[start.end() :])
        exchange = read_reqif(path, forms)
        assert exchange.issues or list(find_differences(exchange, here)), changed
    assert len(names) > 40
