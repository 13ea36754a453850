"""Earlier figures on the same images, for a reader to place a study's own."""

from __future__ import annotations

from verification.analyses.frame import OF_THE_RELEASE, state_analysis
from verification.estimation.estimates import Cases, Setting
from verification.evidence import Analysis, Role, Table
from verification.protocol.plan import Plan


def analyse_context(cases: Cases, setting: Setting, plan: Plan) -> Analysis | None:
    """Earlier figures on the same images, for a reader to place this study's; None if none is known."""
    if not plan.prior_uses:
        return None
    table = Table(
        title="Earlier uses of these images that are known",
        columns=("date", "what", "source"),
        rows=tuple((use.date, use.what, use.source) for use in plan.prior_uses),
    )
    return state_analysis(
        cases, setting, Role.CONTEXT, identity="context", score=OF_THE_RELEASE,
        title="Earlier figures on the same images",
        statement="Many have used these images: they are a public benchmark, hidden from nobody. The figures are as "
        "published or as measured before, by other methods; no test is made and no margin is drawn.",
        estimates=(), tables=(table,),
    )  # fmt: skip
