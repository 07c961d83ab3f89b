"""Options of a training's examples: their crops and augmentation."""

import dataclasses

from deeppose_tf.options import option


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How much to augment training crops."""

    # DeepPose, sec. 3.3.
    flip: bool = option(True, "Mirror half of the crops.")
    shift: float = option(
        0.0, "Standard deviation of box centers, in box sides."
    )
    scale: float = option(
        0.0, "Standard deviation of the logarithm of box sides."
    )
    rotation: float = option(
        0.0, "Standard deviation of the rotation, degrees."
    )
    any_rotation: float = option(
        0.0, "Share of people rotated by an angle out of the full circle."
    )
    color: float = option(
        0.0, "Strength of brightness, contrast and tint changes."
    )
    erase: float = option(0.0, "Share of crops with a rectangle painted over.")
    half_body: float = option(
        0.0,
        "Stage 1: share of people of whom only the upper or lower half is cut "
        "out.",
    )


@dataclasses.dataclass(frozen=True)
class ExampleOptions:
    """How training people become examples.

    Attributes:
        augmentation: of the crops.
    """

    crops_from: str = option(
        "gaussian",
        "Refinement crops: around displacements drawn from the statistics of "
        "the stage before (the paper's way), or around its own predictions.",
        choices=["gaussian", "predictions"],
        kept=True,
        refinement=True,
    )
    crops_per_person: int = option(
        4,
        "Refinement crops cut from one decoded picture.",
        low=1,
        kept=True,
        refinement=True,
    )
    targets: str = option(
        "own",
        "What a shared refiner learns from a crop: only the joint it was made "
        "for (the paper's way), or all joints that lie in it.",
        choices=["own", "all"],
        kept=True,
        refinement=True,
    )
    shuffle_buffer: int = option(8192, "Persons to shuffle among.", low=1)
    augmentation: Augmentation = Augmentation(flip=False)
