"""Programs say what concerns their user, not what TensorFlow notes for itself.

Errors stay, and what Python code warns of. TF_CPP_MIN_LOG_LEVEL=0 shows
everything again.
"""

import contextlib
import glob
import importlib.abc
import importlib.machinery
import logging
import os
import re
import sys
import tempfile

_ALL = "0"
# TensorFlow writes these before it looks at the level.
_INFO = re.compile(rb"I\d{4} |WARNING: All log messages before absl::Init")
# An error only where there is a GPU.
_NO_GPU = b"failed call to cuInit"
_GPUS = "/dev/nvidia[0-9]*", "/dev/dxg"
_LIBRARIES = re.compile(r"[/\\](tensorflow|keras)[/\\]")
# Of a warning: names of weights, a page long, in exports that nobody feeds
# by them.
_RENAMED = "Function `%s` contains input name(s)"


def setup():
    """To be called before TensorFlow is imported, which this does not do."""
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == _ALL:
        return
    for name in ("absl", "tensorflow"):
        logging.getLogger(name).addFilter(_concerns_the_user)
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


def _concerns_the_user(record):
    if not _LIBRARIES.search(record.pathname):
        return True
    return record.levelno >= logging.WARNING and not str(record.msg).startswith(
        _RENAMED
    )


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow, and has it imported by `_import`."""

    def find_spec(self, name, path, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _import(execute, module)
        return spec


def _import(execute, module):
    with _without_infos():
        execute(module)
        # Looks for GPUs, as the first tensor would.
        module.config.list_physical_devices()


@contextlib.contextmanager
def _without_infos():
    """Passes on what is written to stderr, C++ included, but for infos."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            lines = [line for line in held if not _is_info(line)]
            os.write(2, b"".join(lines))


def _is_info(line):
    has_gpu = any(map(glob.glob, _GPUS))
    return _INFO.match(line) or (_NO_GPU in line and not has_gpu)
