"""Digests of files that later programs believe, in digests.json beside them.

A flipped bit in a weights file changes predictions silently. So whoever
writes such a file notes its SHA-256, and whoever reads it compares.
"""

import contextlib
import hashlib
import json
import pathlib
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf.storage import files
from deeppose_tf.storage import json_files

NAME = "digests.json"
_SEAL = "digest"


@contextlib.contextmanager
def atomic(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Like `files.atomic`, and notes the digest of what is written."""
    notes = path.parent / NAME
    with files.atomic(path) as temporary:
        yield temporary
        digest = _of(temporary)
        # A program that is killed in between leaves the old or the new file;
        # either is sound.
        known = _load(notes)
        _save(notes, known | {path.name: [*known.get(path.name, []), digest]})
    _save(notes, _load(notes) | {path.name: [digest]})


def save(path: pathlib.Path, values):
    """Like `json_files.save`, and notes the digest."""
    save_text(path, json_files.to_json(values))


def save_text(path: pathlib.Path, text: str):
    """Like `files.save_text`, and notes the digest."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def load(path: pathlib.Path, hint: str):
    """Like `json_files.load`, after `check`."""
    check(path, hint)
    return json_files.load(path, hint)


def check(path: pathlib.Path, hint: str, folder: pathlib.Path | None = None):
    """Compares a file with its digest, if one was noted.

    Args:
        path: of the file; where it is missing there is nothing to compare.
        hint: how to get a sound one.
        folder: of `note_all`; None where the digest lies beside the file.

    Raises:
        InputError: it is not what was written.
    """
    folder = folder or path.parent
    name = path.absolute().relative_to(folder.absolute()).as_posix()
    accepted = _load(folder / NAME).get(name)
    if accepted and path.exists():
        _compare(path, accepted, hint)


def note_all(folder: pathlib.Path):
    """Notes the digests of all files below a folder that is complete now."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    _save(
        folder / NAME,
        {path.relative_to(folder).as_posix(): [_of(path)] for path in paths},
    )


def missing(folder: pathlib.Path) -> list[str]:
    """Files below a folder that `note_all` has noted and that are gone."""
    known = _load(folder / NAME)
    return [name for name in known if not (folder / name).is_file()]


def check_all(folder: pathlib.Path, hint: str):
    """Compares files below a folder with their digests, if any were noted.

    Args:
        folder: of `note_all`.
        hint: how to get sound ones.

    Raises:
        InputError: one is missing, or is not what was written.
    """
    if gone := missing(folder):
        raise errors.InputError(f"{folder / gone[0]}: missing; {hint}")
    for name, accepted in _load(folder / NAME).items():
        _compare(folder / name, accepted, hint)


def _compare(path, accepted, hint):
    if _of(path) not in accepted:
        raise errors.InputError(
            f"{path}: damaged, its digest is not that in {NAME}; {hint} (if "
            f"you changed it yourself, delete {NAME})"
        )


def note(path: pathlib.Path, written: pathlib.Path):
    """Notes the digest of `written`, which will be renamed to `path`."""
    notes = path.parent / NAME
    _save(notes, _load(notes) | {path.name: [_of(written)]})


def forget(path: pathlib.Path):
    """Drops the note of a file that is deleted."""
    notes = path.parent / NAME
    known = _load(notes)
    if known.pop(path.name, None):
        _save(notes, known)


def sealed(values: dict) -> dict:
    """Values for a JSON file, and their own digest among them."""
    return values | {_SEAL: _of_json(values)}


def check_seal(path: pathlib.Path, values: dict, hint: str):
    """Compares values out of a file with their digest, if they have one.

    Args:
        path: of the file, for the message.
        values: of `sealed`; older files have no digest.
        hint: how to get a sound file.

    Raises:
        InputError: they are not what was written.
    """
    seal = values.get(_SEAL)
    rest = {key: value for key, value in values.items() if key != _SEAL}
    if seal is not None and seal != _of_json(rest):
        raise errors.InputError(
            f"{path}: damaged, it has another digest than it says; {hint} (if "
            f"you changed it yourself, delete its {_SEAL})"
        )


def _of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _save(path, known):
    json_files.save(path, sealed({"sha256": known}))


def _load(path):
    if not path.exists():
        return {}
    hint = "delete it, and files are read without a comparison"
    values = json_files.load(path, hint)
    json_files.expect(path, values, {"sha256": dict, _SEAL: str}, hint)
    check_seal(path, values, hint)
    return values["sha256"]


def _of_json(values):
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
