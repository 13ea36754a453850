"""A small checkout with made-up evidence: every name says that it is fictitious, every figure is round."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from submission.package.build import Built, build
from verification import evidence as e
from verification.evidence import Project, write_evidence

RELEASE = b"""\
name: paediatric-reference
version: 0.0.1
population:
  description: fictitious children
  minimum_age_years: 1
  maximum_age_years: 5
  view_positions:
  - AP
"""
CARD = b"""\
architecture: a fictitious network
parameters: 1000
history:
- title: Loss by epoch
  rows:
  - - 1
    - 0.5
  - - 2
    - 0.25
  - - 3
    - 0.125
"""
SUMS = "".join(
    f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    for name, content in (("card.yaml", CARD), ("release.yaml", RELEASE))
).encode()
DIGEST = hashlib.sha256(SUMS).hexdigest()
DATA_DIGEST = "da7a" * 16
BILL = json.dumps(
    {"components": [{"type": "library", "name": name, "version": "1.0"} for name in ("fictitia", "made-up", "unseen")]}
).encode()
PYPROJECT = """\
[project]
name = "fictitious"

[tool.clearway.product]
release = "paediatric-reference"
"""


@dataclass
class Made:
    """The parts of a made-up bundle; a test changes what it needs before `write`."""

    project: Project
    parts: dict[str, Any] = field(default_factory=dict)

    def write(self) -> Project:
        for name, value in self.parts.items():
            write_evidence(self.project.evidence, f"{name}.json", value)
        if "supply" in self.parts:
            (self.project.evidence / "sbom-whole.cdx.json").write_bytes(BILL)
        folder = self.project.root / "device" / "releases" / "paediatric-reference"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (("SHA256SUMS", SUMS), ("release.yaml", RELEASE), ("card.yaml", CARD)):
            (folder / name).write_bytes(content)
        return self.project


def change(record: Any, **fields: Any) -> Any:
    """A copy of a record with other values in some fields."""
    return type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | fields)


@pytest.fixture(scope="session")
def replace() -> Callable[..., Any]:
    return change


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Made]:
    """Make a checkout of one commit, always the same, in a new folder each time."""

    def making() -> Made:
        root = tmp_path_factory.mktemp("checkout")
        (root / "requirements_spec").mkdir()
        (root / "requirements_spec" / "SRS-901.yaml").write_text("id: SRS-901\n")
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / ".gitignore").write_text("/build/\n/device/\n")
        dated = {"GIT_AUTHOR_DATE": "2001-02-03T04:05:06Z", "GIT_COMMITTER_DATE": "2001-02-03T04:05:06Z"}
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@invalid", "-c", "commit.gpgsign=false"]
        for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "Fictitious"]):
            subprocess.run(["git", *arguments], cwd=root, check=True, env={"PATH": "/usr/bin:/bin", **dated})
        project = Project(root)
        source = project.source([root / "requirements_spec" / "SRS-901.yaml"])
        return Made(project, evidence(source))

    return making


@pytest.fixture
def made(make: Callable[[], Made]) -> Made:
    return make()


@pytest.fixture(scope="session")
def studied() -> Callable[[Made], Made]:
    """Add a requirement that two criteria of studies show: CRIT-1 is not met, CRIT-2 has no estimate."""

    def adding(made: Made) -> Made:
        found, gap = made.parts["trace"], e.LinkStatus.GAP
        by_study = change(
            criterion("AC1", gap), method=e.Method.ANALYSIS, why="CRIT-1 is NOT MET", studied=("CRIT-1", "CRIT-2")
        )
        goals = tuple(
            item(
                name,
                e.ItemKind.STUDY_CRITERION,
                file="verification/studies/x/criteria.yaml",
                line=n,
                status=gap,
                why=why,
            )
            for n, (name, why) in enumerate((("CRIT-1", "CRIT-1 is NOT MET"), ("CRIT-2", "CRIT-2 has no estimate")), 1)
        )
        shown = item(
            "SYS-902", e.ItemKind.SYSTEM_REQUIREMENT, criteria=(by_study,), status=gap, why="CRIT-1 is NOT MET"
        )
        ends = (("SYS-902", "UN-901", "derives_from"), *(("SYS-902", goal.id, "shown_by") for goal in goals))
        links = tuple(e.Link(source=s, target=t, relation=relation, status=gap, why="") for s, t, relation in ends)
        made.parts["trace"] = change(found, items=(*found.items, shown, *goals), links=(*found.links, *links))
        return made

    return adding


@pytest.fixture(scope="session")
def good(make: Callable[[], Made], once: Callable[[str, Callable[[], Built]], Built]) -> Built:
    """A package of good evidence; read only, since all processes of a run have this one."""
    return once("good", lambda: build(make().write(), "paediatric-reference"))


def evidence(source: e.Source) -> dict[str, Any]:
    return {
        "device": device(source),
        "verification": verification(source),
        "trace": trace(source),
        "studies": e.StudiesEvidence(source=source, studies=(study(), plan(), *others()), issues=()),
        "datasets": datasets(source),
        "supply": supply(source),
    }


def device(source: e.Source) -> e.DeviceEvidence:
    population = e.Population(
        description="fictitious children", minimum_age_years=1, maximum_age_years=5, view_positions=("AP",)
    )
    card = e.Card(
        architecture="a fictitious network", parameters=1000, initial_weights="none", recipe="fictitious.yaml",
        recipe_digest="ab" * 32, loss="binary cross-entropy", optimizer="Adam", epochs=3, batch_size=16,
        augmentation="none", seed=1, dataset="fictitious-data", dataset_digest=DATA_DIGEST, training_images=400,
        training_patients=200, tuning_images=100, tuning_patients=50, keras_litert_maximum_difference=1e-6,
        keras_litert_decision_flips=0,
        history=(e.Table(title="Loss by epoch", columns=("Epoch", "Loss"), rows=((1, 0.5), (2, 0.25), (3, 0.125))),),
    )  # fmt: skip
    built = e.ReleaseEvidence(
        name="paediatric-reference", version="0.0.1", status="reference", title="Fictitious release", digest=DIGEST,
        population=population, input_rows=224, input_columns=224, resampling="bilinear", keeps_aspect=False,
        weights_sha256="cd" * 32, weights_bytes=4_000_000, threshold=0.5, threshold_rule="a fictitious rule",
        threshold_locked_on="tuning split", study="fictitious-study", limitations=("It is fictitious.",), card=card,
        unbuilt_reason=None, unbuilt_command=None,
    )  # fmt: skip
    missing = e.Gap(reason="the weights are not built", closes="run the recipe")
    unbuilt = change(
        built, name="adult-nih", weights_sha256=None, weights_bytes=None, threshold=None, threshold_rule=None,
        threshold_locked_on=None, study="fictitious-plan", card=missing, unbuilt_reason="no images here",
        unbuilt_command="clearway train adult-nih",
    )  # fmt: skip
    syntax = e.TransferSyntax(uid="1.2.840.10008.1.2.1", name="Explicit VR Little Endian", lossy=False)
    soup = [
        e.Soup(name="numpy", version="2.0", extra="runtime", direct=True, purpose="arrays", licence="BSD-3-Clause"),
        e.Soup(name="six", version="1.0", extra="runtime", direct=False, purpose="", licence=None),
    ]
    return e.DeviceEvidence(
        source=source, name="Fictitia", version="0.0.1", releases=(built, unbuilt),
        rejections=(
            e.RejectionCode(code="VIEW", attribute="ViewPosition", requirement="SRS-901", text="Not a labeled view."),
            e.RejectionCode(code="AGE", attribute="PatientAge", requirement="SRS-902", text="The age is not labeled."),
        ),
        transfer_syntaxes=(syntax,), research_transfer_syntaxes=(syntax,),
        statement="for prioritization only, not for diagnostic use", soup=tuple(soup),
    )  # fmt: skip


def component(name: str, **fields: Any) -> e.Component:
    missing = e.Gap(reason="nobody has looked", closes="look")
    values = {
        "name": name, "version": "1.0", "purl": f"pkg:pypi/{name}@1.0", "hashes": ("00" * 32,), "part": "runtime",
        "direct": False, "through": ("fictitia",), "condition": None, "installed": "1.0", "purpose": "",
        "supplier": missing, "licence": missing, "support": missing, "anomalies": missing, "lookup": missing,
    }  # fmt: skip
    return e.Component(**values | fields)


def supply(source: e.Source) -> e.SupplyEvidence:
    allowed = e.Licence(expression="MIT", read_in="its metadata", verdict="allowed", reason="a notice")
    lookup = e.Lookup(date="2001-02-03", database="a fictitious database", report="fictitious.json")
    found = e.Vulnerability(
        id="FICT-1", aliases=(), description="made up", fixed_in=("2.0",),
        disposition=e.Disposition(state="not_affected", justification="it does not exist",
                                  known_exploited=False, by="Ada Example (fictitious)", date="2001-02-03"),
    )  # fmt: skip
    components = (
        component("fictitia", direct=True, through=(), purpose="makes things up", licence=allowed, lookup=lookup,
                  vulnerabilities=(found,)),
        component("made-up", part="suite", supplier="Ada Example (fictitious)"),
        component("unseen", part="training", installed=None, through=e.Gap(reason="not here", closes="look there")),
    )  # fmt: skip
    return e.SupplyEvidence(
        source=source, components=components, reports=(),
        vulnerabilities=e.Gap(reason="2 of 3 components have not been looked up", closes="look them up"),
        bills=(e.Bill(name="whole", file="sbom-whole.cdx.json", sha256=sha256(BILL).hexdigest(), components=3),),
        unlisted=(e.Gap(reason="a made-up system", closes="list it"),), issues=(),
    )  # fmt: skip


def threat(name: str, **fields: Any) -> e.Threat:
    values = {
        "id": name, "title": f"Fictitious {name}", "text": "Somebody does something.", "elements": ("PRC-91",),
        "stride": (e.Stride.TAMPERING,), "ai": None, "many_patients": True, "hazards": ("HAZ-901",),
        "controls": ("RC-901",), "requirements": (), "host": "Lock the door.", "open": None, "severity": 4,
        "exploitability": 4, "acceptability": "unacceptable", "residual_exploitability": 2,
        "residual_acceptability": "reduce", "status": e.LinkStatus.COVERS, "why": "answered",
    }  # fmt: skip
    return e.Threat(**values | fields)


def security() -> dict[str, Any]:
    open_ = e.Gap(reason="nobody has thought of it", closes="think")
    answer = e.SecurityAnswer(id="SEC-91", title="A question", text="An answer.", refs=("PRC-91",), gap=None)
    unanswered = e.SecurityAnswer(id="SEC-92", title="Another", text=None, refs=(), gap=open_)
    cells = tuple(
        e.StrideCell(element="PRC-91", stride=stride, threats=("THR-901",) if n == 1 else (),
                     set_aside="it is made up" if n == 2 else None)
        for n, stride in enumerate(e.Stride)
    )  # fmt: skip
    flow = e.FlowDiagram(
        boundaries=tuple(e.Boundary(id=f"BND-9{n}", title=f"Place {n}", text="Made up.") for n in (1, 2)),
        elements=(
            e.FlowElement(id="PRC-91", kind="process", title="Work", text="It makes up.", boundary="BND-91", row=1),
            e.FlowElement(id="STO-91", kind="store", title="Things", text="It keeps.", boundary="BND-92", row=2),
        ),
        flows=(e.DataFlow(id="FLW-91", source="PRC-91", target="STO-91", title="What is made up"),),
        cells=cells,
    )  # fmt: skip
    return {
        "threats": (threat("THR-901"), threat("THR-902", ai="evasion", open=open_, hazards=(), severity=None)),
        "data_flow": flow,
        "security": e.Security(
            views=(e.SecurityView(id="global_system", title="Global system", statements=(answer, unanswered)),),
            use_cases=(e.UseCase(id="USE-91", title="Use", actor="nobody", steps=("one", "two"), refs=("THR-901",)),),
            control_categories=(answer,), testing=(unanswered,), plan=(unanswered,),
        ),
    }  # fmt: skip


def result(number: int, status: str = "passed") -> e.VerificationResult:
    steps = tuple(
        e.StepResult(keyword=keyword, text=text, status=e.ResultStatus(status), observed=observed)
        for keyword, text, observed in (
            ("Given", "a fictitious radiograph", None),
            ("When", "it is judged", f"outcome of case {number}"),
            ("Then", "it is refused for ViewPosition", "refused, VIEW"),
        )
    )
    return e.VerificationResult(
        id=f"gate/case-{number}", feature="Fictitious gate", name=f"Case {number} is judged",
        file="verification/features/gate.feature", line=10 * number, example={"value": "LL"} if number % 2 else {},
        tags=("SRS-901", "SRS-901/AC1"), requirements=("SRS-901",), criteria=("SRS-901/AC1",),
        status=e.ResultStatus(status), steps=steps, message=None, digest="ee" * 32,
    )  # fmt: skip


def verification(source: e.Source) -> e.VerificationEvidence:
    return e.VerificationEvidence(
        source=source, complete=True, selection=(), results=tuple(result(n) for n in range(1, 13)),
        requirement_digests={"SRS-901": "aa" * 32}, release_digests={"paediatric-reference": DIGEST},
    )  # fmt: skip


def item(name: str, kind: e.ItemKind, **fields: Any) -> e.Item:
    values = {
        "id": name, "kind": kind, "title": f"Fictitious {name}", "text": f"The device shall do what {name} says.",
        "rationale": "A made-up reason.", "source_clause": None, "file": "requirements_spec/x.yaml", "line": 1,
        "criteria": (), "safety_related": True, "digest": "bb" * 32, "status": e.LinkStatus.COVERS, "why": "verified",
    }  # fmt: skip
    return e.Item(**values | fields)


def criterion(name: str, status: e.LinkStatus, *scenarios: str) -> e.Criterion:
    return e.Criterion(
        id=name, text="A fictitious expectation holds.", method=e.Method.TEST, status=status, why="as stated",
        scenarios=scenarios,
    )  # fmt: skip


def trace(source: e.Source) -> e.TraceEvidence:
    kinds = e.ItemKind
    covers, gap = e.LinkStatus.COVERS, e.LinkStatus.GAP
    items = (
        item("UN-901", kinds.USER_NEED, status=e.LinkStatus.UNPROVEN, why="no design validation"),
        item("SYS-901", kinds.SYSTEM_REQUIREMENT),
        item(
            "SRS-901",
            kinds.SOFTWARE_REQUIREMENT,
            criteria=(criterion("SRS-901/AC1", covers, "gate/case-1", "gate/case-2"),),
        ),
        item(
            "SRS-902",
            kinds.SOFTWARE_REQUIREMENT,
            criteria=(criterion("SRS-902/AC1", gap),),
            status=gap,
            why="none",
        ),
        item("device.gate.check", kinds.SYMBOL, file="device/gate.py", line=7),
    )
    pairs = (("SYS-901", "UN-901"), ("SRS-901", "SYS-901"), ("SRS-902", "SYS-901"), ("device.gate.check", "SRS-901"))
    links = tuple(e.Link(source=s, target=t, relation="traces", status=covers, why="") for s, t in pairs)
    hazard = e.Hazard(
        id="HAZ-901", title="A fictitious hazard", hazard="wrong input", sequence_of_events=("one", "two"),
        hazardous_situation="a situation", harm="delay", severity=4, probability_of_harm=3, acceptability="unacceptable",  # noqa: E501
        controls=("RC-901",), residual_severity=4, residual_probability_of_harm=1, residual_acceptability="acceptable",
        disclosed=None,
    )  # fmt: skip
    control = e.RiskControl(
        id="RC-901", title="A fictitious control", text="Refuse it.", kind="design", hazards=("HAZ-901",),
        requirements=("SRS-901",), implemented=covers, implemented_why="verified", effective=e.LinkStatus.UNPROVEN,
        effective_why="no evidence of effect",
    )  # fmt: skip
    not_effective = e.Issue(
        code="control-not-effective", severity=e.Severity.ADVISORY, where="risk/RC-901.yaml:1",
        message="RC-901 is not shown to be effective: no evidence of effect", hint="obtain it",
    )  # fmt: skip
    row = ("acceptable", "acceptable", "reduce", "unacceptable", "unacceptable")
    worse = ("acceptable", "reduce", "unacceptable", "unacceptable", "unacceptable")
    policy = e.RiskPolicy(
        severities=("negligible", "minor", "serious", "critical", "catastrophic"),
        probabilities=("improbable", "remote", "occasional", "probable", "frequent"),
        matrix=(row, row, row, worse, worse), assumptions=("A software failure is taken as certain.",),
        exploitabilities=("Contrived: x", "Hard: x", "Moderate: x", "Easy: x", "Trivial: x"),
    )  # fmt: skip
    level = e.DocumentationLevel(level="Enhanced", why="A fictitious hazard is unacceptable.", hazards=("HAZ-901",))
    return e.TraceEvidence(
        source=source, items=items, links=links, hazards=(hazard,), controls=(control,), policy=policy,
        documentation_level=level, anomalies=(), issues=(not_effective,), **security(),
    )  # fmt: skip


def estimate(metric: str, value: float | None, n: int, events: int | None, **fields: Any) -> e.Estimate:
    limits = (
        None if value is None else e.Interval(lower=value - 0.1, upper=value + 0.1, level=0.95, method="fictitious")
    )
    values = {
        "metric": metric, "value": value, "reason": None if value is not None else "no positives", "interval": limits,
        "n": n, "events": events, "patients": n // 2, "subgroup": "all", "reference_standard": "fictitious",
        "decides": False, "criterion": None, "met": None, "release_digest": DIGEST, "dataset_digest": DATA_DIGEST,
    }  # fmt: skip
    return e.Estimate(**values | fields)


def study() -> e.Study:
    sensitivity = estimate("sensitivity", 0.8, 100, 80, decides=True, criterion="CRIT-1", met=False)
    points = tuple(
        e.CurvePoint(threshold=t / 10, sensitivity=1 - (t / 10) ** 2, specificity=(t / 10) ** 0.5)
        for t in range(10, -1, -1)
    )
    return e.Study(
        name="fictitious-study", title="A fictitious study", kind="development", label="development estimates",
        release="paediatric-reference", release_version="0.0.1", release_digest=DIGEST, dataset_digest=DATA_DIGEST,
        plan=study_plan(), plan_digest="11" * 32, scores_sha256="22" * 32,
        openings=(e.Opening(
            event="scored", date="2001-02-03", reason="first estimates", release="paediatric-reference",
            release_digest=DIGEST, dataset_digest=DATA_DIGEST, scores_sha256="22" * 32,
        ),),
        images=300, patients=150,
        confusion=e.Confusion(true_positive=80, false_positive=20, false_negative=20, true_negative=180),
        estimates=(
            estimate("auroc", 0.85, 300, None), sensitivity, estimate("specificity", 0.9, 200, 180),
            estimate("sensitivity", None, 0, 0, subgroup="age 1", patients=0),
        ),
        criteria=(e.StudyCriterion(
            id="CRIT-1", metric="sensitivity", subgroup="all", limit="lower", comparison=">=", bound=0.75,
            rationale="A fictitious bound.", estimate=sensitivity, met=False,
        ),),
        curve=e.Curve(points=points, operating=e.CurvePoint(threshold=0.5, sensitivity=0.8, specificity=0.9)),
        analyses=tuple(analysis(role) for role in e.Role),
    )  # fmt: skip


def figures() -> tuple[e.Figure, ...]:
    """One of each kind, each with a value that is undefined."""
    names = ("a", "a label so long that no slot of a chart could ever hold it in one line of text", "c")
    limits = {"lower": (0.1, None, 0.4), "upper": (0.5, None, 0.9)}
    return tuple(
        e.Figure(
            kind=kind, title=f"Fictitious {kind.value}", x_label="case", y_label="AUROC", series=(
                e.Series(name="one", x=(1, 2, 3) if kind == "lines" else names, y=(0.25, None, 0.75), **limits),
                e.Series(name="other", x=(1, 2, 3) if kind == "lines" else names, y=(0.5, 0.5, 0.5)),
            ),
        )
        for kind in e.FigureKind
    )  # fmt: skip


def analysis(role: e.Role) -> e.Analysis:
    found = [
        estimate(metric, value, 300, None, subgroup=group, score="size of the file", positives=n, negatives=300 - n,
                 descriptive=n < 30)
        for group, n in (("women", 100), ("men", 12))
        for metric, value in (("auroc", 0.75), ("sensitivity", 0.5))
    ]  # fmt: skip
    found.append(estimate("auroc", None, 0, None, subgroup="race", score="size of the file", reason="not recorded"))
    return e.Analysis(
        id=f"fictitious-{role.value}", title=f"Fictitious {role.value} analysis", role=role,
        reference_standard="fictitious readers", score="size of the file", weighting="each image once",
        statement=f"This is made up for the role {role.value}.", images=300, patients=150, positives=112,
        estimates=tuple(found), figures=figures() if role is e.Role.ROBUSTNESS else (),
        tables=(e.Table(title="Fictitious table", columns=("Step", "Value"), rows=(("one", 0.5), ("two", None))),),
    )  # fmt: skip


def study_plan() -> e.StudyPlan:
    return e.StudyPlan(
        objective="to fill a test", population="nobody", unit="image", reference_standard="fictitious", data="none",
        exclusions=(), threshold_rule="fixed", interval_method="fictitious", subgroups=("age",),
        sample_size="round figures", limitations=("All of it is made up.",),
    )  # fmt: skip


def plan() -> e.Study:
    missing = e.Gap(reason="no image has been scored", closes="carry out the plan")
    goal = e.StudyCriterion(
        id="CRIT-2", metric="auroc", subgroup="all", limit="lower", comparison=">", bound=0.7,
        rationale="Another fictitious bound.", estimate=missing, met=None,
    )  # fmt: skip
    return change(
        study(), name="fictitious-plan", title="A fictitious plan", kind="validation_plan", release="adult-nih",
        scores_sha256=None, openings=(), images=None, patients=None, confusion=missing, estimates=(), criteria=(goal,),
        curve=missing,
    )  # fmt: skip


def others() -> tuple[e.Study, ...]:
    """A study of the labels and a comparator, both recorded from tables that are elsewhere."""
    line = e.Opening(event="prior_use", date="2001-02-02", reason="a fictitious use", previous=None)
    locked = e.Opening(
        event="plan_locked", date="2001-02-03", reason="before any score", plan_digest="33" * 32, previous="44" * 32
    )
    return tuple(
        change(
            study(), name=f"fictitious-{kind}", title=f"A fictitious {kind}", kind=kind, label=f"label of {kind}",
            release="none", openings=(line, locked), inputs={"outside.csv": "55" * 32}, scores_sha256=None,
            criteria=(), confusion=e.Gap(reason="no score of ours", closes="nothing"), estimates=(),
            analyses=(change(analysis(e.Role.PRIMARY), id=f"primary-of-{kind}", title=f"Primary of {kind}"),),
        )
        for kind in ("reference_standard", "comparator")
    )  # fmt: skip


def datasets(source: e.Source) -> e.DatasetsEvidence:
    data = e.Dataset(
        name="fictitious-data", title="A fictitious collection", origin="nowhere", terms="none", role="development",
        images=800, patients=400, digest=DATA_DIGEST,
        tables=(e.Table(title="Projection", columns=("Projection", "Images"), rows=(("AP", 800),)),),
        splits=(e.SplitCount(name="training", images=400, patients=200, positives=100),),
        flow=(e.Table(title="Flow", columns=("Step", "Images"), rows=(("found", 800), ("kept", 800))),),
        limitations=("It does not exist.",), figures=figures()[:1],
        pixels=e.PixelDescription(list_digest="66" * 32, images=7, tables=(), figures=figures()[1:2]),
    )  # fmt: skip
    return e.DatasetsEvidence(source=source, datasets=(data,), issues=())


@pytest.fixture(scope="module")
def chromium():
    """The real browser, one for all tests of a file: while it runs, nothing else in the process can wait for a loop."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CLEARWAY_CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
