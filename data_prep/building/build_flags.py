"""The flags that all builders share; a program defines them by one call."""

import sys
from collections.abc import Callable

from absl import flags

from data_prep.building import person_box
from data_prep.building.options import Options
from deeppose_tf import errors

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


def define(
    *,
    box: str,
    boxes: dict[str, str],
    box_scale: float | None = 1.0,
    official: str = "",
    test_fraction: float | None = 0.0,
) -> Callable[[], Options]:
    """Defines the flags of a builder.

    Args:
        box: default of --box.
        boxes: what --box may be, and what each is.
        box_scale: default; None for the one that holds every joint.
        official: which split the source has, in words.
        test_fraction: default; None where the source's split is the only one.

    Returns:
        A function for after the flags are parsed.
    """
    parts = (
        _define_records(),
        _define_split(official, test_fraction),
        _define_box(box, boxes, box_scale),
        _define_beam(),
    )

    def read():
        values = {}
        for part in parts:
            values |= part()
        values["arguments"] = {
            flag.name: flag.value
            for flag in flags.FLAGS.get_key_flags_for_module(sys.argv[0])
        }
        return Options(**values)

    return read


def refuse_test_fraction(why: str):
    """Raises InputError where --test_fraction is given, to no effect."""
    flag = flags.FLAGS["test_fraction"]
    if flag.present and flag.value:
        raise errors.InputError(
            f"--test_fraction={flag.value:g}: {why}; leave it out"
        )


def _define_records():
    """Each of these gives a function that gives some of the options."""
    defined = {
        "output_dir": flags.DEFINE_string(
            "output_dir",
            None,
            "Folder for records and dataset.json.",
            required=True,
        ),
        "num_shards": flags.DEFINE_integer(
            "num_shards", 8, "Record files a split.", lower_bound=1
        ),
        "max_side": flags.DEFINE_integer(
            "max_side",
            None,
            "Shrinks larger images to this many pixels on the longer side.",
            lower_bound=16,
        ),
    }
    return lambda: {name: flag.value for name, flag in defined.items()}


def _define_split(official, test_fraction):
    where = "Share of images to test on, where no split is official. "
    only = test_fraction is None
    test = _fraction(
        "test_fraction",
        test_fraction or 0.0,
        ("Not of use here. " if only else where) + official,
    )
    val = _fraction(
        "val_fraction", 0.05, "Share of the training images to validate on."
    )

    def read():
        if only:
            refuse_test_fraction(f"of no use here: {official.rstrip('.')}")
        return {"test_fraction": test.value, "val_fraction": val.value}

    return read


def _define_box(box, boxes, box_scale):
    kind = flags.DEFINE_enum(
        "box",
        box,
        list(boxes),
        "b0: " + "; ".join(f"{name}: {what}" for name, what in boxes.items()),
    )
    scale = flags.DEFINE_float(
        "box_scale",
        box_scale,
        "Factor of the box's sides."
        + (" Default: holds every joint." if box_scale is None else ""),
        lower_bound=0.1,
    )
    square = flags.DEFINE_bool("square", True, "Whether b0 is made square.")
    return lambda: {
        "rule": person_box.Rule(kind.value, scale.value, square.value)
    }


def _define_beam():
    beam = flags.DEFINE_bool(
        "beam",
        False,
        "Builds in an Apache Beam pipeline (extra beam), for a cluster.",
    )
    options = flags.DEFINE_multi_string(
        "beam_option",
        [],
        "An option of the pipeline, as runner=FlinkRunner; may be repeated.",
    )

    def read():
        if options.value and not beam.value:
            raise errors.InputError("--beam_option is of --beam; give both")
        return {"beam": tuple(options.value) if beam.value else None}

    return read


def _fraction(name, default, words):
    return flags.DEFINE_float(
        name, default, words, lower_bound=0.0, upper_bound=1.0
    )
