"""The environment that makes the evidence: which distributions it holds, and what their metadata say."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

import msgspec
from msgspec import Struct
from packaging.requirements import Requirement

from verification.evidence import Bundled, Library
from verification.sources.locks import distribution_name


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution as its metadata describe it; what they leave out is empty.

    `licence` is the SPDX expression, `licence_text` and `classifiers` the older ways to state one. `requires` are
    requirements with their markers. `libraries` are the shared libraries that it brings along, `bundled` what bills of
    materials inside it say of its parts.
    """

    version: str
    supplier: str
    licence: str
    licence_text: str
    classifiers: tuple[str, ...]
    requires: tuple[str, ...]
    libraries: tuple[Library, ...]
    bundled: tuple[Bundled, ...] = ()


BUNDLED = re.compile(r"(?!.*\.(?:cpython-|abi3\.))(?:.*/)?(?:[^/]*\.(?:libs|dylibs)/[^/]+|lib[^/]+|[^/]+\.dll)$")
"""Where wheels keep libraries: beside the package (auditwheel, delocate, delvewheel), or in it by a library's name."""

BILL = re.compile(r"\.dist-info/sboms/[^/]+\.json$")
"""A bill of materials that a distribution brings along."""

LIBRARY = re.compile(r"(?P<name>.+?)(?:-[0-9a-f]{8,})*(?:\.so|\.dylib|\.dll)(?:\.(?P<version>[\w.]+))?")
"""A library's file: its name, the digest with which wheels tell it from another's, the version of its interface."""


def read_environment(folders: list[str] | None = None) -> dict[str, Installed]:
    """Every distribution by its name as the registries compare it; the first on the path counts.

    Args:
        folders: where to look; default, where Python looks for modules.
    """
    found: dict[str, Installed] = {}
    for distribution in distributions() if folders is None else distributions(path=folders):
        found.setdefault(distribution_name(distribution.name), _describe(distribution))
    return found


def _describe(distribution: Distribution) -> Installed:
    metadata = distribution.metadata
    classifiers = metadata.get_all("Classifier") or []
    return Installed(
        version=distribution.version,
        supplier=_find_supplier(metadata.get_all),
        licence=_stated(metadata.get_all("License-Expression")),
        licence_text=_stated(metadata.get_all("License")),
        classifiers=tuple(each for each in classifiers if each.startswith("License ::")),
        requires=tuple(distribution.requires or ()),
        libraries=tuple(_find_libraries(distribution)),
        bundled=tuple(_find_bundled(distribution)),
    )


def _find_libraries(distribution: Distribution) -> Iterator[Library]:
    """Yield the libraries inside a distribution, by the digests that its own record holds (binary distribution format).

    A library that the record names without one is left out: `RECORD` itself, and what the installer made.
    """
    for file in sorted(distribution.files or (), key=str):
        found = LIBRARY.fullmatch(file.name)
        if not found or not BUNDLED.match(file.as_posix()) or not file.hash or file.hash.mode != "sha256":
            continue
        digest = base64.urlsafe_b64decode(file.hash.value + "=" * (-len(file.hash.value) % 4)).hex()
        yield Library(name=found["name"], version=found["version"] or "", file=file.as_posix(), sha256=digest)


class _Part(Struct):
    name: str
    version: str = ""
    purl: str = ""
    scope: str = "required"


class _Bill(Struct):
    components: tuple[_Part, ...] = ()


def _find_bundled(distribution: Distribution) -> Iterator[Bundled]:
    """Yield what CycloneDX bills in a distribution's metadata name, each once (their place: packaging, PEP 770).

    Its own modules are left out, and what such a bill says was only used to build it.
    """
    found: dict[tuple[str, str], Bundled] = {}
    for file in sorted((file for file in distribution.files or () if BILL.search(file.as_posix())), key=str):
        try:
            parts = msgspec.json.decode(Path(str(distribution.locate_file(file))).read_bytes(), type=_Bill).components
        except (OSError, msgspec.DecodeError):
            continue
        own = f"pkg:pypi/{distribution_name(distribution.name)}@"
        for part in parts:
            if part.scope != "excluded" and not part.purl.replace("_", "-").startswith(own):
                bundled = Bundled(name=part.name, version=part.version, purl=part.purl, file=file.as_posix())
                found.setdefault((part.name, part.version), bundled)
    yield from found.values()


def _find_supplier(field: Callable[[str], list[str] | None]) -> str:
    """Who is named as author or maintainer, without addresses; nobody where a field only points elsewhere."""
    for name in ("Author", "Author-email", "Maintainer", "Maintainer-email"):
        stated = re.sub(r"\s*<[^>]*>", "", _stated(field(name))).replace('"', "")
        if stated and "@" not in stated and not stated.lower().startswith("see "):
            return stated
    return ""


def _stated(values: list[str] | None) -> str:
    return next((value.strip() for value in values or () if value.strip() not in ("", "UNKNOWN", "None")), "")


def find_required(requirements: Iterable[str], extras: Iterable[str] = ()) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield name and extras of each requirement that applies in this environment."""
    for text in requirements:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield distribution_name(requirement.name), frozenset(requirement.extras)


def find_reached(
    roots: Iterable[tuple[str, frozenset[str]]], environment: Mapping[str, Installed]
) -> dict[str, set[str]]:
    """By name, everything that roots need in the environment, each with those that ask for it."""
    asked: dict[str, set[str]] = {}
    waiting = list(roots)
    seen: set[tuple[str, frozenset[str]]] = set()
    for name, _ in waiting:
        asked.setdefault(name, set())
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name not in environment:
            continue
        seen.add((name, extras))
        for each in find_required(environment[name].requires, extras):
            asked.setdefault(each[0], set()).add(name)
            waiting.append(each)
    return asked
