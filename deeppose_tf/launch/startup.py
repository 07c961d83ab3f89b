"""How TensorFlow starts: without a word, and without Keras.

Programs say what concerns their user, not what TensorFlow notes for itself.
Errors stay, and what Python code warns of. TF_CPP_MIN_LOG_LEVEL=0 shows
everything again.
"""

import contextlib
import gc
import glob
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import os
import re
import sys
import tempfile

from deeppose_tf import errors

_ALL = "0"
_LEGACY_KERAS = "TF_USE_LEGACY_KERAS"
# They import the Keras of TensorFlow, which must have found it.
_WANT_KERAS = "tf_keras", "tensorflow_addons"
# TensorFlow writes these before it looks at the level; LiteRT and its
# converter, at any.
_INFO = re.compile(
    rb"I\d{4} |WARNING: All log messages before absl::Init"
    rb"|INFO: |fully_quantize: "
)
# An error only where there is a GPU.
_NO_GPU = re.compile(rb"failed call to cuInit|Unable to register cu\w+ factory")
_GPUS = "/dev/nvidia[0-9]*", "/dev/dxg"
_LIBRARIES = re.compile(r"[/\\](tensorflow|keras)[/\\]")
# Of warnings: names of weights, a page long, in exports that nobody feeds by
# them; and that each stage has a graph of its own.
_NOTHING_TO_DO = re.compile(
    r"Function `%s` contains input name\(s\)"
    r"|\d+ out of the last \d+ calls to .* triggered tf\.function retracing"
)


def setup():
    """To be called before TensorFlow is imported, which this does not do."""
    logging.getLogger("absl").addFilter(_made_readable)
    if not _shows_all():
        for name in ("absl", "tensorflow"):
            logging.getLogger(name).addFilter(_concerns_the_user)
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


def _shows_all():
    return os.environ.get("TF_CPP_MIN_LOG_LEVEL") == _ALL


def _made_readable(record):
    """Names out of annotation files may hold codes that steer terminals."""
    if isinstance(record.args, tuple):
        record.args = tuple(map(_readable, record.args))
    return True


def _readable(value):
    if not isinstance(value, str | os.PathLike):
        return value
    return "\n".join(map(errors.printable, str(value).split("\n")))


def _concerns_the_user(record):
    if not _LIBRARIES.search(record.pathname):
        return True
    return record.levelno >= logging.WARNING and not _NOTHING_TO_DO.match(
        str(record.msg)
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
    with without_infos(), _without_keras(), _without_garbage_collection():
        execute(module)
        # Looks for GPUs, as the first tensor would.
        module.config.list_physical_devices()
    # Python's own tools stumble over the None of a Keras that is not there.
    module.__path__ = [path for path in module.__path__ if path]


@contextlib.contextmanager
def _without_garbage_collection():
    """What an import makes stays, and is many objects to look through."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def _without_keras():
    """TensorFlow imports Keras, and that matplotlib, whether used or not.

    That takes half a second. It does not find the Keras that is asked for here;
    `import keras` and `tf.keras` give the usual one afterwards.
    """
    wanted = any(map(importlib.util.find_spec, _WANT_KERAS))
    if _LEGACY_KERAS in os.environ or wanted:
        yield
        return
    os.environ[_LEGACY_KERAS] = "1"
    try:
        yield
    finally:
        del os.environ[_LEGACY_KERAS]


@contextlib.contextmanager
def without_infos():
    """Passes on what is written to stderr, C++ included, but for infos."""
    if _shows_all():
        yield
        return
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
    return _INFO.match(line) or (_NO_GPU.search(line) and not has_gpu)
