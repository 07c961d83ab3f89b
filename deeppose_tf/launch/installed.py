"""What comes with the package: pretrained models and flag files.

They lie inside an installed package, and beside it in a clone. A path such as
flags/stage1.cfg or saved_models/lsp_extended means them wherever the working
folder has nothing of that name.
"""

import os
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence

from deeppose_tf import errors

_PACKAGE = pathlib.Path(__file__).parents[1]
SAVED_MODELS = _PACKAGE / "saved_models"
if not SAVED_MODELS.is_dir():
    SAVED_MODELS = _PACKAGE.parent / "saved_models"
_ROOT = SAVED_MODELS.parent
_FOLDERS = ("flags", "saved_models")
_FLAG_FILE = "--flagfile"
_COMMENTS = ("#", "//")


def find(path: pathlib.Path) -> pathlib.Path:
    """The path, or the installed file or folder that it means."""
    if os.path.exists(path) or path.is_absolute():
        return path
    ours = _ROOT / path
    return ours if path.parts[0] in _FOLDERS and ours.exists() else path


def expand_flag_files(
    arguments: Sequence[str], within: tuple[pathlib.Path, ...] = ()
) -> Iterator[str]:
    """Arguments with the lines of flag files in the place of --flagfile=FILE.

    As absl reads them, but for `find`, a byte order mark, and what can be
    refused in one line. A file that names itself is left for absl to speak of.

    Args:
        arguments: of a command line, or the lines of a flag file.
        within: the files that name them.

    Raises:
        InputError: a file cannot be read.
    """
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--":
            yield from (argument, *arguments)
            return
        flag, equals, name = argument.partition("=")
        if flag not in (_FLAG_FILE, _FLAG_FILE[1:]):
            yield argument
            continue
        name = name if equals else next(arguments, "")
        path = find(pathlib.Path(os.path.expanduser(name)))
        if path in within:
            yield f"{_FLAG_FILE}={name}"
            continue
        lines = _text(path, name).splitlines()
        kept = [line.strip() for line in lines if line.strip()]
        kept = [line for line in kept if not line.startswith(_COMMENTS)]
        yield from expand_flag_files(kept, (*within, path))


def _text(path, name):
    # A pipe would be waited for, a device may never end.
    if not os.path.isfile(path):
        reason = "no regular" if os.path.exists(path) else "no such"
        raise errors.InputError(f"{_FLAG_FILE}={name!r:.200}: {reason} file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror
    except ValueError:
        reason = "no text in UTF-8; save it as that"
    raise errors.InputError(f"{_FLAG_FILE}={name}: {reason}")
