#!/bin/sh
# WeasyPrint 70.0: in an entry with a hanging indent, what follows `leader()` ends short of the edge by the indent.
#
# A table of contents whose long entries are to go on below their words, and not below their numbers, gets a padding and
# a text indent of minus as much. One would expect the page number at the right edge, as without them. In an entry of one
# line it ends left of the edge by just the indent; in an entry of two lines, and with a padding alone, it is at the edge.
# So the page numbers of one list stand in two columns.
#
# What we do about it: contents have no hanging indent.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check weasyprint==70.0 2> /dev/null
cat > "$work/leader.py" << 'PYTHON'
from weasyprint import HTML, __version__

STYLE = """@page { size: 100mm 60mm; margin: 10mm } body { margin: 0; font: 10pt serif } h1 { break-before: page }
a { display: block; INDENT } a::after { content: leader('. ') target-counter(attr(href), page) }"""
SHORT, LONG = "Short", "An entry that is so long that it goes on in a second line of the contents"


def edge(indent: str, entry: str) -> float:
    """The right edge of the page number, in CSS pixels from the left of the page."""
    html = f"<style>{STYLE.replace('INDENT', indent)}</style><a href='#one'>{entry}</a><h1 id='one'>One</h1>"
    boxes = [box for box in HTML(string=html).render().pages[0]._page_box.descendants() if getattr(box, "text", "")]
    (number,) = (box for box in boxes if box.text.strip() == "2")
    return round(number.position_x + number.width, 1)


print("WeasyPrint", __version__)
for indent in ("", "padding-left: 8mm", "padding-left: 8mm; text-indent: -8mm"):
    found = [edge(indent, entry) for entry in (SHORT, LONG)]
    print(f"{indent or 'no indent'}: the number ends at {found[0]} in one line, at {found[1]} in two")
PYTHON
"$work/venv/bin/python" "$work/leader.py" | tee "$work/said"
test "$(grep -c 'ends at 340.2 in one line, at 340.2 in two' "$work/said")" = 2
grep -q '^padding-left: 8mm; text-indent: -8mm: the number ends at 309.9 in one line, at 340.2 in two' "$work/said"
