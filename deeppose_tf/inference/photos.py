"""Loads photos upright, and goes through them."""

import io
import pathlib
import sys
import types
from collections.abc import Callable
from collections.abc import Mapping

import numpy as np
import tqdm
from PIL import Image

from deeppose_tf import errors
from deeppose_tf import picture_formats
from deeppose_tf.inference import photo_paths
from deeppose_tf.storage import files

_LARGEST_FILE = 2**30  # Bytes.


def load(path: pathlib.Path) -> np.ndarray:
    """A picture of any kind, turned upright, as uint8 [height, width, 3].

    Raises:
        InputError: it is no picture, too large, or cut short.
    """
    try:
        content = files.read(path, _LARGEST_FILE)
    except OSError as error:
        raise errors.InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # NUL, or what no file system can encode.
        raise errors.InputError(f"{str(path)!r}: no file name") from error
    return decode(content, str(path))


def decode(content: bytes, name: str = "photo") -> np.ndarray:
    """The picture of a file's bytes; see `load`.

    Args:
        content: of the file.
        name: of the picture, for errors.
    """
    try:
        with (
            picture_formats.quiet(),
            picture_formats.open_image(io.BytesIO(content)) as image,
        ):
            if image.width * image.height > picture_formats.LARGEST_PHOTO:
                raise picture_formats.TooLarge
            picture_formats.check_range(image)
            turn = picture_formats.turn_to(image, upright=True)
            pixels = eight_bits(image).convert("RGB")
    except Exception as error:  # Pillow's plugins raise many kinds.
        raise errors.InputError(
            f"{name}: picture {picture_formats.reason(content, error)}"
        ) from error
    return np.asarray(pixels if turn is None else pixels.transpose(turn))


def eight_bits(image):
    """The upper 8 of 16 bits, as a server decodes them; Pillow would clip."""
    if image.mode != "I" and not image.mode.startswith("I;16"):
        return image
    upper = np.asarray(image).astype(np.int64) >> 8
    return Image.fromarray(upper.clip(0, 255).astype(np.uint8))


def each(
    paths: list[pathlib.Path],
    work: Callable[[pathlib.Path], None],
    faults: Mapping[pathlib.Path, str] = types.MappingProxyType({}),
):
    """Calls `work` for each picture, and goes on after an InputError.

    Args:
        paths: of the pictures.
        work: done with each.
        faults: of `photo_paths.clashes`, told in the place of work.

    Raises:
        InputError: at the end, how many pictures failed.
    """
    failed = 0
    # disable=None: a bar on a terminal only.
    for path in tqdm.tqdm(paths, unit="photo", disable=None):
        try:
            photo_paths.check(path)
            if path in faults:
                raise errors.InputError(faults[path])
            work(path)
        except errors.InputError as error:
            tqdm.tqdm.write(errors.line(error), file=sys.stderr)
            failed += 1
    if failed:
        raise errors.InputError(f"{failed} of {len(paths)} files failed")
