"""Every figure of a package has an origin that resolves, every page says what its ledger says, and no digit is free."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdfium2 import PdfDocument

from submission.audit.pointers import value_at
from submission.content import labelling
from submission.content.environment import make_environment
from submission.content.reading import read_catalogue
from submission.context.assemble import assemble
from submission.package.build import Built, build
from submission.setting.render import RenderError, print_one, render_html
from submission.words.claims import (
    DIGIT,
    choose,
    compose,
    number_of,
    origin_of,
    pick,
    remember,
    runs_of,
    total_of,
    written,
)
from submission.words.filters import ident, total
from submission.words.folders import MANIFEST, TEMPLATES
from submission.words.ledger import Said, find_free
from submission.words.places import look_up
from verification import evidence as e
from verification.evidence import Project

RELEASE = "paediatric-reference"
TERMS = [term.term for term in read_catalogue().terms]


def files_of(folder: Path) -> dict[str, Any]:
    """The JSON files that origins name."""
    found = {path.relative_to(folder / "evidence").as_posix(): path for path in (folder / "evidence").rglob("*.json")}
    return {name: json.loads(path.read_bytes()) for name, path in {**found, MANIFEST: folder / MANIFEST}.items()}


def ledger_of(folder: Path, document: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / document.entry.ledger).read_bytes())
    return found


def squeezed(text: str) -> str:
    """Without white space, bullets and places where a word may break; a hyphen that ends a line is one."""
    return re.sub(r"[\s•\u00ad\u200b`]", "", re.sub(r"[\x02\ufffe]", "-", text))


# --- a whole package --------------------------------------------------------------------------------------------------


def test_every_claim_of_every_ledger_resolves_to_the_value_that_it_states(good: Built) -> None:
    files = files_of(good.folder)
    claims = 0
    for document in good.documents:
        stated = ledger_of(good.folder, document)["claims"]
        assert len(stated) == len(document.claims) > 0
        for claim, held in zip(document.claims, stated, strict=True):
            assert look_up(files, claim.origin) == held["value"], (document.entry.number, claim)
            claims += 1
    assert claims > 2000


def test_the_pages_of_a_ledger_are_the_text_of_the_pdf(good: Built) -> None:
    for document in good.documents:
        pages = ledger_of(good.folder, document)["pages"]
        with PdfDocument(document.content) as pdf:
            printed = [squeezed(page.get_textpage().get_text_range()) for page in pdf]
        listed = [squeezed("".join(text for text, _, _ in said)) for said in pages]
        assert len(listed) == document.pages
        for number, (one, other) in enumerate(zip(printed, listed, strict=True), start=1):
            assert one == other, (document.entry.number, number)


def test_no_document_has_a_free_numeral(good: Built) -> None:
    for document in good.documents:
        assert list(find_free(document.said, TERMS)) == [], document.entry.number


def test_a_digit_in_a_template_stops_the_build_and_leaves_the_old_one_whole(good: Built, tmp_path: Path) -> None:
    import shutil

    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    path = templates / "anomalies.html"
    path.write_text(
        path.read_text().replace("{% block body %}\n", "{% block body %}\n<p>It was right in 97 cases.</p>\n")
    )
    before = {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()}
    with pytest.raises(RenderError) as raised:
        build(Project(good.folder.parent.parent), RELEASE, templates=templates)
    told = str(raised.value)
    assert told.startswith("free numerals: 1; ")
    assert re.search(r"CW-DOC-013, page \d+ \(anomalies\.html\): '.*It was right in 97 cases", told)
    assert {path: path.read_bytes() for path in good.folder.rglob("*") if path.is_file()} == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missing", "release"),
    [(None, "adult-nih"), (None, "nonesuch-7"), ("device", RELEASE), ("trace", RELEASE), ("studies", RELEASE)],
)
def test_the_gap_register_has_no_free_numeral_whatever_is_missing(made: Any, missing: str | None, release: str) -> None:
    made.parts.pop(missing, None)
    catalogue = read_catalogue()
    package = assemble(made.write(), catalogue, release)
    entry = next(entry for entry in catalogue.documents if entry.number == "CW-DOC-014")
    set_ = print_one(entry, render_html(make_environment(), entry, package, {"pages": {}}))
    assert list(find_free(set_.said, TERMS)) == []


# --- what is free -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "free"),
    [
        (Said("sensitivity 0.93"), True),
        (Said("0.93", 4), False),
        (Said("Page 3 of 9", None, "structure"), False),
        (Said("0.4", None, "scale"), False),
        (Said("a 510(k) and a SHA-256"), False),
        (Said("SHA-2567"), True),
        (Said("[U+6C34]"), False),
        (Said("[U+6C34] 7"), True),
        (Said("no digit"), False),
    ],
)
def test_a_digit_is_free_that_stands_in_no_claim_no_term_and_no_numbering(said: Said, free: bool) -> None:
    assert bool(list(find_free([[said]], ["510(k)", "SHA-256"]))) is free


# --- origins ----------------------------------------------------------------------------------------------------------

ROWS = [{"name": f"r{n}", "kind": "odd" if n % 2 else "even", "killed": n, "survived": 1} for n in range(8)]


class Row(msgspec.Struct, frozen=True):
    """A fictitious record."""

    name: str
    kind: str
    killed: int
    survived: int


@pytest.fixture
def rows() -> tuple[Row, ...]:
    return remember(tuple(Row(**row) for row in ROWS), "fictitious.json#/rows")


@pytest.mark.parametrize(
    ("count", "origin", "value"),
    [
        (number_of, "#/rows", 8),
        (lambda rows: number_of(pick(rows, "kind", "odd")), "#/rows?kind=odd", 4),
        (lambda rows: number_of(pick(rows, "kind", "odd", other=True)), "#/rows?kind!=odd", 4),
        (lambda rows: number_of(choose(rows, lambda row: row.killed in (1, 2, 3, 5))), "#/rows[1:4,5:6]", 4),
        (lambda rows: number_of(choose(rows, lambda row: row.killed > 99)), "#/rows[0:0]", 0),
        (
            lambda rows: number_of(pick(choose(rows, lambda row: row.killed not in (3, 4)), "kind", "even")),
            "#/rows[0:3,5:8]?kind=even",
            3,
        ),
        (lambda rows: total_of(rows, "killed", "survived"), "#/rows/*/killed+survived", 36),
        (lambda rows: rows[3].killed, "#/rows/3/killed", 3),
    ],
)
def test_a_count_names_what_it_counts_and_both_readers_find_it(
    rows: tuple[Row, ...], count: Callable[[Any], int], origin: str, value: int
) -> None:
    found, files = count(rows), {"fictitious.json": {"rows": ROWS}}
    assert (found, origin_of(found)) == (value, f"fictitious.json{origin}")
    assert look_up(files, origin_of(found)) == value
    assert value_at(files, "fictitious.json", origin.removeprefix("#")) == value


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("nonesuch.json#/rows", "the package has no nonesuch.json"),
        ("fictitious.json#/columns", "no 'columns' there"),
        ("fictitious.json#/rows/8/name", "no '8' there"),
        ("fictitious.json#/rows/0?kind=odd", "selects from what is no list"),
    ],
)
def test_an_origin_that_is_nowhere_says_where_it_ends(origin: str, told: str) -> None:
    with pytest.raises(LookupError) as raised:
        look_up({"fictitious.json": {"rows": ROWS}}, origin)
    assert told in str(raised.value)


def free_runs(text: object) -> list[str]:
    """The runs of a text, or the text of some markup, with a digit and without an origin."""
    shown = text if isinstance(text, str) and hasattr(text, "runs") else None
    if shown is not None:
        return [run.text for run in runs_of(shown) if DIGIT.search(run.text) and not run.origin]
    bare = re.sub(r"<[^>]+>", "", re.sub(r"<data [^>]*>.*?</data>", "", str(text)))
    return DIGIT.findall(bare)


INTAKE = e.IntakeLimits(
    name="fictitious", sop_classes={"1.2.3": ("DX", "CR2")}, sop_class_names={"1.2.3": "Class 3"},
    fewest_bits_stored=10, most_bits_stored=16, bits_allocated=16, shortest_side_pixels=200, longest_side_pixels=9000,
)  # fmt: skip
POPULATION = e.Population(
    description="fictitious", minimum_age_years=1, maximum_age_years=5, view_positions=("AP", "PA2")
)
DOCSTRING = "Do it in 2 steps.\n\nArgs:\n    x: of shape (3, 4),\n        or 5.\n    y: 6."


@pytest.mark.parametrize(
    ("record", "show", "told"),
    [
        (INTAKE, labelling.kinds_of, "Class 3: DX or CR2"),
        (INTAKE, labelling.bits_of, "10 to 16"),
        (
            {"codes": {"R-1": "AP", "R-2": "LL"}},
            lambda held: labelling.coded_views(held["codes"], POPULATION),
            "R-1 (AP)",
        ),
        ({"least": 0.025}, lambda held: labelling.share(held["least"]), "2.5 %"),
        ({"years": 1}, lambda held: labelling.years(held["years"]), "1 year"),
        ({"years": 2}, lambda held: labelling.years(held["years"]), "2 years"),
        ({"python": ">=3.11"}, lambda held: labelling.python(held["python"]), "Python 3.11 or later"),
        ({"word": "Level 4: bad"}, lambda held: labelling.before_colon(held["word"]), "Level 4"),
        (
            {"text": DOCSTRING},
            lambda held: labelling.docstring(held["text"]),
            "Do it in 2 steps.Args: x: of shape (3, 4), or 5.y: 6.",
        ),
        (
            {"a": "x" * 60 + "1", "b": "y" * 60 + "2"},
            lambda held: ident(compose("{}, {}", held["a"], held["b"])),
            f"{'x' * 48}…{'y' * 47}2",
        ),
    ],
)
def test_what_a_filter_writes_keeps_its_origins(record: Any, show: Callable[[Any], object], told: str) -> None:
    shown = show(remember(record, "fictitious.json#"))
    assert re.sub(r"<[^>]+>", "", str(shown)) == told
    assert free_runs(shown) == []


def test_a_figure_written_by_hand_keeps_none() -> None:
    value = remember(0.025, "fictitious.json#/least")
    assert free_runs(written("2.5", value, "percent 1")) == []
    assert free_runs(f"{100 * value}") == ["2", "5"]


def test_a_hyphen_before_a_number_of_a_study_is_a_minus_and_of_a_command_none() -> None:
    assert remember("brightness -0.15 (-2), SRS-015, 3-4", "studies.json#/x") == "brightness −0.15 (−2), SRS-015, 3-4"
    assert remember("head -1", "verification.json#/x") == "head -1"


def test_two_filters_cannot_share_a_name() -> None:
    def count(value: int) -> str:
        return f"{value:d}"

    with pytest.raises(ValueError, match="two filters are named 'count'"):
        total(count)
