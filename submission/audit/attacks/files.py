"""The manifest changed, and the files that it lists."""

from __future__ import annotations

import shutil

from submission.audit.attacks.forgery import Attack, Forgery, other_digit
from submission.audit.names import MANIFEST, printed


def change_manifest(forgery: Forgery) -> str | None:
    """A manifest that says otherwise of the package."""
    manifest = forgery.manifest()
    how = forgery.dice.choice(["count", "state", "banner", "release", "commit", "pages", "title"])
    if how == "count":
        name = forgery.dice.choice([name for name, value in manifest["counts"].items() if value is not None])
        manifest["counts"][name] += 1
    elif how == "state":
        manifest["state"] = "candidate"
    elif how == "banner":
        manifest["banners"] = ["APPROVED"]
    elif how == "release":
        manifest["release"]["digest"] = other_digit(manifest["release"]["digest"])
    elif how == "commit":
        manifest["commit"] = other_digit(manifest["commit"])
    else:
        document = forgery.dice.choice(printed(manifest))
        document[how] = document[how] + 1 if how == "pages" else document[how] + " (final)"
    forgery.sign(manifest)
    return f"{MANIFEST}: another {how}"


def change_files(forgery: Forgery) -> str | None:
    """A file more, a file less, a file of another name, a document in the place of another."""
    document, other = forgery.document(), forgery.document()
    path = forgery.folder / document["file"]
    how = forgery.dice.choice(["added", "removed", "renamed", "exchanged"])
    if how == "added":
        (forgery.folder / "note.pdf").write_bytes(path.read_bytes())
    elif how == "removed":
        path.unlink()
    elif how == "renamed":
        path.rename(path.with_name(f"copy-{path.name}"))
    elif document["number"] == other["number"]:
        return None
    else:
        shutil.copy(forgery.folder / other["file"], path)
    forgery.sign()
    return f"{document['file']} {how}"


FILES: dict[str, Attack] = {
    "the manifest": change_manifest,
    "files added, removed, renamed, exchanged": change_files,
}
"""Attacks on the manifest and on what it lists."""
