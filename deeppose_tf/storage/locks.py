"""One writer at a time: locks on folders that programs fill.

The operating system releases a lock when its process ends, however it ends. A
file that names a process which is gone is therefore taken over.
"""

import contextlib
import json
import os
import pathlib
import socket
import time
from collections.abc import Iterator

import filelock
from absl import logging

from deeppose_tf import errors


@contextlib.contextmanager
def held(path: pathlib.Path, folder: str) -> Iterator[None]:
    """Holds the lock file `path` while a program writes.

    Args:
        path: of the lock file; its folder exists. It goes with the lock.
        folder: what is written to, for the message, e.g. "--run_dir=runs/a".

    Raises:
        InputError: another process holds it.
    """
    lock = _acquired(path, folder)
    try:
        if before := _writer(path):
            logging.info("%s: taken over; %s was killed", folder, before)
        path.write_text(
            json.dumps(
                {
                    "process": os.getpid(),
                    "host": socket.gethostname(),
                    "since": time.strftime("%Y-%m-%d %H:%M:%S"),
                }
            )
        )
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def _acquired(path, folder):
    while True:
        lock = filelock.FileLock(path, timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise errors.InputError(
                f"{folder}: {_writer(path) or 'another process'} writes there; "
                "wait for it, or name another folder"
            ) from None
        if path.exists():
            return lock
        # Its holder has just removed it: the next one may make a new file.
        lock.release()


def _writer(path):
    """Who holds a lock, or held it, in words; None where nobody did."""
    try:
        values = json.loads(path.read_text())
        return "process {process} of {host} (since {since})".format(**values)
    except (OSError, ValueError, KeyError, TypeError):
        return None
