"""Skeletons and boxes on photos and video frames, by Pillow.

Lines grow with the person, and are faint where the model is in doubt.
"""

import functools

import numpy as np
from PIL import Image
from PIL import ImageColor
from PIL import ImageDraw
from PIL import ImageFont

from deeppose_tf.geometry.skeletons import Skeleton
from deeppose_tf.visualization import pose_colors

# Width of a limb over the person's height or width, and its least, pixels.
_WIDTH, _LEAST = 1 / 70, 1.5
_OUTLINE = 1.7  # Over the width of the limb inside.
_DOT = 1.25  # Radius over that width.
# A joint with a lower confidence score is in doubt.
_SURE = 0.4
_OPAQUE, _FAINT = 255, 110
# Lines of Pillow have stairs; small ones are drawn larger, and shrunk.
_SMOOTH = 2
_LARGE = 700  # Pixels, of a person whose stairs nobody sees.
# Of boxes: width of the line, height of the text, in longer sides.
_BOX_WIDTH, _TEXT, _LEAST_TEXT = 1 / 600, 1 / 40, 10
_BOX, _BEHIND = "#f4f4f4", "#303030"
_FAR = 20.0  # Picture sides; what lies farther is not drawn.


class Canvas:
    """A copy of a picture, to draw people on."""

    def __init__(self, image: np.ndarray):
        """Copies uint8 [height, width, 3], RGB."""
        self._drawn = Image.fromarray(image)

    def pixels(self) -> np.ndarray:
        """The picture with what was drawn, uint8 [height, width, 3]."""
        return np.asarray(self._drawn)

    def add_poses(
        self,
        joints: np.ndarray,
        skeleton: Skeleton,
        scores: np.ndarray | None = None,
        min_score: float = 0.0,
    ):
        """Draws poses, left orange and right blue.

        Where no joint has a side, as of a hand, each has a hue of its own.

        Args:
            joints: float [people, joints, 2], pixels.
            skeleton: of the joints.
            scores: float [people, joints], confidence; None: all are sure.
            min_score: joints with a lower one are left out.
        """
        if scores is None:
            scores = np.ones(joints.shape[:2])
        lines, colors = _lines(skeleton), pose_colors.of_joints(skeleton)
        for person, score in zip(joints, scores, strict=True):
            if (score >= min_score).any():
                _draw_person(
                    self._drawn, person, score, min_score, lines, colors
                )

    def add_boxes(self, box: np.ndarray, labels: list[str]):
        """Draws people's boxes.

        Args:
            box: float [people, 4], pixels; without width or height: the
                picture's own, which is not drawn.
            labels: a text for each person.
        """
        drawn = self._drawn
        pen = ImageDraw.Draw(drawn)
        longer = max(drawn.size)
        wide = max(1, round(longer * _BOX_WIDTH))
        font = _font(max(_LEAST_TEXT, longer * _TEXT))
        for (x, y, w, h), label in zip(box, labels, strict=True):
            low, high = np.zeros(2), np.array(drawn.size) - 1.0
            if min(w, h) > 0:
                half = np.array([w, h]) / 2
                ends = np.array([[x, y] - half, [x, y] + half])
                low, high = np.clip(ends, low, high)
                # Dark around light: one of both is seen on any picture.
                frame = [*low, *high]
                pen.rectangle(frame, outline=_BEHIND, width=2 * wide + 1)
                pen.rectangle(frame, outline=_BOX, width=wide)
            _draw_label(pen, low, wide, label, font)


def _draw_label(pen, corner, wide, label, font):
    """Draws a text into a box's corner, or above the box if there is room."""
    place = corner + 4 * wide
    left, top, right, bottom = pen.textbbox(place, label, font)
    # Above the box it hides nobody's head.
    above = corner[1] - 2 * wide - bottom
    if top + above >= 0:
        place[1] += above
        top, bottom = top + above, bottom + above
    pen.rectangle(
        [left - wide, top - wide, right + wide, bottom + wide], _BEHIND
    )
    pen.text(tuple(place), label, _BOX, font)


# Pillow decodes it anew each time, which takes longer than all else.
_font = functools.lru_cache(maxsize=8)(ImageFont.load_default)


def _lines(skeleton):
    """(joint, joint, color) of limbs, and of shoulders and hips."""
    colors = pose_colors.of_limbs(skeleton)
    lines = [
        (a, b, color)
        for (a, b), color in zip(skeleton.limb_indices, colors, strict=True)
    ]
    known = {frozenset((a, b)) for a, b, _ in lines}
    for joint in skeleton.torsos[0]:
        bar = joint, skeleton.mirror[joint]
        if bar[0] != bar[1] and frozenset(bar) not in known:
            lines.append((*bar, pose_colors.COLORS[""]))
    return lines


def _draw_person(drawn, person, scores, min_score, lines, colors):
    """Draws one pose on a Pillow picture."""
    reach = _FAR * max(drawn.size)
    person = np.clip(person, -reach, reach)
    sure, shown = scores >= _SURE, scores >= min_score
    width = max(_LEAST, _WIDTH * np.ptp(person[shown], axis=0).max())
    margin = 3 * width + 1
    low = np.maximum(person[shown].min(axis=0) - margin, 0)
    low = np.floor(low).astype(int)
    high = np.minimum(person[shown].max(axis=0) + margin, drawn.size)
    size = np.ceil(high).astype(int) - low
    if (size <= 0).any():
        return
    factor = _SMOOTH if size.max() < _LARGE else 1
    # Colors times their alpha, which shrink three times as fast.
    layer = Image.new("RGBa", tuple(int(side) for side in factor * size))
    pen = ImageDraw.Draw(layer)
    points, width = (person - low) * factor, width * factor
    lines = [line for line in lines if shown[line[0]] and shown[line[1]]]
    _draw_lines(pen, points, sure, lines, width)
    for i in np.flatnonzero(shown):
        _draw_dot(pen, points[i], sure[i], colors[i], width)
    if factor > 1:
        layer = layer.reduce(factor)
    layer = layer.convert("RGBA")
    drawn.paste(layer, tuple(map(int, low)), layer)


def _draw_lines(pen, points, sure, lines, width):
    for outline in (True, False):
        for a, b, color in lines:
            alpha = _OPAQUE if sure[a] and sure[b] else _FAINT
            ink = (0, 0, 0, alpha * 2 // 3) if outline else _rgba(color, alpha)
            wide = round(width * (_OUTLINE if outline else 1.0))
            pen.line([tuple(points[a]), tuple(points[b])], ink, max(1, wide))


def _draw_dot(pen, point, is_sure, color, width):
    radius = _DOT * width * (1.0 if is_sure else 0.7)
    alpha = _OPAQUE if is_sure else _FAINT
    pen.ellipse(
        [*(point - radius), *(point + radius)],
        _rgba(color, alpha),
        (0, 0, 0, alpha),
        max(1, round(width / 4)),
    )


def _rgba(color, alpha):
    channels = ImageColor.getrgb(color)
    return (*(channel * alpha // _OPAQUE for channel in channels), alpha)
