"""Flags that name files: `~` is the home folder, NAME:// is refused."""

import os
import re

from absl import flags

from deeppose_tf import errors

# Of all flags that take words, those that may not name a file or folder.
_NO_PATHS = {"beam_option", "dispatcher", "server", "tf_data_service"}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def expand(values: flags.FlagValues):
    """Gives the flags that take words the paths that are meant.

    A shell does so only at the beginning of a word, not after `--name=`, nor in
    flag files.

    Raises:
        InputError: one is an address or no name, or of a home folder that is
            not there.
    """
    for name in values:
        flag = values[name]
        if name in _NO_PATHS or flag.flag_type() not in (
            "string",
            "multi string",
        ):
            continue
        if isinstance(flag.value, str):
            flag.value = _path(name, flag.value)
        elif flag.value:
            flag.value = [_path(name, value) for value in flag.value]


def _path(name, value):
    if _ADDRESS.match(value):
        raise errors.InputError(
            f"--{name}={value}: addresses are not read or written; name a file "
            "or folder of this machine, such as one where it is mounted"
        )
    if "\0" in value:  # Of a flag file; a command line cannot have one.
        raise errors.InputError(f"--{name}={value!r:.200}: holds a NUL")
    expanded = os.path.expanduser(value)
    if expanded.startswith("~"):
        raise errors.InputError(
            f"--{name}={value}: there is no such home folder; a name that "
            f"begins with ~ is written ./{value}"
        )
    return expanded
