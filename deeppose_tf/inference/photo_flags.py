"""The flags that `predict` and `client` share: photos, boxes, drawings."""

import pathlib
from collections.abc import Callable

import numpy as np
from absl import flags

from deeppose_tf import errors
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import photo_paths

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


class PhotoFlags:
    """Defines the flags; the methods give what is meant, after parsing."""

    def __init__(self, finds: str, one_box_in: str = "photo"):
        """Defines the flags.

        Args:
            finds: what --people=find does, for --help.
            one_box_in: what --box holds for, for --help.
        """
        self._holders = {
            holder.name: holder
            for holder in (
                *_define_boxes(finds, one_box_in),
                *_define_output(),
            )
        }

    def paths(
        self, names: list[str], more_suffixes: tuple[str, ...] = ()
    ) -> list[pathlib.Path]:
        """The files among files and folders.

        The arguments are those of `photo_paths.find`.

        Raises:
            InputError: there are none, or they cannot be; or flags that say
                where people are contradict each other.
        """
        paths = photo_paths.find(names, more_suffixes, self._value("recursive"))
        if not paths:
            also = ", video" if more_suffixes else ""
            raise errors.InputError(f"name at least one photo{also} or folder")
        self.boxes_are_given()
        return paths

    def boxes_are_given(self) -> bool:
        """Whether a flag says where people are; see `photo_boxes.are_given`."""
        return photo_boxes.are_given(
            self._value("box"), self._value("boxes"), self.people
        )

    def boxes_of(
        self,
        paths: list[pathlib.Path],
        around: Callable[[np.ndarray], np.ndarray],
    ) -> Callable[[pathlib.Path, np.ndarray], np.ndarray]:
        """The boxes of --box or --boxes, else of the whole photo.

        The arguments are those of `photo_boxes.from_file`.
        """
        return photo_boxes.from_flags(
            self._value("box"), self._value("boxes"), paths, around
        )

    @property
    def people(self) -> str | None:
        """The value of --people."""
        return self._value("people")

    @property
    def min_score(self) -> float:
        """The value of --min_score."""
        return self._value("min_score")

    @property
    def output_dir(self) -> pathlib.Path:
        """The value of --output_dir."""
        return pathlib.Path(self._value("output_dir"))

    def _value(self, name):
        return self._holders[name].value


def _define_boxes(finds, one_box_in):
    return (
        flags.DEFINE_list(
            "box",
            None,
            "Box of the person: cx,cy,w,h in pixels of the upright "
            f"{one_box_in}.",
        ),
        flags.DEFINE_string(
            "boxes",
            None,
            "JSON file with the boxes of all people: "
            '{"photo.jpg": [[cx, cy, w, h], ...], ...}, in pixels of the '
            "upright photo; or COCO's detection results or annotations.",
        ),
        flags.DEFINE_enum(
            "people",
            None,
            ["find", "whole"],
            f"Where no boxes are given: find {finds}; whole takes the photo "
            "for one person. Default: find, for models of people.",
        ),
    )


def _define_output():
    return (
        flags.DEFINE_string(
            "output_dir", "out", "Folder for drawings and JSON."
        ),
        flags.DEFINE_bool(
            "recursive", False, "Searches folders inside of folders too."
        ),
        flags.DEFINE_float(
            "min_score",
            0.0,
            "Joints with a lower confidence score are not drawn; the JSON has "
            "them.",
            lower_bound=0.0,
            upper_bound=1.0,
        ),
    )
