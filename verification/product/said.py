"""What the product says of itself when it is called; of one that nothing here can call, that this is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from verification.evidence import Gap, GateLimits, Interfaces, NodeInterfaces, Project, RejectionCode, TransferSyntax
from verification.product.interfaces import describe_gate, describe_interfaces
from verification.product.network import describe_node
from verification.product.releases import is_described
from verification.specification.cache import ALL_CODE, code_digest, recall

if TYPE_CHECKING:
    from verification.product.api import Release


class Said(TypedDict):
    """The fields of `DeviceEvidence` that are found out by calling the product."""

    rejections: tuple[RejectionCode, ...] | Gap
    transfer_syntaxes: tuple[TransferSyntax, ...] | Gap
    research_transfer_syntaxes: tuple[TransferSyntax, ...] | Gap
    statement: str | Gap
    gate: GateLimits | Gap
    interfaces: Interfaces | Gap
    node: NodeInterfaces | Gap


def ask(project: Project, releases: tuple[Release, ...]) -> Said:
    """Call the product of a checkout, and note what it says."""
    return _ask_device(project, releases) if is_described(project) else _not_asked(project.product.package)


def _ask_device(project: Project, releases: tuple[Release, ...]) -> Said:
    from verification.product import api

    return Said(
        rejections=tuple(
            RejectionCode(code=row.code, attribute=row.attribute, requirement=row.requirement, text=row.text)
            for row in _rows(api.REJECTION_CODES)
        ),
        transfer_syntaxes=_syntaxes(api.TRANSFER_SYNTAXES),
        research_transfer_syntaxes=_syntaxes(api.RESEARCH_TRANSFER_SYNTAXES),
        statement=api.STATEMENT,
        gate=describe_gate(),
        interfaces=recall(
            project, "interfaces", _key_of(project, releases), Interfaces, partial(describe_interfaces, releases)
        ),
        node=describe_node(),
    )


def _not_asked(package: str) -> Said:
    gap = Gap(
        reason=f"nothing calls the package {package}, so that it says nothing of itself",
        closes="write what calls it, as verification/product does for its own product",
    )
    return Said(
        rejections=gap,
        transfer_syntaxes=gap,
        research_transfer_syntaxes=gap,
        statement=gap,
        gate=gap,
        interfaces=gap,
        node=gap,
    )


def _key_of(project: Project, releases: tuple[Release, ...]) -> str:
    """What the answers of the device rest on: the code that runs, its libraries, and the releases."""
    lock, digests = project.digest("runtime.lock"), " ".join(release.digest for release in releases)
    return f"{code_digest(*ALL_CODE)} {lock} {digests}"


def _syntaxes(table: Any) -> tuple[TransferSyntax, ...]:
    return tuple(TransferSyntax(uid=str(row.uid), name=row.name, lossy=row.lossy) for row in _rows(table))


def _rows(table: Any) -> Iterable[Any]:
    return table.values() if isinstance(table, Mapping) else table
