"""Then: what a result says is held against the releases and tables of the device itself."""

from __future__ import annotations

from pytest_bdd import parsers, then

import device
from verification.steps.bench import Bench, Observe
from verification.steps.tables import Rows, records


@then("its release digest is that of the release")
def release_digest(bench: Bench, observe: Observe) -> None:
    """The result's release digest is that of the release that the device takes by default."""
    observe(bench.last.result["release_digest"])
    assert bench.last.result["release_digest"] == device.read_release().digest


@then(parsers.parse("the result has the digest of the release {name}"))
def digest_of_release(bench: Bench, name: str, observe: Observe) -> None:
    """The release shown has this name, and the digest with which the device reads it."""
    observe(bench.last.result["digest"])
    assert bench.last.result["digest"] == device.read_release(name).digest
    assert bench.last.result["name"] == name


@then("every threshold is that of the release")
def thresholds(bench: Bench, observe: Observe) -> None:
    """Every threshold is exactly that of the release's operating point."""
    release = device.read_release(bench.release)
    assert release.operating_point is not None
    observe(f"{release.operating_point.threshold!r}")
    assert {each["threshold"] for each in bench.last.results} == {release.operating_point.threshold}


@then("the device's table of transfer syntaxes holds exactly these:")
def transfer_syntaxes(datatable: Rows, observe: Observe) -> None:
    """The device's table for clinical intake has the rows of the table (uid, lossy: yes or no) and no other."""
    found = {uid: "yes" if syntax.lossy else "no" for uid, syntax in device.TRANSFER_SYNTAXES.items()}
    observe(", ".join(found))
    assert found == {row["uid"]: row["lossy"] for row in records(datatable)}
