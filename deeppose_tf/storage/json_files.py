"""JSON files: written whole or not at all, and checked when they are read."""

import contextlib
import json
import pathlib
import sys
from collections.abc import Iterator

from deeppose_tf import errors
from deeppose_tf.storage import files


def to_json(values) -> str:
    """Values as the text of a JSON file."""
    return json.dumps(values, indent=1) + "\n"


def save(path: pathlib.Path, values):
    """Writes values as JSON."""
    files.save_text(path, to_json(values))


def load(path: pathlib.Path, hint: str):
    """Inverse of `save`; see also `files.read_text`.

    Args:
        path: of the file.
        hint: how to get a sound one, the end of each error.

    Raises:
        InputError: the file is missing, no regular file, or no JSON.
    """
    try:
        return _parsed(files.read_text(path))
    except FileNotFoundError:
        raise errors.InputError(f"{path}: missing; {hint}") from None
    except OSError as error:
        raise errors.InputError(f"{path}: {error.strerror}; {hint}") from None
    except ValueError as error:
        raise errors.InputError(f"{path}: {error}; {hint}") from None


def _parsed(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        ends = text.strip()[:1] + text.strip()[-1:]
        begun = ends[:1] in ("{", "[") and ends not in ("{}", "[]")
        if begun or not text[error.pos :].strip():
            raise ValueError("is cut short; copy it again") from None
        raise ValueError(
            f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise ValueError(
            "no JSON that can be meant: too deeply nested"
        ) from None
    except ValueError:  # Python reads no integer of so many digits.
        raise ValueError("holds a number of thousands of digits") from None


def expect(path: pathlib.Path, values, kinds: dict[str, type], hint: str):
    """Checks that a part of a JSON file has fields of the right types.

    Args:
        path: of the file, for the message.
        values: what should be an object with these fields.
        kinds: by field, the type of its value; float for `is_number`.
        hint: how to get a sound file.

    Raises:
        InputError: it is no object, or a field is missing or of another type.
    """
    if not isinstance(values, dict):
        raise errors.InputError(f"{path}: {values!r} is no object; {hint}")
    missing = sorted(kinds.keys() - values.keys())
    if missing:
        raise errors.InputError(f"{path}: lacks {', '.join(missing)}; {hint}")
    for field, kind in kinds.items():
        value = values[field]
        # JSON makes no difference between 2 and 2.0; True is no number.
        is_bool = isinstance(value, bool)
        is_one = is_number(value) if kind is float else isinstance(value, kind)
        if not is_one or is_bool != (kind is bool):
            raise errors.InputError(
                f"{path}: {field} is {value!r}, want a {kind.__name__}; {hint}"
            )


def is_number(value) -> bool:
    """Whether a value of a JSON file is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Of NaN both are False; an int may be larger than any float.
    return -sys.float_info.max <= value <= sys.float_info.max


@contextlib.contextmanager
def parsing(path: pathlib.Path | str, hint: str) -> Iterator[None]:
    """What goes wrong with the content of a file ends in one line about it.

    Args:
        path: of the file, for the message.
        hint: how to get a sound one.

    Raises:
        InputError: values inside are missing, or not what they should be.
    """
    try:
        yield
    except errors.InputError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise errors.InputError(
            f"{path}: wrong content ({type(error).__name__}: {error}); {hint}"
        ) from error
