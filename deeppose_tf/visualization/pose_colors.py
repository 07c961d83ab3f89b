"""Colors of joints and limbs."""

import colorsys

from deeppose_tf.geometry.skeletons import Skeleton

# Left is orange, right is blue, the middle is almost white; color-blind people
# can tell them apart too.
COLORS = {"left": "#ff9f1c", "right": "#2ec4f1", "": "#f4f4f4"}
# Of hues: bright, and far enough from white.
_SATURATION, _VALUE = 0.75, 0.95


def of_joints(skeleton: Skeleton) -> list[str]:
    """A color a joint: its side's; where none has a side, all hues in order."""
    sides = [_side_of(joint) for joint in skeleton.joints]
    if not have_sides(skeleton):
        return [_hue(i / len(sides)) for i in range(len(sides))]
    return [COLORS[side] for side in sides]


def of_limbs(skeleton: Skeleton) -> list[str]:
    """A color a limb: that of its second joint; of a head the middle's."""
    colors = of_joints(skeleton)
    sided = have_sides(skeleton)
    return [
        COLORS[""] if sided and kind == "head" else colors[b]
        for (kind, *_), (_, b) in zip(
            skeleton.limbs, skeleton.limb_indices, strict=True
        )
    ]


def have_sides(skeleton: Skeleton) -> bool:
    """Whether any joint is left or right."""
    return any(map(_side_of, skeleton.joints))


def _side_of(joint):
    """The key into COLORS for a joint's name."""
    side = joint.partition("_")[0]
    return side if side in COLORS else ""


def _hue(turn):
    channels = colorsys.hsv_to_rgb(turn, _SATURATION, _VALUE)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
