"""The figures in the texts of requirements of the gate are the limits that the gate has."""

from dataclasses import replace

import msgspec
import pytest

from verification.evidence import Gap, GateLimits, find_project
from verification.product.interfaces import describe_gate
from verification.product.limits import STATED, find_limit_issues
from verification.specification.items import Items
from verification.specification.reading import read_items


@pytest.fixture(scope="module")
def gate() -> GateLimits:
    return describe_gate()


@pytest.fixture(scope="module")
def items() -> Items:
    return read_items(find_project())


def with_text(items: Items, name: str, old: str, new: str) -> Items:
    """The items, of which one says something else."""
    entry = items.entries[name]
    assert old in entry.value["text"]
    changed = msgspec.structs.replace(entry, value=entry.value | {"text": entry.value["text"].replace(old, new)})
    return replace(items, entries=items.entries | {name: changed})


def test_every_requirement_states_the_limits_that_the_gate_has(items: Items, gate: GateLimits) -> None:
    assert set(STATED) <= set(items.entries)
    assert list(find_limit_issues(items, gate)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("SRS-008", "10 to 16", "12 to 16", "SRS-008 states 12 and 16 and 16, the gate has 10 and 16 and 16"),
        ("SRS-009", "8192", "4096", "SRS-009 states 512 and 4096, the gate has 512 and 8192"),
        ("SRS-014", "0.02", "0.03", "SRS-014 states 0.03 and 70, the gate has 0.02 and 70"),
        ("SRS-037", "64", "32", "SRS-037 states 8 and 32, the gate has 8 and 64"),
        ("SRS-009", "is below", "falls short of", "SRS-009 states its limits in words that are not read"),
        ("SRS-009", "512", "many", "SRS-009 states its limits in words that are not read"),
    ],
)
def test_a_text_that_states_another_limit_is_told(
    items: Items, gate: GateLimits, name: str, old: str, new: str, told: str
) -> None:
    (issue,) = find_limit_issues(with_text(items, name, old, new), gate)
    assert issue.message.startswith(told)
    assert (issue.severity, issue.where.partition(":")[0]) == ("blocking", f"requirements_spec/software/{name}.yaml")


def test_a_gate_with_another_limit_is_told(items: Items, gate: GateLimits) -> None:
    (issue,) = find_limit_issues(items, msgspec.structs.replace(gate, least_contrast=0.05))
    assert issue.message == "SRS-014 states 0.02 and 70, the gate has 0.05 and 70"


def test_of_a_product_that_nothing_asks_no_limit_is_known(items: Items) -> None:
    assert list(find_limit_issues(items, Gap(reason="not asked", closes="ask"))) == []
