"""Skeletons on photos and video frames, by Pillow.

Lines grow with the person, and are faint where the model is in doubt.
"""

import numpy as np
from PIL import Image
from PIL import ImageColor
from PIL import ImageDraw

from deeppose_tf.geometry.skeletons import Skeleton

# Left is orange, right is blue, the middle is almost white; color-blind people
# can tell them apart too.
COLORS = {"left": "#ff9f1c", "right": "#2ec4f1", "": "#f4f4f4"}
# Width of a limb over the person's height or width, and its least, pixels.
_WIDTH, _LEAST = 1 / 70, 1.5
_OUTLINE = 1.7  # Over the width of the limb inside.
_DOT = 1.25  # Radius over that width.
# A joint with a lower confidence score is in doubt.
_SURE = 0.4
_OPAQUE, _FAINT = 255, 110
# Lines of Pillow have stairs; small ones are drawn larger, and shrunk.
_SMOOTH = 3
_LARGE = 700  # Pixels, of a person whose stairs nobody sees.
_FAR = 20.0  # Picture sides; what lies farther is not drawn.


def draw(
    image: np.ndarray,
    joints: np.ndarray,
    skeleton: Skeleton,
    scores: np.ndarray | None = None,
) -> np.ndarray:
    """A copy of a picture with poses on it, left orange and right blue.

    Args:
        image: uint8 [height, width, 3], RGB.
        joints: float [people, joints, 2], pixels.
        skeleton: of the joints.
        scores: float [people, joints], confidence; None: all are sure.
    """
    drawn = Image.fromarray(image)
    if scores is None:
        scores = np.ones(joints.shape[:2])
    lines = _lines(skeleton)
    for person, sure in zip(joints, scores >= _SURE, strict=True):
        reach = _FAR * max(image.shape[:2])
        _draw_person(
            drawn, np.clip(person, -reach, reach), sure, lines, skeleton
        )
    return np.asarray(drawn)


def _lines(skeleton):
    """(joint, joint, side) of limbs, and of shoulders and hips."""
    lines = [
        (a, b, side_of(name) if kind != "head" else "")
        for (kind, _, name), (a, b) in zip(
            skeleton.limbs, skeleton.limb_indices, strict=True
        )
    ]
    known = {frozenset((a, b)) for a, b, _ in lines}
    for joint in skeleton.torsos[0]:
        bar = joint, skeleton.mirror[joint]
        if bar[0] != bar[1] and frozenset(bar) not in known:
            lines.append((*bar, ""))
    return lines


def _draw_person(drawn, person, sure, lines, skeleton):
    """Draws one pose on a Pillow picture."""
    extent = np.ptp(person, axis=0).max()
    width = max(_LEAST, _WIDTH * extent)
    margin = 3 * width + 1
    low = np.floor(np.maximum(person.min(axis=0) - margin, 0)).astype(int)
    high = np.ceil(np.minimum(person.max(axis=0) + margin, drawn.size))
    size = high.astype(int) - low
    if (size <= 0).any():
        return
    factor = _SMOOTH if size.max() < _LARGE else 1
    layer = Image.new("RGBA", tuple(int(side) for side in factor * size))
    pen = ImageDraw.Draw(layer)
    points = (person - low) * factor
    width *= factor
    for outline in (True, False):
        for a, b, side in lines:
            alpha = _OPAQUE if sure[a] and sure[b] else _FAINT
            color = (0, 0, 0, alpha * 2 // 3) if outline else _rgba(side, alpha)
            wide = round(width * (_OUTLINE if outline else 1.0))
            pen.line([tuple(points[a]), tuple(points[b])], color, max(1, wide))
    for point, joint, is_sure in zip(
        points, skeleton.joints, sure, strict=True
    ):
        radius = _DOT * width * (1.0 if is_sure else 0.7)
        pen.ellipse(
            [*(point - radius), *(point + radius)],
            _rgba(side_of(joint), _OPAQUE if is_sure else _FAINT),
            (0, 0, 0, _OPAQUE if is_sure else _FAINT),
            max(1, round(width / 4)),
        )
    if factor > 1:
        layer = layer.resize(tuple(map(int, size)), Image.Resampling.BOX)
    drawn.paste(layer, tuple(map(int, low)), layer)


def _rgba(side, alpha):
    return (*ImageColor.getrgb(COLORS[side]), alpha)


def side_of(joint: str) -> str:
    """The key into COLORS for a joint's name."""
    side = joint.partition("_")[0]
    return side if side in COLORS else ""
