"""The flags that all builders share; a program defines them by one call."""

from collections.abc import Callable

from absl import flags

from data_prep import building
from data_prep import person_box


def define(
    program: str,
    *,
    box: str,
    boxes: dict[str, str],
    box_scale: float | None = 1.0,
    official: str = "",
) -> Callable[[], building.Options]:
    """Defines the flags of a builder.

    Args:
        program: module of the builder.
        box: default of --box.
        boxes: what --box may be, and what each is.
        box_scale: default; None for the one that holds every joint.
        official: which split the source has, in words.

    Returns:
        A function for after the flags are parsed.
    """
    options = {"module_name": program}
    output_dir = flags.DEFINE_string(
        "output_dir",
        None,
        "Folder for records and dataset.json.",
        required=True,
        **options,
    )
    num_shards = flags.DEFINE_integer(
        "num_shards", 8, "Record files a split.", lower_bound=1, **options
    )
    test_fraction = _fraction(
        "test_fraction",
        0.0,
        "Share of images to test on, where no split is official. " + official,
        options,
    )
    val_fraction = _fraction(
        "val_fraction",
        0.05,
        "Share of the training images to validate on.",
        options,
    )
    kind = flags.DEFINE_enum(
        "box",
        box,
        list(boxes),
        "b0: " + "; ".join(f"{name}: {what}" for name, what in boxes.items()),
        **options,
    )
    scale = flags.DEFINE_float(
        "box_scale",
        box_scale,
        "Factor of the box's sides."
        + (" Default: holds every joint." if box_scale is None else ""),
        lower_bound=0.1,
        **options,
    )
    square = flags.DEFINE_bool(
        "square", True, "Whether b0 is made square.", **options
    )
    max_side = flags.DEFINE_integer(
        "max_side",
        None,
        "Shrinks larger images to this many pixels on the longer side.",
        lower_bound=16,
        **options,
    )

    def read():
        return building.Options(
            output_dir=output_dir.value,
            rule=person_box.Rule(kind.value, scale.value, square.value),
            num_shards=num_shards.value,
            val_fraction=val_fraction.value,
            test_fraction=test_fraction.value,
            max_side=max_side.value,
            arguments={
                flag.name: flag.value
                for flag in flags.FLAGS.get_flags_for_module(program)
            },
        )

    return read


def _fraction(name, default, words, options):
    return flags.DEFINE_float(
        name, default, words, lower_bound=0.0, upper_bound=1.0, **options
    )
