"""Storage commitment (PS3.4 annex J): says of objects whether this node keeps them.

By default it does not: pixels are deleted when the result has arrived, and a peer that deletes what a device like this
one had received would lose images. What is asked for is answered all the same, object by object.

A request that is answered with success is on disk before, and its report is sent until it has arrived, whatever ends in
the meantime. What the report says is what holds when it is sent.
"""

from __future__ import annotations

import sqlite3
import ssl
from collections.abc import Callable
from itertools import groupby
from typing import Any

from pydicom import Dataset

from device.errors import StoreError
from device.node.calling import Sent, associate, do_nothing, send_while, tell_missing, tell_status
from device.node.configuration import Configuration, make_client_context
from device.node.peers import Peers
from device.node.services import COMMITMENT_INSTANCE, MOST_REQUEST_BYTES, REPORT
from device.node.statuses import (
    ASKED,
    FAILED,
    NO_ROOM_TO_ASK,
    NO_SUCH_ACTION,
    NOT_KEPT,
    UNKNOWN,
    Place,
    RefusedError,
    Status,
    has_arrived,
)
from device.node.store import Store
from device.node.types import Commitment
from device.report import UID_FORM

REQUEST = 1
"""PS3.4 J.3.2: the action that asks for storage commitment."""
ALL_KEPT, SOME_NOT = 1, 2
"""PS3.4 J.3.3: event types."""
_REFERENCE = ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")


def answer(event: Any, peers: Peers, open_store: Callable[[], Store]) -> Status:
    """Keep a request, which a report answers later in an association of its own.

    Implements: SRS-051
    """
    share = None
    title, host = event.assoc.requestor.ae_title.strip(), event.assoc.requestor.address
    try:
        if find_port(peers, title, host) is None:
            raise RefusedError(FAILED, "no port of the peer is configured")
        transaction, references = read_request(event)
        open_store().commitments.add(transaction, references, title, host, peers)
    except RefusedError as error:
        status, why, share = error.status, str(error), error.share
    except (OSError, StoreError, sqlite3.Error) as error:
        status, why = NO_ROOM_TO_ASK, getattr(error, "strerror", None) or str(error)
    except Exception as error:  # pydicom raises whatever a malformed byte leads it to
        status, why = FAILED, f"it cannot be read: {type(error).__name__}"
    else:
        return ASKED
    told = {"peer": title, "host": host, "status": f"{status.number:04X}", "said": why, "share": share}
    open_store().tell("commitment refused", **told)
    return status


def find_port(peers: Peers, title: str, address: str) -> int | None:
    """The port on which the peer of a title at an address listens for reports; None if the configuration has none.

    Implements: SRS-051
    """
    peer = peers.find(title, address)
    return peer.port if peer else None


def read_request(event: Any) -> tuple[str, list[tuple[str, str]]]:
    """The transaction and the objects that a request names (PS3.4 J.3.2.1), class and identifier of each.

    Raises:
        RefusedError: it is no such request, is too long, or names what is no UID, so that no answer could name it.

    Implements: SRS-051
    """
    if event.action_type != REQUEST:
        raise RefusedError(NO_SUCH_ACTION, f"action: found type {event.action_type}, expected {REQUEST}")
    length = len(event.request.ActionInformation.getbuffer()) if event.request.ActionInformation else 0
    if length > MOST_REQUEST_BYTES:
        raise RefusedError(NO_ROOM_TO_ASK, f"a request: found {length} bytes, expected at most {MOST_REQUEST_BYTES}")
    asked: Dataset = event.action_information
    transaction = str(asked.get("TransactionUID"))
    references = [
        (str(each.get(_REFERENCE[0])), str(each.get(_REFERENCE[1])))
        for each in asked.get("ReferencedSOPSequence") or ()
    ]
    named = [transaction, *(uid for each in references for uid in each)]
    if not references or not all(UID_FORM.fullmatch(each) for each in named):
        raise RefusedError(FAILED, "a request: found no UID where a transaction and objects are to be named")
    return transaction, references


def report(
    configuration: Configuration, is_wanted: Callable[[], bool], say_ready: Callable[[], None] = do_nothing
) -> None:
    """Report on requests while it is wanted; `say_ready` is called when every file that it needs has been read.

    Implements: SRS-051
    """
    store, peers = Store(configuration), Peers(configuration)
    tls = make_client_context(configuration.tls) if configuration.tls else None
    say_ready()
    send_while(
        is_wanted,
        store.commitments.find_due,
        lambda due: send(due, configuration, peers, tls, store),
        store.commitments.settle,
        configuration.times.longest_retry_seconds,
    )


def send(
    due: list[Commitment], configuration: Configuration, peers: Peers, tls: ssl.SSLContext | None, store: Store
) -> Sent[Commitment]:
    """Send the reports on some requests, those to one peer in one association, which speaks TLS if that is given.

    Implements: SRS-051
    """

    def whom(request: Commitment) -> tuple[str, str]:
        return request.peer, request.host

    for (title, host), requests in groupby(sorted(due, key=whom), key=whom):
        port = find_port(peers, title, host)
        if port is None:
            yield from ((each, "no port of the peer is configured") for each in requests)
            continue
        association = associate(REPORT, configuration.listen.ae_title, title, (host, port), tls)
        for each in requests:
            yield each, _send_one(association, judge(each, configuration, store))
        if association.is_established:
            association.release()


def _send_one(association: Any, told: Dataset) -> str | None:
    if not association.is_established:
        return tell_missing(association)
    kind = SOME_NOT if "FailedSOPSequence" in told else ALL_KEPT
    try:
        status, _ = association.send_n_event_report(told, kind, REPORT.sop_classes[0], COMMITMENT_INSTANCE)
    except (ValueError, RuntimeError) as error:  # the peer takes no report in that association
        return " ".join(str(error).split())
    return None if has_arrived(Place.REPORT, status.get("Status")) else tell_status(status)


def judge(request: Commitment, configuration: Configuration, store: Store) -> Dataset:
    """Say of each object that is asked for whether it is kept for good; if not, why.

    Implements: SRS-051
    """
    told, kept, not_kept = Dataset(), [], []
    told.TransactionUID = request.transaction_uid
    for sop_class, sop_uid in request.references:
        one = Dataset()
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = sop_class, sop_uid
        held = store.holds(sop_uid)
        if held and configuration.keep.pixel_days is None:
            kept.append(one)
        else:
            one.FailureReason = (NOT_KEPT if held else UNKNOWN).number
            not_kept.append(one)
    for keyword, found in (("ReferencedSOPSequence", kept), ("FailedSOPSequence", not_kept)):
        if found:  # each is there only if it has an item
            setattr(told, keyword, found)
    return told
