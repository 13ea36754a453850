"""What the tests of the node share: the archive beside it, and who hears of commitments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.node.asking import Hearer
from tests.device.node.bench import Pacs
from tests.device.node.lab import Lab


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    """An archive that takes results while a test runs."""
    one = Pacs()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def hearer() -> Iterator[Hearer]:
    """A peer that hears reports of commitment while a test runs."""
    one = Hearer()
    one.start()
    yield one
    one.stop()


@pytest.fixture
def lab(tmp_path: Path, pacs: Pacs, hearer: Hearer) -> Iterator[Lab]:
    """A folder in which nodes are started, and stopped at the end."""
    one = Lab(tmp_path, pacs, hearer)
    yield one
    for peer in one.held:
        peer.close()
    for node in one.nodes:
        node.stop()
