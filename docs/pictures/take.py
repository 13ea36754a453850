"""Take README's pictures in a checkout whose documents and trace page are built: a page, the trace, a terminal.

    .venv/bin/python docs/pictures/take.py [CHECKOUT]

The page is rendered by PDFium; the trace page and what the commands print, by Chromium (CLEARWAY_CHROMIUM).
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, sync_playwright
from pypdfium2 import PdfDocument

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CHROMIUM = os.environ.get("CLEARWAY_CHROMIUM", "/usr/bin/chromium")

DOCUMENT, CRITERION = "build/submission/CW-DOC-011-performance-report.pdf", "CRIT-PB-1"
"""The document shown, and what stands on the page of it."""

ITEM = "SRS-010"
"""What the trace page shows."""

ADULT = """\
clearway gate --intake research --assert Modality=CR --assert BodyPartExamined=CHEST \\
    --assert ViewPosition=AP --assert PatientAge=040Y tests/data/kermany_val/person1946_bacteria_4874.jpeg"""
SESSION = {
    ADULT: "refused",
    "clearway trace SRS-010 | head -18": "Burned-in annotation",
    "clearway submission figure 0.933 --document CW-DOC-003 | head -12": "CRIT-PB-2",
}
"""What is typed in the terminal, and what it must print; a refusal is shown as one."""

COLOURS = 256
STYLE = """
@font-face { font-family: Mono; src: url(data:font/woff2;base64,FONT) }
body { margin: 0; background: #10202b; color: #d7e0e6; font: 14px/1.45 Mono, monospace }
pre { margin: 0; padding: 20px 24px; white-space: pre-wrap; font: inherit }
b { color: #8fd0ff; font-weight: 400 }
"""


def main() -> None:
    """Take the three pictures and write them beside this file."""
    checkout = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT).resolve()
    write("page.png", photograph_document(checkout / DOCUMENT))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        write("trace.png", photograph(browser, f"file://{checkout}/build/trace.html#{ITEM}", ITEM, (1200, 720)))
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "terminal.html"
            page.write_text(render_terminal(checkout), encoding="utf-8")
            write("terminal.png", photograph(browser, f"file://{page}", "clearway", (1000, 100), whole=True))
        browser.close()


def photograph_document(file: Path) -> Image.Image:
    """The first page after the contents on which the criterion stands, 1,000 pixels wide, in a frame."""
    for page in list(PdfDocument(file))[1:]:
        if CRITERION in page.get_textpage().get_text_bounded():
            return ImageOps.expand(page.render(scale=1000 / page.get_width()).to_pil(), border=2, fill="#8a99a8")
    raise ValueError(f"{file}: no page names {CRITERION}")


def photograph(browser: Browser, address: str, text: str, size: tuple[int, int], whole: bool = False) -> Image.Image:
    """What a window of this size, in pixels, shows of an address once the text stands there; `whole`, to its end."""
    window = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
    window.goto(address)
    window.get_by_text(text).first.wait_for()
    window.evaluate("document.fonts.ready")
    return Image.open(BytesIO(window.screenshot(full_page=whole)))


def render_terminal(checkout: Path) -> str:
    """The session as a page of HTML: each command as it is typed, and what it printed."""
    font = base64.b64encode((ROOT / "submission/fonts/IBMPlexMono-Regular.woff2").read_bytes()).decode()
    style, session = STYLE.replace("FONT", font), "".join(run(checkout))
    return f"<!doctype html><meta charset=utf-8><style>{style}</style><pre>{session}</pre>"


def run(checkout: Path) -> Iterator[str]:
    """Yield each command of the session and what it prints, run in the checkout by its own environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(checkout), "COLUMNS": "110"}
    for command, expected in SESSION.items():
        ran = subprocess.run(
            ["/bin/sh", "-c", command], cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        printed = ran.stdout.decode()
        if expected not in printed:
            raise ValueError(f"$ {command}\n{printed}\nexpected {expected!r} in this")
        yield f"<b>$ {escape(command)}</b>\n{escape(printed)}\n"


def write(name: str, image: Image.Image) -> None:
    """Write a picture with few colors, so that it is small."""
    image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        HERE / name, optimize=True
    )
    print(f"docs/pictures/{name}: {image.width} x {image.height}, {(HERE / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
