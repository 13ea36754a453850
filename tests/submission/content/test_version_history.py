"""The version history prints what users were told of each change of the device, and of nothing else."""

import re

from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.setting.render import render_html
from verification.evidence import ChangeNote, Development

NOTES = (
    ChangeNote(version=None, kind="documents", text="A fictitious page is new."),
    ChangeNote(version="0.1.0", kind="device", text="A fictitious door\nis green."),
)


def test_each_note_of_the_device_stands_beside_its_version(made, replace):
    development = Development(
        commits=1, first_date="2001-02-03", last_date="2001-02-03", authors=1, committers=1, merges=0, reviewed=0,
        tags=(), firsts=(), notes=NOTES,
    )  # fmt: skip
    made.parts["device"] = replace(made.parts["device"], development=development)
    catalogue = read_catalogue()
    entry = next(each for each in catalogue.documents if each.template == "version_history.html")
    package = assemble(made.write(), catalogue, "paediatric-reference")
    section = render_html(make_environment(), entry, package, {}).partition('id="notes"')[2].partition("</table>")[0]
    rows = [re.findall(r"<td>(.*?)</td>", row, re.S) for row in section.split("<tr>")[1:]]
    said = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in cells] for cells in rows if cells]
    assert said == [
        ["0.1.0", "A fictitious door is green."],
    ]
