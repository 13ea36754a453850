"""An object as it came: written to a file, and who it is; what came in part only is swept."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info

from device.dicom import open_regular, read_header
from device.errors import DeviceError
from device.node.configuration import Configuration, Peer
from device.node.messages import read_name
from device.node.statuses import MISMATCH, NOT_UNDERSTOOD, RefusedError
from device.node.store import INCOMING
from device.node.types import Received
from device.report import INSTANCE, UID_FORM


def write(event: Any, path: Path) -> str:
    """Write an object that was received as a DICOM file, and flush it to disk.

    Returns:
        SHA-256 of its transfer syntax and its data set, without what the receiver writes before it.

    Raises:
        OSError: it cannot be written.

    Implements: SRS-049
    """
    syntax, content = event.context.transfer_syntax, event.request.DataSet.getbuffer()
    with path.open("xb") as file:
        file.write(b"\0" * 128 + b"DICM")
        file.write(_encode_meta(event.file_meta))
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    digest = hashlib.sha256(f"{syntax}\n".encode())
    digest.update(content)
    return digest.hexdigest()


def _encode_meta(meta: FileMetaDataset) -> bytes:
    content = DicomBytesIO()
    write_file_meta_info(content, meta)
    return content.getvalue()


def identify(path: Path, digest: str, sop_class: str, peer: Peer) -> Received:
    """Read who an object is.

    Args:
        path: a file as it was received.
        digest: of its content.
        sop_class: as the peer's command has it.
        peer: who sent it.

    Raises:
        RefusedError: it is no data set, has no valid identifiers, or is of another class than the command says.

    Implements: SRS-049
    """
    try:
        with open_regular(path) as file:
            header = read_header(file, path).header
    except DeviceError as error:
        raise RefusedError(NOT_UNDERSTOOD, str(error).replace(str(path), "the data set")) from error
    found = {keyword: str(header.get(keyword, "")) for keyword in INSTANCE}
    for keyword in INSTANCE:
        require_uid(keyword, found[keyword])
    if found["SOPClassUID"] != sop_class:
        raise RefusedError(MISMATCH, f"SOPClassUID: found {found['SOPClassUID']}, expected {sop_class} of the command")
    sop_uid, study, series = found["SOPInstanceUID"], found["StudyInstanceUID"], found["SeriesInstanceUID"]
    made_by = read_name(header, "Manufacturer"), read_name(header, "ManufacturerModelName")
    return Received(sop_uid, sop_class, study, series, digest, path.stat().st_size, peer.ae_title, peer.host, *made_by)


def require_uid(keyword: str, value: str) -> None:
    """Refuse what is no UID, and do not repeat it: it may be a name.

    Raises:
        RefusedError: it is none.

    Implements: SRS-049
    """
    if not UID_FORM.fullmatch(value):
        found = f"{len(value)} characters that are none" if value else "none"
        raise RefusedError(NOT_UNDERSTOOD, f"{keyword}: found {found}, expected a UID: a result could not refer to it")


def sweep_incoming(configuration: Configuration) -> None:
    """Delete what was received in part only, by associations that ended long ago.

    Implements: SRS-049
    """
    oldest = time.time() - 10 * configuration.limits.idle_seconds
    for path in (configuration.folder / INCOMING).iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
