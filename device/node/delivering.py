"""One process for each destination: what is due goes out, and what did not arrive is tried again."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom import dcmread

from device.node.calling import Sent, associate, do_nothing, send_while, tell_missing, tell_status
from device.node.configuration import Configuration, Destination, Web, make_client_context
from device.node.services import DELIVER
from device.node.statuses import Place, has_arrived
from device.node.store import Store
from device.node.types import Delivery

TIMEOUT_SECONDS = 30.0
"""How long a web address may take to answer."""

_WEB = urllib.request.OpenerDirector()
"""It goes where the configuration says, past any proxy that the environment names, and is led nowhere else: the
password would follow, and the result would not."""
for _part in (
    urllib.request.HTTPHandler(),
    urllib.request.HTTPSHandler(),
    urllib.request.HTTPDefaultErrorHandler(),
    urllib.request.HTTPErrorProcessor(),
):
    _WEB.add_handler(_part)


def deliver(
    configuration: Configuration, name: str, is_wanted: Callable[[], bool], say_ready: Callable[[], None] = do_nothing
) -> None:
    """Deliver to one destination while it is wanted.

    Args:
        configuration: the node's.
        name: the destination, one of those of the configuration.
        is_wanted: asked between results.
        say_ready: called when every file that delivering needs has been read.

    Implements: SRS-051
    """
    store = Store(configuration)
    send, longest = _choose(configuration, name), configuration.times.longest_retry_seconds
    say_ready()
    send_while(is_wanted, lambda: store.find_due(name), send, store.settle, longest)


def _choose(configuration: Configuration, name: str) -> Callable[[list[Delivery]], Sent[Delivery]]:
    if name == "C-STORE" and configuration.destination:
        destination, context = configuration.destination, None
        if configuration.tls and destination.tls:
            context = make_client_context(configuration.tls)
        return lambda due: send_dimse(due, destination, configuration.listen.ae_title, context)
    if name == "STOW-RS" and configuration.web:
        web = configuration.web
        return lambda due: send_web(due, web)
    raise ValueError(f"destination: found {name!r}, expected one that the configuration has")


def send_dimse(
    due: list[Delivery], destination: Destination, ae_title: str, context: ssl.SSLContext | None = None
) -> Sent[Delivery]:
    """Send results in one association.

    Implements: SRS-051
    """
    where = (destination.host, destination.port)
    association = associate(DELIVER, ae_title, destination.ae_title, where, context)
    if not association.is_established:
        yield from ((each, tell_missing(association)) for each in due)
        return
    try:
        for each in due:
            yield each, _store(association, each)
    finally:
        if association.is_established:
            association.release()


def _store(association: Any, delivery: Delivery) -> str | None:
    if not association.is_established:
        return "the association broke off"
    try:
        status = association.send_c_store(dcmread(BytesIO(delivery.read())))
    except (OSError, ValueError, RuntimeError) as error:  # this result's alone: others go out
        return tell(error)
    return None if has_arrived(Place.STORE, status.get("Status")) else tell_status(status)


def tell(error: Exception) -> str:
    """What went wrong, in one line; without the path of a file, which holds an identifier.

    Implements: SRS-051
    """
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split()) or type(error).__name__


def send_web(due: list[Delivery], web: Web) -> Sent[Delivery]:
    """Send results by STOW-RS, each in a request of its own (PS3.18 10.5).

    Implements: SRS-051
    """
    for each in due:
        yield each, _post(each, web)


def _post(delivery: Delivery, web: Web) -> str | None:
    """Send a result, and say why it did not arrive.

    Implements: SRS-051
    """
    try:
        content = delivery.read()
    except (OSError, ValueError) as error:
        return tell(error)
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = head + content + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(f"{web.url.rstrip('/')}/studies", body)  # noqa: S310 http(s), by the schema
    request.add_header("Content-Type", f'multipart/related; type="application/dicom"; boundary={boundary}')
    request.add_header("Accept", "application/dicom+json")
    if web.user and web.password_file:
        pair = f"{web.user}:{web.password_file.read_text('utf-8').strip()}"
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    try:
        with _WEB.open(request, timeout=TIMEOUT_SECONDS) as answer:
            told = json.loads(answer.read() or b"{}")
    except (OSError, ValueError, urllib.error.HTTPError) as error:
        return tell(error)
    return "the answer names it as failed" if "00081198" in told else None
