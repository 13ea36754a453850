"""A peer of the node that asks for storage commitment, and hears what it is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from tests.device.node.bench import NODE, PACS, find_port

INSTANCE = "1.2.840.10008.1.20.1.1"


class Hearer:
    """Listens for reports of commitment; each report is answered with the status that stands first in `statuses`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, find_port()
        self.heard: list[Dataset] = []
        self.kinds: list[int] = []
        self.statuses: list[int] = []
        self._server: Any = None

    def start(self) -> None:
        ae = AE(ae_title=PACS)
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, self._note)]
        self._server = ae.start_server((self.host, self.port), block=False, evt_handlers=handlers)

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server = None

    def _note(self, event: Any) -> tuple[int, None]:
        self.heard.append(event.event_information)
        self.kinds.append(event.event_type)
        return (self.statuses.pop(0) if self.statuses else 0x0000), None

    @property
    def peers(self) -> list[dict[str, Any]]:
        """The node's peers, of which this is the one that is told."""
        return [
            {"ae_title": "MODALITY", "host": "127.0.0.1"},
            {"ae_title": PACS, "host": self.host, "port": self.port},
        ]


def make_request(references: Iterable[tuple[str, str]], transaction: str = "") -> Dataset:
    """What is asked for: objects, each by class and identifier."""
    asked = Dataset()
    asked.TransactionUID = transaction or generate_uid()
    items = []
    for sop_class, uid in references:
        one = Dataset()
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = sop_class, uid
        items.append(one)
    asked.ReferencedSOPSequence = items
    return asked


def ask(port: int, *requests: Dataset, title: str = PACS, action: int = 1, host: str = "127.0.0.1") -> list[int | None]:
    """Ask a node, all in one association from an address of this computer; the status of each answer."""
    ae = AE(ae_title=title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
    ae.add_requested_context(StorageCommitmentPushModel)
    association = ae.associate("127.0.0.1", port, ae_title=NODE, bind_address=(host, 0))
    assert association.is_established
    answers = [association.send_n_action(one, action, StorageCommitmentPushModel, INSTANCE)[0] for one in requests]
    association.release()
    return [one.get("Status") for one in answers]
