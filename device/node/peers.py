"""Who may associate: a peer of the configuration is known by its AE title and an address of its host, never by one."""

from __future__ import annotations

import socket
from contextlib import suppress

from device.node.configuration import Configuration, Peer


class Peers:
    """The peers of a configuration, their hosts resolved once.

    Implements: SRS-049
    """

    def __init__(self, configuration: Configuration) -> None:
        peers = configuration.peers
        self._known = {(each.ae_title, address): each for each in peers for address in _resolve(each.host)}
        self.hosts = frozenset(address for _, address in self._known)

    def find(self, ae_title: str, address: str) -> Peer | None:
        """The peer of that AE title that associates from that address; None if it is none.

        Implements: SRS-049, SRS-051
        """
        return self._known.get((ae_title, address))


def _resolve(host: str) -> set[str]:
    """The addresses of a host; one that has no name here has none."""
    with suppress(OSError):
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    return set()
