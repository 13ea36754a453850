"""One process that judges objects, and concludes studies when all of theirs are judged."""

from __future__ import annotations

import os
import sqlite3
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydicom import Dataset

from device import pipeline
from device.node.configuration import Configuration, read_named_release
from device.node.events import say
from device.node.oru import make_message
from device.node.results import Verdict, judge_study, make_results, read_newest
from device.node.store import Store
from device.node.types import Held, Message, Study
from device.release import read_software_version
from device.showing import make_record
from device.types import Intake, Release

PAUSE_SECONDS = 1.0
"""When the disk takes nothing, it is tried again after so long."""


class Worker:
    """Takes one thing after the other out of the store.

    Implements: SRS-050
    """

    def __init__(self, configuration: Configuration, number: int) -> None:
        self.store, self.number = Store(configuration), number
        self.release: Release = read_named_release(configuration)
        self.version = read_software_version()
        self.destinations, self.hl7 = find_destinations(configuration), configuration.hl7

    def run(self, is_wanted: Callable[[], bool], wait: Callable[[], None]) -> None:
        """Work while it is wanted; wait when there is nothing to do."""
        while is_wanted():
            try:
                if not (self.judge_next() or self.conclude_next()):
                    wait()
            except (OSError, sqlite3.Error) as error:  # of the disk: nothing is wrong with the study, and all is there
                say(f"clearway serve: worker {self.number}: {error}")
                time.sleep(PAUSE_SECONDS)
                with suppress(sqlite3.Error):
                    self.store.let_go(self.number)

    def judge_next(self) -> bool:
        """Judge the oldest object that waits.

        Returns:
            Whether there was one.

        Implements: SRS-050
        """
        held = self.store.claim_object(self.number)
        if held is None:
            return False
        found = pipeline.analyze(held.path, self.release)
        self.store.judge(held.number, make_record(found))
        return True

    def conclude_next(self) -> bool:
        """Make the results of a study that is whole.

        Returns:
            Whether there was one.

        Implements: SRS-050
        """
        study = self.store.claim_study(self.number)
        if study is None:
            return False
        try:
            self._conclude(study)
        except (OSError, sqlite3.Error):
            raise
        except Exception as error:  # whatever it is, it is this study's alone; a person is told, and it is tried again
            self.store.postpone(study, f"{type(error).__name__}: {' '.join(str(error).split())}")
        return True

    def _conclude(self, study: Study) -> None:
        verdict, header = judge_study(study), read_newest(study)
        before = self.store.read_results(study.uid, study.version)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's opinion of identifiers that are taken over as they stand
            results = make_results(study, verdict, header, self.release, self.version, before)
            message = self._make_message(study, verdict, header)
        self.store.conclude(study, results, self.destinations, verdict.label, message)

    def _make_message(self, study: Study, verdict: Verdict, header: Dataset) -> Message | None:
        """The message of a result, where the site takes messages; one that cannot be made holds up no result.

        Implements: SRS-060
        """
        if self.hl7 is None:
            return None
        try:
            return make_message(study, verdict, header, self.release, self.version, self.hl7)
        except Exception as error:  # whatever it is: the archive gets its result
            said = f"not made: {type(error).__name__}"
            self.store.tell("message failed", study=self.store.blind(study.uid), said=said)
            return None


def fail_object(store: Store, release: Release, held: Held) -> None:
    """Keep that an object could not be judged, because it ended the processes that judged it.

    Implements: SRS-050
    """
    found = pipeline.fail(Path(held.path), release, Intake.CLINICAL, "the process that analyzed it ended")
    store.judge(held.number, make_record(found))


def find_destinations(configuration: Configuration) -> tuple[str, ...]:
    """Where every result goes.

    Implements: SRS-051
    """
    named = {"C-STORE": configuration.destination, "STOW-RS": configuration.web}
    return tuple(name for name, one in named.items() if one)


def has_parent(parent: int) -> bool:
    """Say whether the process that started this one is still there: without it, nobody starts it again."""
    return os.getppid() == parent
