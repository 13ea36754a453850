"""Nodes of several configurations, with an archive and a hearer of commitments beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.uid import CTImageStorage

from tests.device.node.asking import Hearer, make_request
from tests.device.node.bench import Node, Pacs, make_image
from tests.device.node.peer import Peer


class Lab:
    """A folder in which nodes are started; `held` are connections that stay open."""

    def __init__(self, folder: Path, pacs: Pacs, hearer: Hearer) -> None:
        self.folder, self.pacs, self.hearer = folder, pacs, hearer
        self.nodes: list[Node] = []
        self.held: list[Peer] = []

    def make(self, **changes: Any) -> Node:
        folder = self.folder / f"node{len(self.nodes)}"
        folder.mkdir()
        self.nodes.append(Node(folder, self.pacs, **({"peers": self.hearer.peers, "workers": 1} | changes)))
        self.nodes[-1].start()
        return self.nodes[-1]

    def image(self, **attributes: Any) -> Path:
        return make_image(self.folder, **attributes)

    def commitment(self) -> Dataset:
        return make_request([(CTImageStorage, "1.2.3.4")])
