"""What a site says to the node, in one file; what it does not say has the defaults that stand here."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from device.errors import ConfigurationError
from device.node import strict
from device.release import read_release
from device.types import Release

AeTitle = Annotated[
    str,
    Meta(
        pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?\Z",
        description="an AE title: 1 to 16 characters of ASCII, no backslash and no space at an end (PS3.5 6.2)",
    ),
]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port: 1 to 65535")]
Seconds = Annotated[float, Meta(gt=0, description="seconds, above 0")]
Count = Annotated[int, Meta(ge=1, description="a whole number, 1 or more")]
Share = Annotated[float, Meta(gt=0, lt=1, description="a share, above 0 and below 1")]
Portion = Annotated[float, Meta(gt=0, le=1, description="a share, above 0 and up to 1")]
LEAST_TLS = ssl.TLSVersion.TLSv1_2
"""The oldest version of TLS that the node speaks."""


def _says(meaning: str) -> Meta:
    """What a key means, in the words in which the conformance statement lists it."""
    return Meta(title=meaning)


class Listen(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the node listens, and by which AE title it is called."""

    ae_title: Annotated[AeTitle, _says("the AE title by which the node is called, and calls")] = "CLEARWAY"
    host: Annotated[str, _says("the address that it listens on; by default every one of its host")] = "0.0.0.0"  # noqa: S104 a node is there to be reached; peers say by whom
    port: Annotated[Port, _says("the port that it listens on")] = 11112


class Peer(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may associate: by AE title and by the address that the association comes from."""

    ae_title: Annotated[AeTitle, _says("the AE title of a peer, which may associate")]
    host: Annotated[str, _says("the address or name of the host that the peer associates from")]
    port: Annotated[
        Port | None, _says("where the peer listens for reports of storage commitment, if it asks for it")
    ] = None


class Destination(Struct, frozen=True, forbid_unknown_fields=True):
    """Where results go by C-STORE."""

    ae_title: Annotated[AeTitle, _says("the AE title of the destination")]
    host: Annotated[str, _says("its address or the name of its host")]
    port: Annotated[Port, _says("the port that it listens on")]
    tls: Annotated[bool, _says("whether results go there by TLS")] = False


class Web(Struct, frozen=True, forbid_unknown_fields=True):
    """Where results go by STOW-RS (PS3.18)."""

    url: Annotated[
        str,
        Meta(pattern="^https?://", description="an address that begins with https:// or http://"),
        _says("the address up to and without /studies"),
    ]
    user: Annotated[str | None, _says("a name for basic authentication")] = None
    password_file: Annotated[Path | None, _says("a file that holds the password")] = None


class Hl7(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the result of a study also goes as a message of HL7 version 2, and how the message names its two ends."""

    host: Annotated[str, _says("the address of the receiver of messages, or the name of its host")]
    port: Annotated[Port, _says("the port that it listens on")] = 2575
    tls: Annotated[bool, _says("whether it is spoken to by TLS, as the key tls says")] = False
    sending_application: Annotated[str, _says("the node, as messages name it")] = "CLEARWAY"
    sending_facility: Annotated[str, _says("its facility, as messages name it")] = ""
    receiving_application: Annotated[str, _says("the receiver, as messages name it")] = ""
    receiving_facility: Annotated[str, _says("its facility, as messages name it")] = ""


class Tls(Struct, frozen=True, forbid_unknown_fields=True):
    """Certificate and key of the node, and the authority whose certificates it accepts: both sides show theirs."""

    certificate: Annotated[Path, _says("the file of the node’s certificate")]
    key: Annotated[Path, _says("the file of its key")]
    authority: Annotated[Path, _says("the file of the authority whose certificates the node accepts")]


class Audit(Tls, frozen=True, forbid_unknown_fields=True):
    """Who collects audit messages, by syslog over TLS; both sides show a certificate, and its host is in its own."""

    host: Annotated[str, _says("the name or address of the collector, which its certificate states")]
    port: Annotated[Port, _says("the port that it listens on")] = 6514


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """What the node takes before it says no."""

    associations: Annotated[Count, _says("associations that peers open at a time")] = 20
    connections: Annotated[Count, _says("connections at a time, those that are no association yet included")] = 100
    peer_share: Annotated[
        Portion,
        _says(
            "the share that one peer may take, where there are others, of associations, of waiting objects, of waiting"
            " requests for commitment and of the disk, and its host of connections"
        ),
    ] = 0.5
    object_bytes: Annotated[Count, _says("bytes of an object")] = 256 * 2**20
    object_seconds: Annotated[Seconds, _says("how long an object may take to come")] = 600.0
    waiting_objects: Annotated[Count, _says("objects that wait to be judged")] = 20_000
    waiting_commitments: Annotated[Count, _says("requests for commitment that wait for their reports")] = 1000
    free_bytes: Annotated[Count, _says("bytes that stay free on the disk")] = 2**30
    idle_seconds: Annotated[Seconds, _says("how long a peer may say nothing, or take for one PDU")] = 30.0


class Times(Struct, frozen=True, forbid_unknown_fields=True):
    """When a study is taken for whole, and when what did not arrive is sent again."""

    settle_seconds: Annotated[Seconds, _says("a study is whole when nothing of it came for so long")] = 10.0
    first_retry_seconds: Annotated[Seconds, _says("what did not arrive is sent again after so long")] = 2.0
    longest_retry_seconds: Annotated[Seconds, _says("the wait doubles after each try, up to this")] = 300.0
    commitment_seconds: Annotated[Seconds, _says("a report of commitment that fails is given up after so long")] = (
        86400.0
    )

    def find_wait(self, attempts: int) -> float:
        """For how many seconds what failed is not tried again, after so many attempts before the last.

        Implements: SRS-051
        """
        return min(self.first_retry_seconds * 2.0 ** min(attempts, 30), self.longest_retry_seconds)


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """For how long pixels are kept."""

    pixel_days: Annotated[
        Annotated[float, Meta(ge=0, description="days, 0 or more")] | None,
        _says("days for which pixels are kept after the result has arrived; null keeps them for good"),
    ] = 0.0


class Drift(Struct, frozen=True, forbid_unknown_fields=True):
    """What the node's results are compared with, and from when on it is told that they differ.

    The baseline is the first so many images that the release analyzed here; a rate of flags that the site states takes
    the place of the baseline's. A model with fewer objects in a window is not compared.
    """

    baseline: Annotated[Count, _says("analyzed images that the later ones are compared with")] = 200
    expected_rate: Annotated[Share | None, _says("the share of flags that the site expects")] = None
    window: Annotated[Count, _says("images that are compared at a time")] = 200
    level: Annotated[Share, _says("how often a comparison gives an alarm without a reason")] = 0.001
    model_objects: Annotated[Count, _says("objects in a window from which on a model of equipment is compared")] = 20


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """The status page, on the loopback interface alone."""

    port: Annotated[Port, _says("the port of the status page on the loopback interface")] = 8104


class Configuration(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    folder: Annotated[Path, _says("the folder that holds what the node keeps")]
    peers: Annotated[
        tuple[Peer, ...],
        Meta(min_length=1, description="at least one peer: nobody else may associate"),
        _says("who may associate"),
    ]
    release: Annotated[str, _says("name or folder of the release that judges")] = "paediatric-reference"
    listen: Listen = field(default_factory=Listen)
    destination: Annotated[Destination | None, _says("where results go by C-STORE")] = None
    web: Annotated[Web | None, _says("where results go by STOW-RS")] = None
    hl7: Annotated[Hl7 | None, _says("where results go as messages of HL7 version 2")] = None
    audit: Annotated[Audit | None, _says("who collects audit messages")] = None
    tls: Annotated[Tls | None, _says("TLS in the associations that peers open, and in reports of commitment")] = None
    workers: Annotated[Count, _says("processes that analyze")] = 1
    limits: Limits = field(default_factory=Limits)
    times: Times = field(default_factory=Times)
    keep: Keep = field(default_factory=Keep)
    drift: Drift = field(default_factory=Drift)
    page: Page = field(default_factory=Page)
    log_key_file: Annotated[
        Path | None, _says("the file of the key of the record’s identifiers; by default made in the folder")
    ] = None


def read_configuration(path: Path) -> Configuration:
    """Read a node's configuration, and look at all that it names.

    Raises:
        ConfigurationError: every fault, with its line.

    Implements: SRS-048
    """
    return read_with_digest(path)[0]


def read_with_digest(path: Path) -> tuple[Configuration, str]:
    """Read a node's configuration as `read_configuration` does, and the SHA-256 of the bytes that it was read from.

    Raises:
        ConfigurationError: every fault, with its line.

    Implements: SRS-048, SRS-052
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    read = strict.read(path, content, Configuration)
    if faults := list(_find_faults(read)):
        raise ConfigurationError("\n".join(f"{path}: {fault}" for fault in faults))
    return read, hashlib.sha256(content).hexdigest()


def read_named_release(configuration: Configuration) -> Release:
    """The release that the node runs, verified byte for byte; one without weights is none to run.

    Raises:
        ReleaseError: it is unknown or not what was locked.
        ConfigurationError: it is not built here.

    Implements: SRS-048
    """
    release = read_release(configuration.release)
    if release.unbuilt:
        raise ConfigurationError(f"release {release.name}: is not built here: {release.unbuilt.reason}")
    return release


def make_server_context(tls: Tls) -> ssl.SSLContext:
    """TLS by which the node answers: it shows its certificate and asks for the caller's (PS3.15 B.12).

    Implements: SRS-049
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return _complete(context, tls)


def make_client_context(tls: Tls) -> ssl.SSLContext:
    """TLS by which the node calls. AE titles are no host names: the authority says whom to trust.

    Implements: SRS-051
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return _complete(context, tls)


def make_audit_context(stated: Audit) -> ssl.SSLContext:
    """TLS by which the node calls who collects audit messages, whose certificate has to name its host (RFC 5425, 5.2).

    Implements: SRS-062
    """
    return _complete(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), stated)


def _tell_no_password() -> str:
    """Nobody is there to be asked for the password of a key: one that is encrypted does not fit."""
    return ""


def _complete(context: ssl.SSLContext, tls: Tls) -> ssl.SSLContext:
    """Both sides show a certificate of the configured authority, by TLS 1.2 or later.

    Implements: SRS-049, SRS-051, SRS-062
    """
    context.minimum_version = LEAST_TLS
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tls.certificate, tls.key, password=_tell_no_password)
    context.load_verify_locations(tls.authority)
    return context


def _find_faults(read: Configuration) -> Iterator[str]:
    """What does not fit together, or is not there.

    Implements: SRS-048, SRS-060, SRS-062
    """
    if read.destination is None and read.web is None:
        yield "destination, web: both are missing; expected one: a result needs somewhere to go"
    if read.destination and read.destination.tls and read.tls is None:
        yield "destination.tls: found true, expected tls with certificate, key and authority"
    if read.hl7 and read.hl7.tls and read.tls is None:
        yield "hl7.tls: found true, expected tls with certificate, key and authority"
    if read.web and read.web.password_file and not _is_private(read.web.url):
        yield (
            f"web.url: found {read.web.url} with a password; expected https://, or this computer (127.0.0.1): "
            "in clear anybody on the way can read the password"
        )
    titles = [(each.ae_title, each.host) for each in read.peers]
    for ae_title, host in sorted({each for each in titles if titles.count(each) > 1}):
        yield f"peers: {ae_title} at {host} stands twice"
    if read.times.first_retry_seconds > read.times.longest_retry_seconds:
        yield "times.first_retry_seconds: is longer than longest_retry_seconds"
    yield from _find_missing_files(read)


def _find_missing_files(read: Configuration) -> Iterator[str]:
    """Files that are named and are not there or cannot be read, and certificates that do not fit."""
    named = {"log_key_file": read.log_key_file, "web.password_file": read.web.password_file if read.web else None}
    for key, tls in (("tls", read.tls), ("audit", read.audit)):
        named |= {f"{key}.{each}": getattr(tls, each) for each in Tls.__struct_fields__ if tls}
    missing = [f"{key}: found {path}, which is no file" for key, path in named.items() if path and not path.is_file()]
    yield from missing
    if read.web and read.web.password_file and not missing:
        try:
            read.web.password_file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield f"web.password_file: cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
    for key, tls in (("tls", read.tls), ("audit", read.audit)):
        try:
            if tls and not missing:
                make_server_context(tls)
        except ssl.SSLError as error:
            yield f"{key}: certificate, key and authority do not fit together, or the key is encrypted: {error}"
        except OSError as error:
            yield f"{key}: certificate, key or authority cannot be read: {error.strerror}"


def _is_private(url: str) -> bool:
    """Whether what is sent to an address stays on this computer or is encrypted on its way.

    Implements: SRS-048
    """
    try:
        address = urlsplit(url)
        host = address.hostname or ""
        return address.scheme == "https" or host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # the name of another computer, or none
        return False
