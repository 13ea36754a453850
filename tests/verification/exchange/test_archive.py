"""A ReqIF file in an archive is read there, and what lies beside it is named."""

import io
import zipfile

import pytest

pytestmark = pytest.mark.slow


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), text)
    return content.getvalue()


def test_an_archive_is_read_and_its_other_files_are_named(checkout, reqif):
    checkout.write("out.reqifz", archive(a_reqif=reqif, files__door_png="x"))
    run = checkout.run("trace", "import", "out.reqifz")
    assert run.returncode == 0
    assert run.stdout == (
        "advisory  out.reqifz: found the file files/door.png in the archive, which no item has; it is not read "
        "[reqif-file]; take over by hand what matters\n"
    )
    assert "none seen to differ from the checkout, in no item: 1, named above; 6 written" in run.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive(a_reqif="x", b_reqif="y"), "found the ReqIF files a.reqif, b.reqif in the archive, expected one"),
        (archive(a_png="x"), "found the ReqIF files none in the archive, expected one"),
        (archive(a_reqif="x" * 9)[:-40] + archive()[-22:], "not ReqIF"),
    ],
)
def test_an_archive_that_holds_not_one_file_is_refused(checkout, content, said):
    checkout.write("out.reqifz", content)
    run = checkout.run("trace", "import", "out.reqifz")
    assert run.returncode == 1
    assert said in run.stderr
