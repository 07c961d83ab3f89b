"""Modules that are imported when they are first used.

A program checks its flags and paths before it imports TensorFlow, so that
--help and mistakes are answered at once:

    with lazy.imports():
        from deeppose_tf.serving import saved_models
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys


@contextlib.contextmanager
def imports():
    """Modules imported within are executed when an attribute is first read.

    For modules only: `from module import Name` reads an attribute.
    """
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what the import system finds, and puts off its execution."""

    def find_spec(self, name, path, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        is_package = spec and spec.submodule_search_locations is not None
        # What is in a package is imported with it; ours hold a docstring.
        if spec is None or is_package:
            return spec
        spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec
