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
        self._share, self._several = configuration.limits.peer_share, len(peers) > 1
        self._several_hosts = len({each.host for each in peers}) > 1

    def find(self, ae_title: str, address: str) -> Peer | None:
        """The peer of that AE title that associates from that address; None if it is none.

        Implements: SRS-049, SRS-051
        """
        return self._known.get((ae_title, address))

    def find_addresses(self, peer: Peer) -> list[str]:
        """The addresses of a peer's host.

        Implements: SRS-051
        """
        return sorted(address for (_, address), one in self._known.items() if one == peer)

    def share(self, most: float) -> float:
        """How much one peer may take of what all share; all of it where there is no other.

        Implements: SRS-049
        """
        return self._share * most if self._several else most

    def count_share(self, most: int) -> int:
        """How many one peer may have of so many, at least one.

        Implements: SRS-049
        """
        return max(1, int(self.share(most)))

    def count_share_of_host(self, most: int) -> int:
        """How many connections one host may have, which has not said yet which of its peers it is.

        Implements: SRS-049
        """
        return self.count_share(most) if self._several_hosts else most


def _resolve(host: str) -> set[str]:
    """The addresses of a host; one that has no name here has none."""
    with suppress(OSError):
        return {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    return set()
