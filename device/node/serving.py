"""Starts the node's processes, starts again what ends, and tells what happens; it ends when it is asked to.

This process has no threads and opens no images: whatever happens to the others, it is there to see it.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO, Any

from device.errors import StoreError
from device.node import committing, delivering, page, receiving
from device.node.bell import Bell
from device.node.configuration import Configuration, read_named_release
from device.node.events import say
from device.node.intake import sweep_incoming
from device.node.outlets import find_outlets, run_outlet
from device.node.store import Store
from device.node.working import Worker, fail_object, find_destinations, has_parent
from device.release import read_software_version
from device.types import Release

LOCK = "node.lock"
FORK = get_context("fork")
LOOK_SECONDS, IDLE_SECONDS, SWEEP_SECONDS = 0.5, 0.25, 30.0
RESTART_SECONDS = 1.0
"""What ends is started again, after so long."""
CLOCK_SECONDS = 2.0
"""A step of the clock by more than this between two looks is told of."""
STOP_SECONDS = 30.0
"""How long a process may take to end what it is at when the node is stopped."""


def serve(configuration: Configuration, digest: str) -> None:
    """Run the node until it is sent SIGTERM or SIGINT.

    Args:
        configuration: what the site says.
        digest: SHA-256 of the file that says it, which the record tells.

    Raises:
        StoreError: another node has the folder, or it cannot be used.
        ReleaseError: the release is not what was locked.
        OSError: a port cannot be listened on.
    """
    release, store = read_named_release(configuration), Store(configuration)
    with _lock(configuration):
        node = _Node(configuration, store, release)
        node.start(digest)
        try:
            node.watch()
        finally:
            node.stop()


class _Node:
    """The processes of a node."""

    def __init__(self, configuration: Configuration, store: Store, release: Release) -> None:
        self.configuration, self.store, self.release = configuration, store, release
        self.bell = Bell()
        self.wanted = True
        self.told = store.events.find_last()
        self.parts: dict[str, Callable[[], None]] = {"receiver": self._receive, "page": self._show}
        self.parts |= {f"worker {number}": _bind(self._work, number) for number in range(1, configuration.workers + 1)}
        self.parts |= {f"delivery {name}": _bind(self._deliver, name) for name in find_destinations(configuration)}
        if any(peer.port for peer in configuration.peers):
            self.parts["commitment"] = self._report
        self.parts |= {f"outlet {name}": _bind(self._run_outlet, name) for name in find_outlets(configuration)}
        self.running: dict[str, Any] = {}
        self.clock = read_clock()

    def start(self, digest: str) -> None:
        """Take up what the last run left, tell with what it is started, and start everything.

        Implements: SRS-052
        """
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._ask_to_stop)
        self.store.tell(
            "node started", configuration=digest, release=self.configuration.release,
            release_digest=self.release.digest, software=read_software_version(),
        )  # fmt: skip
        self.store.tidy()
        self.store.parts.expect(self.parts)
        self._give_back(None)
        for name in self.parts:
            self._start(name)

    def watch(self) -> None:
        """Start again what ends, delete what is done with, tell what happens."""
        swept = 0.0
        while self.wanted:
            wait([each.sentinel for each in self.running.values()], LOOK_SECONDS)
            with self._on_disk():
                self._watch_clock()
                for name in [name for name, each in self.running.items() if not each.is_alive()]:
                    if self.wanted:  # else they may have been asked to end, too
                        self._restart(name)
                if time.monotonic() - swept > SWEEP_SECONDS:
                    swept = time.monotonic()
                    sweep_incoming(self.configuration)
                    self.store.sweep()
                    self.store.watch_drift()
                self._tell_events()

    def stop(self) -> None:
        """End every process: each ends what it is at; what takes too long is done again at the next start."""
        for each in self.running.values():
            with suppress(OSError):
                os.kill(each.pid, signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        for each in self.running.values():
            each.join(max(0.0, ends - time.monotonic()))
            if each.is_alive():
                each.kill()
                each.join()
        with self._on_disk():
            self.store.tell("node stopped")
            self._tell_events()

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """What the disk does not take is done at the next look."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            say(f"clearway serve: {error}")

    def _ask_to_stop(self, *_: Any) -> None:
        self.wanted = False

    def _start(self, name: str) -> None:
        process = FORK.Process(target=_run, args=(self.parts[name], name), name=name, daemon=False)
        process.start()
        self.running[name] = process

    def _restart(self, name: str) -> None:
        """Start a process again, and let others do what it was at."""
        status = self.running[name].exitcode
        self.store.tell("process ended", part=name, said=f"exit status {status}")
        self.store.parts.note(name, runs=False)
        if name.startswith("worker "):
            self._give_back(int(name.removeprefix("worker ")))
        time.sleep(RESTART_SECONDS)
        self._start(name)

    def _watch_clock(self) -> None:
        """Tell when the clock was set: the times of the lines before do not compare with those of the lines after."""
        before, self.clock = self.clock, read_clock()
        if abs(self.clock - before) > CLOCK_SECONDS:
            self.store.tell("clock set", seconds=round(self.clock - before, 1))

    def _give_back(self, worker: int | None) -> None:
        for held in self.store.give_back(worker):
            fail_object(self.store, self.release, held)

    def _tell_events(self) -> None:
        for event in self.store.events.read(self.told):
            self.told = event.pop("number")
            when, what = event.pop("time"), event.pop("what")
            event.pop("digest")
            clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when)) + f".{int(when % 1 * 1000):03d}Z"
            told = " ".join(f"{key}={json.dumps(value)}" for key, value in event.items() if value is not None)
            say(f"{clock} {what} {told}".rstrip())

    # --- what each process does; `wanted` is its own copy there -------------------------------------------------------

    def _receive(self) -> None:
        receiver = receiving.Receiver(self.configuration, self.bell.ring)
        self._say_ready("receiver")
        threading.Thread(target=self._stop_when_unwanted, args=(receiver.stop,), daemon=True).start()
        receiver.run()

    def _show(self) -> None:
        server = page.make_page_server(self.configuration)
        self._say_ready("page")
        threading.Thread(target=self._stop_when_unwanted, args=(server.shutdown,), daemon=True).start()
        server.serve_forever()

    def _work(self, number: int) -> None:
        worker = Worker(self.configuration, number)
        self._say_ready(f"worker {number}")
        worker.run(self._is_wanted(), self._wait)

    def _wait(self) -> None:
        self.bell.wait(IDLE_SECONDS)

    def _deliver(self, name: str) -> None:
        say_ready = _bind(self._say_ready, f"delivery {name}")
        delivering.deliver(self.configuration, name, self._is_wanted(), say_ready)

    def _report(self) -> None:
        committing.report(self.configuration, self._is_wanted(), _bind(self._say_ready, "commitment"))

    def _say_ready(self, name: str) -> None:
        """Note, in a connection of this process to the database, that it is ready for work."""
        store = Store(self.configuration)
        store.parts.note(name, runs=True)
        store.close()

    def _run_outlet(self, name: str) -> None:
        run_outlet(self.configuration, name, self._is_wanted(), _bind(self._say_ready, f"outlet {name}"))

    def _is_wanted(self) -> Callable[[], bool]:
        parent = os.getppid()
        return lambda: self.wanted and has_parent(parent)

    def _stop_when_unwanted(self, stop: Callable[[], None]) -> None:
        is_wanted = self._is_wanted()
        while is_wanted():
            time.sleep(IDLE_SECONDS)
        stop()


def read_clock() -> float:
    """The time of day when the clock that nobody sets was at 0, in seconds since 1970."""
    return time.time() - time.monotonic()


def _bind(target: Callable[[Any], None], value: Any) -> Callable[[], None]:
    return lambda: target(value)


def _run(part: Callable[[], None], name: str) -> None:
    """A process of the node, named so to the system: what goes wrong is told in a line, and it ends with status 1."""
    with suppress(OSError):  # where the system knows no such name
        Path("/proc/self/comm").write_text(name, "utf-8")
    warnings.simplefilter("ignore")  # the library's opinion of what came, with its text: the gate has its own
    try:
        part()
    except Exception as error:
        say(f"clearway serve: {type(error).__name__}: {' '.join(str(error).split())}")
        os._exit(1)


class _Lock:
    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def __enter__(self) -> None:
        """Held until every process that has it open has ended."""

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _lock(configuration: Configuration) -> _Lock:
    """Hold the node's folder, which is one node's at a time."""
    path = configuration.folder / LOCK
    file = path.open("w", encoding="utf-8")
    for _ in range(20):  # what a killed node has started sees within a moment that it is alone
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(IDLE_SECONDS)
        else:
            return _Lock(file)
    file.close()
    raise StoreError(f"{configuration.folder}: another node has it; a folder is one node's at a time")
