"""The flags that all builders share."""

import sys

from absl import flags

from data_prep.building import person_box
from data_prep.building.build_options import Options
from deeppose_tf import errors

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


class BuilderFlags:
    """Defines the flags; `options` gives their values after parsing."""

    def __init__(
        self,
        *,
        box: str,
        boxes: dict[str, str],
        box_scale: float | None = 1.0,
        official: str = "",
        test_fraction: float | None = 0.0,
        names_pictures: bool = True,
    ):
        """Defines the flags of a builder.

        Args:
            box: default of --box.
            boxes: the choices of --box, with a description of each.
            box_scale: default; None for a scale at which b0 encloses every
                joint of the training people.
            official: a sentence on the source's own split.
            test_fraction: default; None where only the source's split is used.
            names_pictures: whether the annotations name the pictures.
        """
        self._official = official
        self._has_test_fraction = test_fraction is not None
        # By name, in the order of dataset.json's "arguments".
        self._holders = {
            holder.name: holder
            for holder in (
                *_define_records(),
                *_define_pictures(names_pictures),
                *_define_split(official, test_fraction),
                *_define_box(box, boxes, box_scale),
                *_define_beam(),
            )
        }

    @property
    def allow_outside(self) -> bool:
        """The value of --allow_outside."""
        return self._holders["allow_outside"].value

    def options(self) -> Options:
        """The values of the flags.

        Raises:
            InputError: a flag has no effect here.
        """
        values = {name: flag.value for name, flag in self._holders.items()}
        if not self._has_test_fraction:
            refuse_test_fraction(
                f"of no use here: {self._official.rstrip('.')}"
            )
        if values["beam_option"] and not values["beam"]:
            raise errors.InputError("--beam_option needs --beam; give both")
        return Options(
            output_dir=values["output_dir"],
            rule=person_box.Rule(
                values["box"], values["box_scale"], values["square"]
            ),
            num_shards=values["num_shards"],
            val_fraction=values["val_fraction"],
            test_fraction=values["test_fraction"],
            max_side=values["max_side"],
            arguments={
                flag.name: flag.value
                for flag in flags.FLAGS.get_key_flags_for_module(sys.argv[0])
            },
            upright=values["upright"],
            check_pictures=values["check_pictures"],
            beam=tuple(values["beam_option"]) if values["beam"] else None,
        )


def refuse_test_fraction(why: str):
    """Raises InputError where --test_fraction is given, to no effect."""
    flag = flags.FLAGS["test_fraction"]
    if flag.present and flag.value:
        raise errors.InputError(
            f"--test_fraction={flag.value:g}: {why}; leave it out"
        )


def _define_records():
    return (
        flags.DEFINE_string(
            "output_dir",
            None,
            "Folder for records and dataset.json.",
            required=True,
        ),
        flags.DEFINE_integer(
            "num_shards", 8, "Record files a split.", lower_bound=1
        ),
    )


def _define_pictures(names_pictures):
    defined = (
        flags.DEFINE_integer(
            "max_side",
            None,
            "Shrinks larger images to this many pixels on the longer side.",
            lower_bound=16,
        ),
        flags.DEFINE_bool(
            "upright",
            False,
            "Turns pictures as their EXIF orientation says. Annotations then "
            "count pixels of the upright picture, as most tools show it; else "
            "of the stored one.",
        ),
        flags.DEFINE_bool(
            "check_pictures",
            False,
            "Decodes every picture, and leaves damaged ones out.",
        ),
    )
    if not names_pictures:
        return defined
    return *defined, flags.DEFINE_bool(
        "allow_outside",
        False,
        "Pictures may lie outside the source folder, where the annotations "
        "name them so (../a.jpg, /home/a.jpg).",
    )


def _define_split(official, test_fraction):
    use = (
        "Not of use here. "
        if test_fraction is None
        else "Share of images to test on, where no split is official. "
    )
    return (
        _define_fraction("test_fraction", test_fraction or 0.0, use + official),
        _define_fraction(
            "val_fraction", 0.05, "Share of the training images to validate on."
        ),
    )


def _define_box(box, boxes, box_scale):
    return (
        flags.DEFINE_enum(
            "box",
            box,
            list(boxes),
            "b0: "
            + "; ".join(f"{name}: {what}" for name, what in boxes.items()),
        ),
        flags.DEFINE_float(
            "box_scale",
            box_scale,
            "Factor of the box's sides."
            + (" Default: holds every joint." if box_scale is None else ""),
            lower_bound=0.1,
        ),
        flags.DEFINE_bool("square", True, "Whether b0 is made square."),
    )


def _define_beam():
    return (
        flags.DEFINE_bool(
            "beam",
            False,
            "Builds in an Apache Beam pipeline (extra beam), for a cluster.",
        ),
        flags.DEFINE_multi_string(
            "beam_option",
            [],
            "An option of the pipeline, as runner=FlinkRunner; may be "
            "repeated.",
        ),
    )


def _define_fraction(name, default, text):
    return flags.DEFINE_float(
        name, default, text, lower_bound=0.0, upper_bound=1.0
    )
