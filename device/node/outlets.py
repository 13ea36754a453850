"""What a site may switch on beside the deliveries: each is a process of its own, for which no result waits."""

from __future__ import annotations

from collections.abc import Callable

from device.node.auditing import send_audit
from device.node.calling import do_nothing
from device.node.configuration import Configuration
from device.node.mllp import send_messages

RUN = {"HL7": send_messages, "audit": send_audit}


def find_outlets(configuration: Configuration) -> tuple[str, ...]:
    """Which outlets a configuration has.

    Implements: SRS-060, SRS-062
    """
    named = {"HL7": configuration.hl7, "audit": configuration.audit}
    return tuple(name for name, one in named.items() if one)


def run_outlet(
    configuration: Configuration, name: str, is_wanted: Callable[[], bool], say_ready: Callable[[], None] = do_nothing
) -> None:
    """Run one of them while it is wanted; `say_ready` is called when every file that it needs has been read.

    Implements: SRS-060, SRS-062
    """
    RUN[name](configuration, is_wanted, say_ready)
