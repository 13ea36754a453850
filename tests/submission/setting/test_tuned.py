"""The pages are those that WeasyPrint sets when nothing of it is tuned."""

import json
import subprocess
import sys
from io import BytesIO

import pytest
from pypdf import PdfReader

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import print_one, render_html

pytestmark = pytest.mark.slow

PLAIN = """
import json, sys
from io import BytesIO
from pypdf import PdfReader
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from submission.words.folders import HERE
html, base = sys.stdin.read(), f"{HERE}/"
fonts = FontConfiguration()
style = CSS(filename=str(HERE / "style.css"), font_config=fonts)
content = HTML(string=html, base_url=base).write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/a-3a")
print(json.dumps([page.get_contents().get_data().decode("latin-1") for page in PdfReader(BytesIO(content)).pages]))
"""


@pytest.mark.parametrize("number", ["CW-DOC-003", "CW-DOC-006", "CW-DOC-010", "CW-DOC-030"])
def test_pages_are_drawn_as_weasyprint_alone_draws_them(made, number):
    catalogue = read_catalogue()
    entry = next(entry for entry in catalogue.documents if entry.number == number)
    package = assemble(made.write(), catalogue, "paediatric-reference")
    pages = {"pages": dict.fromkeys((one.number for one in catalogue.documents), None)}
    html = render_html(make_environment(), entry, package, pages)
    run = subprocess.run([sys.executable, "-c", PLAIN], input=html, capture_output=True, text=True, check=True)
    ours = PdfReader(BytesIO(print_one(entry, html).content)).pages
    assert [page.get_contents().get_data().decode("latin-1") for page in ours] == json.loads(run.stdout)
