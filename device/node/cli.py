"""The command line of the node: `clearway serve`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from device.dispatch import FAILED, PASSED


def serve(argv: list[str]) -> int:
    """Run as a DICOM node: take studies from a PACS, send back one result each.

    For: PACS administrator

    Implements: SRS-048
    """
    parser = argparse.ArgumentParser(
        prog="clearway serve",
        description=(serve.__doc__ or "").partition("\n")[0],
        epilog="example: clearway serve node.yaml",
    )
    parser.add_argument("configuration", type=Path, metavar="FILE", help="the node's configuration, YAML")
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--check", action="store_true", help="read the configuration and all that it names; start nothing"
    )
    only.add_argument(
        "--log", action="store_true", help="print what happened, a JSON object a line, and check its chain"
    )
    only.add_argument(
        "--new-baseline",
        action="store_true",
        help="compare, for drift, with the images that come from now on; also while the node runs",
    )
    options = parser.parse_args(argv)
    from device.errors import DeviceError
    from device.node.configuration import read_named_release, read_with_digest
    from device.node.store import Store

    try:
        configuration, digest = read_with_digest(options.configuration)
        release = read_named_release(configuration)
        if options.check:
            print(f"{options.configuration}: holds; {release.name} {release.version} would run")
            return PASSED
        if options.log:
            return _print_log(Store(configuration))
        if options.new_baseline:
            Store(configuration).begin_baseline()
            told = f"the next {configuration.drift.baseline} analyzed images are the baseline of flags and scores"
            print(f"{options.configuration}: {told}")
            return PASSED
        from device.node.serving import serve as run

        run(configuration, digest)
    except DeviceError as error:
        print(error, file=sys.stderr)
        return FAILED
    return PASSED


def _print_log(store: object) -> int:
    """Print every line of what happened, and whether one was changed.

    Implements: SRS-052
    """
    from device.node.store import Store

    if not isinstance(store, Store):
        raise TypeError(f"store: expected a Store, found {type(store).__name__}")
    for event in store.events.read():
        print(json.dumps(event))
    if (broken := store.events.find_broken()) is None:
        return PASSED
    print(f"clearway serve: line {broken} is not as it was written, or does not follow the one before", file=sys.stderr)
    return FAILED
