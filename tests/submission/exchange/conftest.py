"""The Word file of a document, as a colleague edits it and gives it back."""

from functools import cache

import docx
import pytest

from submission.exchange.docx_check import check_docx
from submission.exchange.docx_file import render_docx
from submission.package.folder import find_document, open_package


@pytest.fixture(scope="session")
def package(good):
    return open_package(good.folder)


@pytest.fixture(scope="session")
def rendered(package):
    """The Word file of a document, made once."""
    return cache(lambda number: render_docx(package, find_document(package, number)))


@pytest.fixture
def edited(package, rendered, tmp_path):
    """Write the Word file of a document, let a function edit it as a colleague would, and check what comes back.

    `rewrite` is what happens to the file after it was saved.
    """

    def editing(number, edit=lambda file: None, rewrite=lambda path: None):
        path = tmp_path / "returned.docx"
        path.write_bytes(rendered(number))
        file = docx.Document(str(path))
        edit(file)
        file.save(str(path))
        rewrite(path)
        return check_docx(path, package)

    return editing
