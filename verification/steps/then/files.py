"""Then: which files there are, and whether they are what they were."""

from __future__ import annotations

from pytest_bdd import then

from verification.steps.bench import Bench, Observe, counted, digest


@then("every input file has the digest that it had before")
def unchanged(bench: Bench, observe: Observe) -> None:
    """Every file whose digest was noted has the same SHA-256 now."""
    found = {name: digest(bench.images / name) for name in bench.digests}
    observe(f"{sum(found[name] == before for name, before in bench.digests.items())} of {len(found)} unchanged")
    assert found == bench.digests


@then("the folder of the images holds no other file than before")
def no_other_file(bench: Bench, observe: Observe) -> None:
    """The names in the folder of images are those whose digests were noted."""
    found = {path.name for path in bench.images.iterdir()}
    observe(counted(len(found), "file"))
    assert found == set(bench.digests)


@then("no report is written")
def no_report(bench: Bench, observe: Observe) -> None:
    """There is no folder of reports, or nothing in it."""
    found = [path.name for path in bench.reports.rglob("*")] if bench.reports.is_dir() else []
    observe(counted(len(found), "file"))
    assert found == []
