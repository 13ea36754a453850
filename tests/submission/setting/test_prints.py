"""A print that is kept is the one that would be set; a damaged one is set again; there are never too many."""

import gc
import subprocess
import sys
from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from submission.content.reading import read_catalogue
from submission.setting import prints
from submission.setting.press import Presses
from submission.setting.prints import Carrying, Prints, find_folder
from submission.setting.render import RenderError, print_one

ENTRY = read_catalogue().documents[0]


def page(word: str = "one") -> tuple:
    head = '<head><title>x</title><meta name="dcterms.created" content="2001-02-03T04:05:06Z"></head>'
    return ENTRY, f'<html lang="en">{head}<body><p>Fictitious {word}.</p></body></html>', []


def printed(folder, *pages):
    with Prints(folder) as kept:
        return list(kept.print_all(pages))


@pytest.fixture
def never_set(monkeypatch):
    """Nothing is set any more."""

    def refuse(_, pages):
        assert list(pages) == []
        return iter(())

    monkeypatch.setattr(Presses, "print_all", refuse)


def test_a_kept_print_is_the_one_that_is_set(tmp_path, request):
    first = printed(tmp_path, page())
    assert first == [print_one(*page())]
    request.getfixturevalue("never_set")
    assert printed(tmp_path, page()) == first


@pytest.mark.parametrize("content", [b"", b"noise", b"0" * 64 + b"\n" + b"\x90"])
def test_a_damaged_print_is_set_again(tmp_path, content):
    first = printed(tmp_path, page())
    (path,) = tmp_path.glob("*.print")
    whole = path.read_bytes()
    path.write_bytes(content)
    assert printed(tmp_path, page()) == first
    assert path.read_bytes() == whole


def test_another_word_or_press_is_another_print(tmp_path, monkeypatch):
    printed(tmp_path, page())
    printed(tmp_path, page("two"))
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(prints, "press_digest", lambda: b"another style")
    printed(tmp_path, page())
    assert len(list(tmp_path.iterdir())) == 3


def test_with_another_file_a_document_is_bound_again_and_not_set_again(tmp_path, request):
    entry, html, _ = page()
    files = [("a.json", b"{}", "a file")]
    (bare,) = printed(tmp_path, page())
    request.getfixturevalue("never_set")
    (bound,) = printed(tmp_path, (entry, html, files))
    assert bound == print_one(entry, html, files)
    assert PdfReader(BytesIO(bound.content)).attachments == {"a.json": [b"{}"]}
    assert PdfReader(BytesIO(bare.content)).attachments == {}


def test_what_is_set_is_told_with_the_share_of_the_work_that_is_done(tmp_path):
    told = list[tuple[str, float]]()
    words = ("one", "two" * 99)
    pages: list[Carrying] = [(replace(ENTRY, number=f"CW-DOC-9{n}"), page(word)[1], []) for n, word in enumerate(words)]
    with Prints(tmp_path) as kept:
        list(kept.print_all(pages, lambda text, share: told.append((text, share))))
        list(kept.print_all(pages, lambda *_: told.append("again")))
    assert told[0] == ("documents to set: 2 of 2", 0)
    assert [share for _, share in told[1:]] == sorted(share for _, share in told[1:])
    assert {text.split()[0] for text, _ in told[1:]} == {"CW-DOC-90", "CW-DOC-91"}
    assert told[-1][1] == 1


def test_those_unused_for_longest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(prints, "KEPT", 2)
    for word in ("one", "two", "three", "one"):
        printed(tmp_path, page(word))
    Prints(tmp_path).prune()
    kept = {path.name for path in tmp_path.iterdir()}
    printed(tmp_path, page("three"), page("one"))
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_memory_is_collected_again_after_a_print_and_after_a_failure():
    assert gc.isenabled()
    print_one(*page())
    assert gc.isenabled()
    with pytest.raises(RenderError):
        print_one(*page("水"))
    assert gc.isenabled()


def test_two_processes_share_a_folder(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.submission.setting.test_prints import page, printed\n"
        "print([one.sha256 for one in printed(Path(sys.argv[1]), page())])"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {run.communicate()[0] for run in runs}
    assert said == {f"{[one.sha256 for one in printed(tmp_path, page())]}\n"}
    assert len(list(tmp_path.iterdir())) == 1


def test_the_folder_is_the_users_unless_one_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CLEARWAY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_folder() == tmp_path / "clearway" / "prints"
    monkeypatch.setenv("CLEARWAY_CACHE", str(tmp_path / "mine"))
    assert find_folder() == tmp_path / "mine" / "prints"
    monkeypatch.delenv("CLEARWAY_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(find_folder()) == "/home/ada/.cache/clearway/prints"
