"""What kinds of items there are: the folders that they lie in, the links that each may have, and what is no item."""

from __future__ import annotations

from verification.evidence import ItemKind

FOLDERS = {
    "requirements_spec/user_needs": ItemKind.USER_NEED,
    "requirements_spec/system": ItemKind.SYSTEM_REQUIREMENT,
    "requirements_spec/software": ItemKind.SOFTWARE_REQUIREMENT,
    "risk/hazards": ItemKind.HAZARD,
    "risk/controls": ItemKind.RISK_CONTROL,
    "risk/anomalies": ItemKind.ANOMALY,
    "risk/threats": ItemKind.THREAT,
    "docs/records/changes": ItemKind.CHANGE,
}
"""A folder holds items of one kind, a file each, named by the item's id; of two kinds where `BESIDE` says so."""

BESIDE = {("risk/anomalies", "DEV-"): ItemKind.DEVIATION}
"""Kinds that lie in a folder of another, by folder and front of the file's name."""

REQUIREMENTS = (ItemKind.USER_NEED, ItemKind.SYSTEM_REQUIREMENT, ItemKind.SOFTWARE_REQUIREMENT)

LINKS: dict[ItemKind, tuple[tuple[str, str, tuple[ItemKind, ...]], ...]] = {
    ItemKind.USER_NEED: (("parents", "derives_from", ()),),
    ItemKind.SYSTEM_REQUIREMENT: (("parents", "derives_from", (ItemKind.USER_NEED,)),),
    ItemKind.SOFTWARE_REQUIREMENT: (("parents", "derives_from", (ItemKind.SYSTEM_REQUIREMENT,)),),
    ItemKind.HAZARD: (("controls", "controlled_by", (ItemKind.RISK_CONTROL,)),),
    ItemKind.RISK_CONTROL: (
        ("requirements", "implemented_by", (ItemKind.SOFTWARE_REQUIREMENT, ItemKind.SYSTEM_REQUIREMENT)),
    ),
    ItemKind.ANOMALY: (("requirements", "affects", REQUIREMENTS), ("hazards", "affects", (ItemKind.HAZARD,))),
    ItemKind.DEVIATION: (),
    ItemKind.CHANGE: (("requirements", "affects", REQUIREMENTS),),
    ItemKind.THREAT: (
        ("hazards", "can_cause", (ItemKind.HAZARD,)),
        ("controls", "controlled_by", (ItemKind.RISK_CONTROL,)),
        ("requirements", "implemented_by", (ItemKind.SOFTWARE_REQUIREMENT, ItemKind.SYSTEM_REQUIREMENT)),
    ),
}
"""By kind: the key that holds ids, what the link says, and the kinds that it may lead to."""

OPTIONAL = ("docs/records/changes",)
"""Folders that a checkout need not have; each holds its own schema."""

RETIRED = "requirements_spec/retired.yaml"

ONCE = ("policy", "dataflow", "security", "licences", "support", "vulnerabilities")
"""Files of the risk room that are no items; the last three say of what the device is made of, and trace reads none."""

INPUTS = ("requirements_spec/**/*", "risk/**/*", "docs/records/changes/*", "verification/studies/*/criteria.yaml")


def find_place(kind: ItemKind) -> str:
    """The folder that holds the items of a kind.

    Raises:
        KeyError: they have no folder of their own.
    """
    return {**{one: folder for folder, one in FOLDERS.items()}, **{one: at for (at, _), one in BESIDE.items()}}[kind]
