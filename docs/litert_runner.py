"""Runs an export for LiteRT on a photo, without TensorFlow and this package.

pip install numpy pillow ai-edge-litert
python litert_runner.py litert/lsp/1 photo.jpg [cx,cy,w,h]

prints the joints as JSON. The box is the person's, in pixels of the upright
photo; without it, or with w or h of 0, the whole photo is meant. Copy what you
need of it.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image
from PIL import ImageOps

LEVELS = 4  # How often a picture may be halved, and 1.
MARGIN = 2  # Cells around the box of a pooled joint.
MAX_BOX_SIDE = 512  # Larger boxes are averaged down first.


class Cascade:
    """The networks of an export, and how they follow each other."""

    def __init__(self, folder):
        """Loads litert/NAME/VERSION."""
        folder = pathlib.Path(folder)
        check(folder)
        self.card = json.loads((folder / "deeppose.json").read_text())
        self.names = self.card["skeleton"]["joints"]
        self.networks = {}
        for stage in self.card["stages"]:
            for network in stage["networks"].values():
                runner = Interpreter(str(folder / network["file"]))
                runner.allocate_tensors()
                self.networks[network["file"]] = runner.get_signature_runner()

    def __call__(self, picture, box):
        """Joints [joints, 2] of uint8 [height, width, 3] and cx, cy, w, h."""
        factor = 1 + int(max(box[2:]) // MAX_BOX_SIDE)
        factor = min(factor, *picture.shape[:2])
        image = shrunk(picture.astype(np.float32), factor)
        box = np.asarray(box, np.float64) / factor
        levels = [image]
        for _ in range(LEVELS - 1):
            levels.append(shrunk(levels[-1], 2, self.card["fill"]))
        first, *others = self.card["stages"]
        joints, features = self.pose(first, levels, box)
        looks = self.card.get("looks", {"count": 1})
        for _ in range(looks["count"] - 1):
            box = around(joints, looks["scale"], looks["square"])
            joints, features = self.pose(first, levels, box)
        for stage in others:
            joints = self.refined(stage, levels, box, joints, features)
        return joints * factor

    def pose(self, stage, levels, box):
        """Stage 1: joints, and features that pooled stages may want."""
        crop = cut(levels, box, stage["image_size"], self.card["fill"])
        found, *features = self.run(stage["networks"]["all"], crop[None])
        return found[0, :, :2] * box[2:] + box[:2], features

    def refined(self, stage, levels, box, joints, features):
        """A later stage: the joints of the one before, moved."""
        side = stage["sigma"] * self.diameter(joints, box)
        step = stage.get("step_size", 1.0) * side
        if stage["refiner"] == "pooled":
            if stage["trunk"] == "own":
                size = stage["image_size"]
                features = [cut(levels, box, size, self.card["fill"])[None]]
            (seen,) = self.run(stage["networks"]["features"], *features)
            centers = (joints - box[:2]) / box[2:]
            patches = [
                pooled(seen[0], center, side / box[2:], stage["cells"])
                for center in centers
            ]
            (moves,) = self.run(
                stage["networks"]["head"], np.stack(patches)[None]
            )
            return joints + step * moves[0, :, :2]
        size = stage["image_size"]
        crops = np.stack(
            [
                cut(levels, [*joint, side, side], size, self.card["fill"])
                for joint in joints
            ]
        )
        moves = np.zeros_like(joints)
        for part, network in stage["networks"].items():
            if part == "all":  # Of the crop around a joint, that joint counts.
                every = np.arange(len(joints))
                moves = self.run(network, crops)[0][every, every, :2]
            else:
                i = self.names.index(part)
                moves[i] = self.run(network, crops[i : i + 1])[0][0, 0, :2]
        return joints + step * moves

    def run(self, network, *inputs):
        """The outputs of a network for a batch of the size it was made for."""
        runner = self.networks[network["file"]]
        names = sorted(runner.get_input_details())
        answer = runner(
            **{
                name: np.asarray(x, np.float32)
                for name, x in zip(names, inputs, strict=True)
            }
        )
        return [answer[name] for name in sorted(answer)]

    def diameter(self, joints, box):
        """Left shoulder to right hip, at least a tenth of the box."""
        a, b = (self.names.index(n) for n in self.card["skeleton"]["torso"])
        return max(np.linalg.norm(joints[a] - joints[b]), 0.1 * max(box[2:]))


def check(folder):
    """Raises SystemExit where a file of an export is damaged."""
    path = folder / "digests.json"
    if not path.exists():  # An export of an earlier version.
        return
    try:
        for name, digests in json.loads(path.read_text())["sha256"].items():
            path = folder / name
            if hashlib.sha256(path.read_bytes()).hexdigest() not in digests:
                raise ValueError("not what was exported")
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as e:
        raise SystemExit(
            f"error: {path}: damaged ({e}); copy the export again"
        ) from e


def around(joints, scale, square):
    """The box around joints, [cx, cy, w, h]."""
    low, high = joints.min(0), joints.max(0)
    size = np.maximum(high - low, 1.0)
    if square:
        size[:] = size.max()
    return np.concatenate([(low + high) / 2, scale * size])


def pooled(features, center, sides, cells):
    """Bilinear samples of features [rows, columns, channels] in a box."""
    at = (np.arange(-MARGIN, cells + MARGIN) + 0.5) / cells - 0.5
    rows, columns = features.shape[:2]
    x, y = (center[i] + sides[i] * at + 0.5 for i in (0, 1))
    y, row_inside = weights(y * rows - 0.5, rows)
    x, column_inside = weights(x * columns - 0.5, columns)
    patch = np.einsum("ra,abc,sb->rsc", y, features, x, optimize=True)
    inside = row_inside[:, None] & column_inside
    return np.where(inside[..., None], patch, 0.0)


def shrunk(image, factor, fill=None):
    """Means of blocks; what is left over is dropped, or filled up."""
    if fill is not None:
        odd = [(0, -n % factor) for n in image.shape[:2]]
        image = np.pad(image, [*odd, (0, 0)], constant_values=fill)
    rows, columns = (n // factor for n in image.shape[:2])
    image = image[: rows * factor, : columns * factor]
    return image.reshape(rows, factor, columns, factor, 3).mean((1, 3))


def cut(levels, box, size, fill):
    """A crop float [size, size, 3] of a box; bilinear, `fill` outside."""
    step = np.sqrt(box[2] * box[3]) / size
    level = int(min(np.round(np.log2(max(step, 1.0))), LEVELS - 1))
    image = levels[level]
    center, side = np.array(box[:2]) / 2**level, np.array(box[2:]) / 2**level
    at = (np.arange(size) + 0.5) / size - 0.5
    # Pixel centers are at .5, and a frame of `fill` moves them by one.
    x, y = (center[i] + side[i] * at + 0.5 for i in (0, 1))
    framed = np.pad(image, [(1, 1), (1, 1), (0, 0)], constant_values=fill)
    rows, row_inside = weights(y, framed.shape[0])
    columns, column_inside = weights(x, framed.shape[1])
    crop = np.einsum("ra,abc,sb->rsc", rows, framed, columns, optimize=True)
    inside = row_inside[:, None] & column_inside
    return np.where(inside[..., None], crop, fill)


def weights(at, count):
    """Bilinear weights [n, count] of pixels, and which lie inside."""
    inside = (at >= 0) & (at <= count - 1)
    low = np.clip(np.floor(at).astype(int), 0, count - 2)
    part = np.clip(at - low, 0.0, 1.0)
    matrix = np.zeros((len(at), count))
    rows = np.arange(len(at))
    matrix[rows, low], matrix[rows, low + 1] = 1 - part, part
    return matrix, inside


def whole(picture, rule):
    """The box of the whole picture, made as the training people's were."""
    height, width = picture.shape[:2]
    sides = np.array([width, height], np.float64)
    if rule["square"]:
        sides[:] = sides.max()
    if rule["kind"] == "image":
        sides *= rule["scale"]
    return [width / 2, height / 2, *sides]


def main(folder, photo, box=None):
    """Prints the joints of one person in a photo."""
    cascade = Cascade(folder)
    with Image.open(photo) as opened:
        picture = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    box = [float(number) for number in box.split(",")] if box else [0.0] * 4
    if min(box[2:]) <= 0:
        box = whole(picture, cascade.card["training_data"]["box"])
    joints = np.round(cascade(picture, box), 2).tolist()
    print(json.dumps(dict(zip(cascade.names, joints, strict=True)), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
