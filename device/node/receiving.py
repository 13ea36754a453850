"""Takes objects from peers: an object is answered with success only when it is on disk and its study owes a result.

Verification and Storage SCP, for every storage class: what a modality sends by mistake is taken, gated and recorded.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from socketserver import BaseServer
from typing import Any
from weakref import WeakKeyDictionary

from pydicom.dataset import Dataset
from pynetdicom import _config, evt
from pynetdicom.transport import ThreadedAssociationServer

from device.errors import StoreError
from device.node import committing
from device.node.calling import make_entity
from device.node.configuration import Configuration, Limits, Peer, make_server_context
from device.node.intake import identify, require_uid, write
from device.node.messages import find_fault, read, take
from device.node.peers import Peers
from device.node.services import (
    LARGEST_PDU_BYTES,
    NO_HOST,
    OTHER_HOST,
    REFUSALS,
    SERVICES,
    TOO_MANY,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_OF_HOST,
    TOO_MANY_OF_PEER,
    Side,
)
from device.node.statuses import ECHOED, MISMATCH, NO_ROOM, STORED, RefusedError, Status
from device.node.store import INCOMING, Store
from device.node.turned import Turned
from device.node.types import Added


class Receiver:
    """Listens, and puts into the store what comes.

    Implements: SRS-049
    """

    def __init__(self, configuration: Configuration, wake: Callable[[], None]) -> None:
        self._configuration, self._limits, self._wake = configuration, configuration.limits, wake
        self._peers, self._places, self._taking = Peers(configuration), dict[Any, Peer](), threading.Lock()
        self._local = threading.local()
        self._received: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._begun: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._server = self._make_server()

    def _make_server(self) -> _Server:
        configuration, limits = self._configuration, self._limits
        _config.LOG_HANDLER_LEVEL = "none"  # handlers of the library come first: one that fails keeps ours from a call
        ae = make_entity(configuration.listen.ae_title, limits.idle_seconds)
        ae.maximum_associations = limits.connections  # it counts who has said nothing yet; places are taken below
        ae.require_called_aet = True
        ae.require_calling_aet = sorted({each.ae_title for each in configuration.peers})
        for service in SERVICES:
            if service.opener is Side.PEER:
                for sop_class in service.sop_classes:
                    ae.add_supported_context(sop_class, list(service.transfer_syntaxes))
        handlers: list[Any] = [
            (evt.EVT_C_ECHO, lambda _: ECHOED.number), (evt.EVT_C_STORE, self._store),
            (evt.EVT_REQUESTED, self._place), (evt.EVT_ACCEPTED, self._accept), (evt.EVT_REJECTED, self._reject),
            (evt.EVT_N_ACTION, self._commit), (evt.EVT_DIMSE_RECV, self._look),
            (evt.EVT_CONN_OPEN, self._open), (evt.EVT_PDU_RECV, self._measure), (evt.EVT_CONN_CLOSE, self._close),
            (evt.EVT_ABORTED, self._abort),
        ]  # fmt: skip
        context = make_server_context(configuration.tls) if configuration.tls else None
        where = (configuration.listen.host, configuration.listen.port)
        made: Any = ae.make_server(where, evt_handlers=handlers, ssl_context=context, server_class=_Server)
        server: _Server = made
        server.limits, server.peers, server.refused = limits, self._peers, self._tell_refused
        server.shaking, server.turned = {}, Turned()
        return server

    def run(self) -> None:
        """Listen until `stop` is called."""
        threading.excepthook = self._end
        self._server.serve_forever(poll_interval=0.1)
        self._server.tell_turned(all_of_them=True)

    def stop(self) -> None:
        """Take no more associations; those that are there end by themselves or by their limits of time."""
        self._server.shutdown()

    # --- what comes --------------------------------------------------------------------------------------------------

    def _open(self, event: Any) -> None:
        """Read no PDU whose head says that it is far longer than agreed, and none that takes longer than a silence may.

        The library would hold all of the one in memory, and wait for ever for the other.

        Implements: SRS-049
        """
        connection, host = event.assoc.dul.socket, event.address[0]

        def recv(count: int) -> bytearray:
            try:
                if count > LARGEST_PDU_BYTES:
                    raise OSError(f"a PDU: found {count} bytes, expected at most {LARGEST_PDU_BYTES}")
                return take(connection, count, self._limits.idle_seconds)
            except OSError as error:
                if not error.errno:  # one of ours
                    self._open_store().tell("association broken off", host=host, said=str(error))
                raise

        connection.recv = recv

    def _place(self, event: Any) -> None:
        """Give a peer that asks for an association a place, or reject it for now: all are taken, or its share of them.

        Implements: SRS-049
        """
        asking = event.assoc.requestor
        title = str(asking.primitive.calling_ae_title).strip()
        if (peer := self._peers.find(title, asking.address)) is None:
            return  # it gets none, and is told why, further on
        most = self._limits.associations
        share = self._peers.count_share(most)
        with self._taking:
            self._places = {each: whose for each, whose in self._places.items() if each.is_alive()}
            taken = list(self._places.values())
            if len(taken) < most and taken.count(peer) < share:
                self._places[event.assoc] = peer
                return
        refusal, of = (TOO_MANY_OF_PEER, "associations") if taken.count(peer) >= share < most else (TOO_MANY, None)
        event.assoc.acse.send_reject(*(refusal.codes or ()))
        self._open_store().tell("association refused", peer=title, host=asking.address, said=refusal.why, share=of)
        event.assoc.kill()

    def _accept(self, event: Any) -> None:
        """Break an association off whose AE title is another's at that address."""
        self._received[event.assoc] = 0
        peer = event.assoc.requestor
        if self._peers.find(title := peer.ae_title.strip(), peer.address) is None:
            self._open_store().tell("association refused", peer=title, host=peer.address, said=OTHER_HOST.why)
            event.assoc.abort(block=False)

    def _tell_refused(self, host: str, why: str, **told: str | float) -> None:
        self._open_store().tell("connection refused", host=host, said=why, **told)

    def _reject(self, event: Any) -> None:
        peer, said = event.assoc.requestor, event.assoc.acceptor.primitive
        codes = (said.result, said.result_source, said.diagnostic)
        why = next((each.why for each in REFUSALS if each.codes == codes), None)
        title = str(peer.ae_title).strip()[:16]
        self._open_store().tell("association refused", peer=title, host=peer.address, said=why)

    def _abort(self, event: Any) -> None:
        peer = event.assoc.requestor
        self._open_store().tell("association broken off", peer=str(peer.ae_title).strip()[:16], host=peer.address)

    def _close(self, event: Any) -> None:
        self._received.pop(event.assoc, None)
        with self._taking:
            self._places.pop(event.assoc, None)
        event.assoc.dul.to_user_queue.put(None)  # who waits for a request that cannot come any more holds no place

    def _measure(self, event: Any) -> None:
        """Break an association off whose object is larger, or takes longer, than may be, before it is whole.

        Implements: SRS-049
        """
        if event.assoc not in self._received or type(event.pdu).__name__ != "P_DATA_TF":
            return
        if not self._received[event.assoc]:
            self._begun[event.assoc] = time.monotonic()
        self._received[event.assoc] += event.pdu.pdu_length
        limits, told = self._limits, ""
        if self._received[event.assoc] > limits.object_bytes:
            told = f"an object of more than {limits.object_bytes} bytes"
        elif time.monotonic() - self._begun[event.assoc] > limits.object_seconds:
            told = f"an object that was not whole after {limits.object_seconds:g} s"
        if told:
            self._received[event.assoc] = 0
            peer = event.assoc.requestor
            self._open_store().tell("object refused", peer=peer.ae_title.strip(), host=peer.address, said=told)
            event.assoc.abort(block=False)

    def _look(self, event: Any) -> None:
        """Break an association off whose message is no operation of this node, to which nothing can be answered.

        Implements: SRS-049
        """
        self._received[event.assoc] = 0
        if fault := find_fault(event.message, event.assoc.dimse.msg_queue.qsize()):
            peer, store = event.assoc.requestor, self._open_store()
            name = store.blind(str(read(event.message.command_set, "AffectedSOPInstanceUID") or ""))
            told = {"object": name, "peer": peer.ae_title.strip(), "host": peer.address, "said": fault}
            store.tell("object refused", **told)
            event.message.command_set = Dataset()  # of which the library makes nothing
            # said outright: the library takes a blocking abort back as soon as another thread's handler ends
            event.assoc.abort(block=False)

    def _end(self, fault: threading.ExceptHookArgs) -> None:
        """Tell, in a line, of a thread that could not go on, and end its association."""
        association: Any = getattr(fault.thread, "assoc", fault.thread)
        peer = getattr(association, "requestor", None)
        title, host = (str(peer.ae_title).strip()[:16], peer.address) if peer else ("", "")
        frames = traceback.extract_tb(fault.exc_traceback)
        said = f"what came led to {fault.exc_type.__name__}" + (f" in {frames[-1].name}" if frames else "")
        self._open_store().tell("association broken off", peer=title, host=host, said=said)
        if peer and association.dul.socket and association.dul.socket.socket:
            association.dul.kill_dul()
            association.dul.to_user_queue.put(None)
            self._server.shutdown_request(association.dul.socket.socket)

    def _store(self, event: Any) -> int:
        """Answer a C-STORE: success if, and only if, the object is safe.

        Implements: SRS-049
        """
        store = self._open_store()
        path = self._configuration.folder / INCOMING / f"{secrets.token_hex(16)}.dcm"
        try:
            peer = self._find_peer(event)
            self._require_room(store, peer)
            require_uid("AffectedSOPInstanceUID", str(event.request.AffectedSOPInstanceUID))
            digest = write(event, path)
            received = identify(path, digest, str(event.request.AffectedSOPClassUID), peer)
            if received.sop_uid != str(event.request.AffectedSOPInstanceUID):
                found = store.blind(received.sop_uid)
                raise RefusedError(MISMATCH, f"SOPInstanceUID: found {found}, expected that of the command")
            if store.add(received, path) is not Added.AGAIN:
                self._wake()
        except RefusedError as error:
            return self._refuse(event, error.status, str(error), error.share)
        except (OSError, StoreError, sqlite3.Error) as error:
            return self._refuse(event, NO_ROOM, getattr(error, "strerror", None) or str(error))
        finally:
            path.unlink(missing_ok=True)
        return STORED.number

    def _find_peer(self, event: Any) -> Peer:
        """Who sends; an association of anybody else was broken off."""
        asking = event.assoc.requestor
        if (peer := self._peers.find(asking.ae_title.strip(), asking.address)) is None:
            raise RefusedError(NO_ROOM, OTHER_HOST.why)
        return peer

    def _refuse(self, event: Any, status: Status, why: str, share: str | None = None) -> int:
        """Tell why an object is not taken, which one, whose, and the status that it is answered with."""
        store, asking = self._open_store(), event.assoc.requestor
        told = {"peer": asking.ae_title.strip(), "host": asking.address, "status": f"{status.number:04X}"}
        name = store.blind(str(event.request.AffectedSOPInstanceUID))
        store.tell("object refused", object=name, said=why, share=share, **told)
        return status.number

    def _commit(self, event: Any) -> tuple[int, None]:
        return committing.answer(event, self._peers, self._open_store).number, None

    def _require_room(self, store: Store, peer: Peer) -> None:
        """Refuse, for now, what there is no room for: in the queue or on disk, or in the peer's share of either.

        Implements: SRS-049
        """
        free = shutil.disk_usage(self._configuration.folder).free
        if free < self._limits.free_bytes:
            raise RefusedError(NO_ROOM, f"{free} bytes are free on disk, fewer than {self._limits.free_bytes}")
        if (waiting := store.counts.count_waiting()) >= self._limits.waiting_objects:
            raise RefusedError(NO_ROOM, f"{waiting} objects wait, as many as may")
        if (waiting := store.counts.count_waiting_of(peer)) >= self._peers.count_share(self._limits.waiting_objects):
            said = f"{waiting} objects of the peer wait, as many as its share"
            raise RefusedError(NO_ROOM, said, "waiting_objects")
        held, of_peer = store.counts.measure_held(peer)
        if of_peer > (most := self._peers.share(held + free - self._limits.free_bytes)):
            raise RefusedError(
                NO_ROOM, f"{of_peer} bytes on disk are of the peer, more than its share of {most:.0f}", "disk"
            )

    def _open_store(self) -> Store:
        """The store of this thread."""
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._configuration)
        store: Store = self._local.store
        return store


class _Server(ThreadedAssociationServer):
    """Connections: from peers' addresses alone, not too many, and none holds up the others while it shakes hands."""

    limits: Limits
    peers: Peers
    refused: Callable[..., None]
    shaking: dict[Any, str]
    turned: Turned
    daemon_threads = True
    request_queue_size = 64

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Say whether a connection is taken; count who is turned away, to be told of later: they may be very many.

        Implements: SRS-049
        """
        del request
        host, most = client_address[0], self.limits.connections
        if host not in self.peers.hosts:
            self.turned.add(host, NO_HOST)
            return False
        taken, share = self.find_hosts(), self.peers.count_share_of_host(most)
        if len(taken) < most and taken.count(host) < share:
            return True
        self.turned.add(host, TOO_MANY_OF_HOST if taken.count(host) >= share < most else TOO_MANY_CONNECTIONS)
        return False

    def find_hosts(self) -> list[str]:
        """The host of every connection.

        Implements: SRS-049
        """
        return [*(each.requestor.address for each in self.active_associations), *list(self.shaking.values())]

    def service_actions(self) -> None:
        """Tell now and then of who was turned away.

        Implements: SRS-049
        """
        super().service_actions()
        self.tell_turned()

    def tell_turned(self, *, all_of_them: bool = False) -> None:
        """Tell, in few lines, how many connections were turned away; of all of them when nobody listens any more.

        Implements: SRS-049
        """
        for host, refusal, times, hosts in self.turned.take(time.monotonic(), all_of_them=all_of_them):
            told = {"share": "connections"} if refusal is TOO_MANY_OF_HOST else {"hosts": hosts} if hosts else {}
            self.refused(host, refusal.why, times=times, **told)

    def shutdown(self) -> None:
        """Stop listening. The library's own asks for a server that its entity started."""
        BaseServer.shutdown(self)
        self.server_close()

    def get_request(self) -> tuple[Any, Any]:
        """A connection; the handshake of TLS is left to its own thread.

        Implements: SRS-049
        """
        connection, address = self.socket.accept()  # type: ignore[union-attr]
        connection.settimeout(self.limits.idle_seconds)
        if self.ssl_context:
            connection = self.ssl_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands, within the limit of time; who cannot is told of and gets no association.

        Implements: SRS-049
        """
        self.shaking[request] = client_address[0]
        try:
            if self.ssl_context:
                request.do_handshake()
        except OSError as error:
            self.refused(client_address[0], f"TLS: {' '.join(str(error).split())}")
            self.shutdown_request(request)
        else:
            super().finish_request(request, client_address)
        finally:
            self.shaking.pop(request, None)
