"""Draws synthetic articulated people: a pose, clothes, a cluttered background.

All randomness comes from the generator that is passed in.
"""

import dataclasses

import numpy as np
from PIL import Image
from PIL import ImageDraw

from deeppose_tf.geometry import skeletons

# Pictures are drawn larger, then shrunk, for smooth edges.
_OVERSAMPLING = 3
_JOINTS = skeletons.LSP.joints


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """A drawn person.

    Attributes:
        image: RGB.
        joints: float64 [14, 2], continuous pixels, in LSP's order.
        labeled: bool [14], False outside the picture.
    """

    image: Image.Image
    joints: np.ndarray
    labeled: np.ndarray


def draw(rng: np.random.Generator) -> Person:
    """Draws one person."""
    width, height = rng.integers(110, 230, 2)
    joints, facing = _pose(rng)
    joints = _placed(rng, joints, width, height)
    image = _background(rng, width, height)
    _paint_person(rng, image, joints, facing)
    image = image.resize((int(width), int(height)), Image.Resampling.BOX)
    image = _grainy(rng, image)
    inside = (joints >= 0).all(1) & (joints < [width, height]).all(1)
    return Person(image, joints, inside)


def _pose(rng):
    """Joints of an upright person, and 1 where it faces the viewer, else -1.

    The torso has length 1, the hips are at 0, and y points down. Angles are 0
    for a limb that hangs straight down.
    """
    facing = 1.0 if rng.random() < 0.75 else -1.0
    turned = rng.uniform(0.55, 1.0)  # Shoulders narrow as the person turns.
    shoulder, hip = 0.36 * turned, 0.2 * turned
    lean = rng.normal(0, 0.12)
    place = {"neck": np.array([lean, -1.0])}
    place["head_top"] = place["neck"] + _down(np.pi + rng.normal(0, 0.25), 0.5)
    for side, sign in (("left", facing), ("right", -facing)):
        place[f"{side}_hip"] = np.array([sign * hip, 0.0])
        place[f"{side}_shoulder"] = place["neck"] + [sign * shoulder, 0.08]
        thigh = sign * rng.normal(0.15, 0.5)
        shin = thigh - sign * abs(rng.normal(0, 0.55))
        arm = sign * rng.normal(0.7, 0.85)
        forearm = arm + sign * rng.normal(0.4, 0.9)
        chains = (
            ("hip", "knee", thigh, 0.82),
            ("knee", "ankle", shin, 0.8),
            ("shoulder", "elbow", arm, 0.58),
            ("elbow", "wrist", forearm, 0.52),
        )
        for start, end, angle, length in chains:
            foreshortened = length * rng.uniform(0.65, 1.0)
            place[f"{side}_{end}"] = place[f"{side}_{start}"] + _down(
                angle, foreshortened
            )
    return np.array([place[name] for name in _JOINTS]), facing


def _down(angle, length):
    return length * np.array([np.sin(angle), np.cos(angle)])


def _placed(rng, joints, width, height):
    """Rotates, scales and moves a person; nearly all of it is inside."""
    upright = rng.random() < 0.85
    angle = rng.normal(0, 0.3) if upright else rng.uniform(-np.pi, np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    joints = joints @ np.array([[cos, sin], [-sin, cos]])
    low, high = joints.min(0), joints.max(0)
    size = rng.uniform(0.65, 1.05) * min([width, height] / (high - low))
    free = np.array([width, height]) - size * (high - low)
    corner = free * rng.uniform(0.05, 0.95, 2)
    return corner + size * (joints - low)


def _background(rng, width, height):
    size = (int(width) * _OVERSAMPLING, int(height) * _OVERSAMPLING)
    coarse = rng.integers(30, 226, (rng.integers(2, 5), rng.integers(2, 5), 3))
    image = Image.fromarray(coarse.astype(np.uint8)).resize(size)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(8, 26)):
        x, y = rng.uniform(0, size[0]), rng.uniform(0, size[1])
        w, h = rng.uniform(0.04, 0.4, 2) * max(size)
        shape = rng.integers(4)
        if shape == 0:
            pen.rectangle([x, y, x + w, y + h], fill=_any_color(rng))
        elif shape == 1:
            pen.ellipse([x, y, x + w, y + h], fill=_any_color(rng))
        else:  # It looks like a limb.
            end = np.array([x, y]) + rng.normal(0, 0.25, 2) * max(size)
            thickness = rng.uniform(0.01, 0.07) * max(size)
            _limb(pen, np.array([x, y]), end, thickness, _any_color(rng))
    return image


def _any_color(rng):
    return tuple(int(v) for v in rng.integers(10, 246, 3))


def _paint_person(rng, image, joints, facing):
    pen = ImageDraw.Draw(image)
    at = dict(zip(_JOINTS, joints * _OVERSAMPLING, strict=True))
    hips = (at["left_hip"] + at["right_hip"]) / 2
    unit = np.linalg.norm(at["neck"] - hips)
    thick = unit * rng.uniform(0.16, 0.26)
    skin = _skin(rng)
    shirt, trousers, shoes, hair = (_any_color(rng) for _ in range(4))
    sleeve = shirt if rng.random() < 0.5 else skin
    shin = trousers if rng.random() < 0.7 else skin
    near = rng.permutation(["left", "right"])
    _arm(pen, at, near[0], shirt, sleeve, skin, thick)
    for side in near:
        hip, knee, ankle = (at[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
        _limb(pen, knee, ankle, 0.85 * thick, shin)
        _limb(pen, hip, knee, 1.15 * thick, trousers)
        _dot(pen, ankle, 0.6 * thick, shoes)
    corners = [
        at[j]
        for j in ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
    ]
    pen.polygon([tuple(p) for p in corners], fill=shirt)
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        _limb(pen, a, b, thick, shirt)
    _head(pen, at, unit, skin, hair, facing)
    _arm(pen, at, near[1], shirt, sleeve, skin, thick)


def _skin(rng):
    base = np.array([232, 190, 160]) * rng.uniform(0.35, 1.05)
    return tuple(int(v) for v in np.clip(base + rng.normal(0, 8, 3), 0, 255))


def _arm(pen, at, side, shirt, sleeve, skin, thick):
    shoulder, elbow, wrist = (
        at[f"{side}_{j}"] for j in ("shoulder", "elbow", "wrist")
    )
    _limb(pen, elbow, wrist, 0.65 * thick, sleeve)
    _limb(pen, shoulder, elbow, 0.85 * thick, shirt)
    _dot(pen, wrist, 0.45 * thick, skin)


def _head(pen, at, unit, skin, hair, facing):
    neck, top = at["neck"], at["head_top"]
    _limb(pen, neck, (neck + top) / 2, 0.2 * unit, skin)
    radius = 0.36 * np.linalg.norm(top - neck)
    middle = neck + 0.62 * (top - neck)
    _dot(pen, middle, radius, hair)
    if facing > 0:  # From behind there is only hair.
        _dot(pen, middle - 0.25 * (middle - neck), 0.8 * radius, skin)
        across = np.array([-(top - neck)[1], (top - neck)[0]]) * 0.12
        for eye in (middle - across, middle + across):
            _dot(pen, eye, 0.16 * radius, (20, 20, 20))


def _limb(pen, a, b, thickness, color):
    pen.line([tuple(a), tuple(b)], fill=color, width=max(1, round(thickness)))
    _dot(pen, a, thickness / 2, color)
    _dot(pen, b, thickness / 2, color)


def _dot(pen, center, radius, color):
    x, y = center
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=color)


def _grainy(rng, image):
    pixels = np.asarray(image, np.float64)
    gain = rng.uniform(0.6, 1.15)
    noise = rng.normal(0, rng.uniform(2, 14), pixels.shape)
    return Image.fromarray(
        np.clip(gain * pixels + noise, 0, 255).astype(np.uint8)
    )
