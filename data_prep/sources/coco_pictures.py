"""The pictures of a file of COCO's form, of which an index is in memory."""

import array
import hashlib
import pathlib

import numpy as np
from absl import logging

from data_prep.sources import picture_names
from deeppose_tf import errors
from deeppose_tf.storage import annotation_values
from deeppose_tf.storage import json_items


class Pictures:
    """Where the file has each picture, by a digest of its id."""

    def __init__(
        self, path: pathlib.Path, name: str, pieces: json_items.Pieces
    ):
        """Begins with none.

        Args:
            path: of the file.
            name: of the folder of pictures.
            pieces: of the file.
        """
        self._path = path
        self._name = name
        self._pieces = pieces
        self._rows = array.array("Q")
        self._without_id = 0

    def add(self, item: json_items.Item):
        """Notes a picture's id and place."""
        image = item.value
        key = (
            annotation_values.key(image.get("id"))
            if isinstance(image, dict)
            else None
        )
        if key is None:
            self._without_id += 1
        else:
            self._rows.extend((digest(key), item.start, item.size))

    def close(self):
        """Sorts them; raises InputError where two share an id."""
        rows = np.array(self._rows).reshape(-1, 3)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        keys, self._places = rows[:, 0].copy(), rows[:, 1:]
        self._rows, self._keys = None, keys
        for second in np.flatnonzero(keys[1:] == keys[:-1]) + 1:
            one, other = (self._load(i)[0] for i in (second - 1, second))
            if one != other:
                key = annotation_values.key(self._value(second)["id"])
                raise errors.InputError(
                    f"{self._path}: images {one!r} and {other!r} share the id "
                    f"{key}; give each its own"
                )
        if self._without_id:
            logging.warning(
                "%s: %d of its images have no id", self._path, self._without_id
            )

    def find(self, image_id: object) -> tuple | None:
        """A picture's path, whether it lies in the source, its size; or None.

        Of several with an id the first one is taken.
        """
        key = annotation_values.key(image_id)
        if key is None:
            return None
        wanted = np.uint64(digest(key))
        place = self._keys.searchsorted(wanted)
        if place == len(self._keys) or self._keys[place] != wanted:
            return None
        return self._load(place)

    def _value(self, place):
        return self._pieces.load(*self._places[place].tolist())

    def _load(self, place):
        image, folder = self._value(place), self._path.parent.parent
        return (
            *picture_names.resolve(folder, self._name, image.get("file_name")),
            annotation_values.size(image.get("width"), image.get("height")),
        )


def digest(name: str) -> int:
    """64 bits of a name: two of a million names agree once in 10^7 files."""
    encoded = name.encode("utf-8", "surrogatepass")
    found = hashlib.blake2b(encoded, digest_size=8).digest()
    return int.from_bytes(found, "big")
