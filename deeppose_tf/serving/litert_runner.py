"""Runs exports for LiteRT: networks, and what is around them, in NumPy.

It imports nothing of this package, and no TensorFlow: a phone or a board needs
this file alone, as a program or to be copied from.

pip install numpy pillow ai-edge-litert
python litert_runner.py litert/lsp/1 photo.jpg [cx,cy,w,h]

prints the joints as JSON. The box is the person's, in pixels of the upright
photo; without it, or with w or h of 0, the whole photo is meant.
"""

import hashlib
import json
import pathlib
import sys
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter

LEVELS = 4  # How often a picture may be halved, and 1.
MARGIN = 2  # Cells around the box of a pooled joint.
MAX_BOX_SIDE = 512  # The window of a larger box is averaged down.
REACH = 1.5  # Sides of the box from its center to the window's edges.
# Of scores: the least distance, in torso diameters; a person's best joints,
# and torso in sides of the box.
FLOOR, BEST, TORSO = 0.02, 3, 0.3


class Pose(NamedTuple):
    """One person's pose, in pixels of the picture.

    Attributes:
        stage_joints: float [stages, joints, 2], those of each stage.
        scores: float [joints], confidence.
        score: of the person: whether there is anybody.
    """

    stage_joints: np.ndarray
    scores: np.ndarray
    score: float


class Network:
    """A .tflite file."""

    def __init__(self, path, threads=1):
        """Loads the file; ValueError names one that is damaged."""
        try:
            model = Interpreter(str(path), num_threads=threads)
            model.allocate_tensors()
            self._run = model.get_signature_runner()
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"{path}: damaged ({error})") from error
        inputs = self._run.get_input_details()
        self._names = sorted(inputs)
        self._batch = inputs[self._names[0]]["shape"][0]

    def __call__(self, *columns):
        """The outputs [n, ...] for n examples of each input."""
        count = len(columns[0])
        answers = [
            self._outputs([x[first : first + self._batch] for x in columns])
            for first in range(0, count, self._batch)
        ]
        if len(answers) == 1:
            return [part[:count] for part in answers[0]]
        columns = zip(*answers, strict=True)
        return [np.concatenate(parts)[:count] for parts in columns]

    def _outputs(self, columns):
        """The outputs for a batch; a smaller one is filled up."""
        missing = self._batch - len(columns[0])
        if missing:
            columns = [
                np.pad(x, [(0, missing), *[(0, 0)] * (x.ndim - 1)])
                for x in columns
            ]
        inputs = {
            name: np.asarray(x, np.float32)
            for name, x in zip(self._names, columns, strict=True)
        }
        answer = self._run(**inputs)
        return [answer[name] for name in sorted(answer)]


class Cascade:
    """The networks of an export, and how they follow each other."""

    def __init__(self, folder, threads=1):
        """Loads litert/NAME/VERSION, with so many threads for each network."""
        folder = pathlib.Path(folder)
        self.card = json.loads((folder / "deeppose.json").read_text())
        self.names = self.card["skeleton"]["joints"]
        self.networks = {
            network["file"]: Network(folder / network["file"], threads)
            for stage in self.card["stages"]
            for network in stage["networks"].values()
        }

    def __call__(self, picture, box):
        """Joints [joints, 2] of uint8 [height, width, 3] and cx, cy, w, h."""
        return self.pose(picture, box).stage_joints[-1]

    def pose(self, picture, box) -> Pose:
        """The pose of a person; see `__call__`."""
        if min(box[2:]) <= 0:
            box = whole(picture, self.card["training_data"]["box"])
        image, origin, factor = window(picture, box, self.card["fill"])
        box = np.array(box, np.float64)
        box = np.concatenate([box[:2] - origin, box[2:]]) / factor
        stage_joints, spread, box = self._stages(image, box)
        joints = np.stack(stage_joints)
        return Pose(
            joints * factor + origin, *self._scores(joints, spread, box)
        )

    def _stages(self, image, box):
        """Joints of each stage, spread of the last, and the last look's box."""
        first, *others = self.card["stages"]
        given = box
        joints, spread, features = self._first(first, image, box)
        looks = self.card.get("looks", {"count": 1})
        for _ in range(looks["count"] - 1):
            box = around(joints, looks["scale"], looks["square"])
            joints, spread, features = self._first(first, image, box)
        stage_joints = [joints]
        for stage in others:
            joints, spread = self._refined(stage, image, box, joints, features)
            stage_joints.append(joints)
        return stage_joints, spread, given

    def _first(self, stage, image, box):
        """Stage 1: joints, spread, and features that pooled stages may want."""
        crop = cut(image, box, stage["image_size"], self.card["fill"])
        found, *features = self._run(stage["networks"]["all"], crop[None])
        joints, spread = np.split(found[0], [2], axis=1)
        if spread.size:
            spread = spread * box[2:]
        return joints * box[2:] + box[:2], spread, features

    def _refined(self, stage, image, box, joints, features):
        """A later stage: the joints of the one before, moved; spread."""
        side = stage["sigma"] * self._diameter(joints, box)
        if stage["refiner"] == "pooled":
            found = self._pooled(stage, image, box, joints, features, side)
        else:
            found = self._displacements(stage, image, joints, side)
        found = found * side
        moved = joints + stage.get("step_size", 1.0) * found[:, :2]
        return moved, found[:, 2:]

    def _pooled(self, stage, image, box, joints, features, side):
        """[joints, 2 or 4], units of the joints' boxes."""
        if stage["trunk"] == "own":
            size = stage["image_size"]
            features = [cut(image, box, size, self.card["fill"])[None]]
        (seen,) = self._run(stage["networks"]["features"], *features)
        patches = [
            pooled(seen[0], center, side / box[2:], stage["cells"])
            for center in (joints - box[:2]) / box[2:]
        ]
        head = stage["networks"]["head"]
        return self._run(head, np.stack(patches)[None])[0][0]

    def _displacements(self, stage, image, joints, side):
        """[joints, 2 or 4], units of the joints' boxes."""
        size, fill = stage["image_size"], self.card["fill"]
        crops = [cut(image, [*j, side, side], size, fill) for j in joints]
        crops = np.stack(crops)
        if "all" in stage["networks"]:
            # Of the crop around a joint, that joint counts.
            every = np.arange(len(joints))
            return self._run(stage["networks"]["all"], crops)[0][every, every]
        columns = 4 if stage.get("spread") else 2
        moves = np.zeros([len(joints), columns])
        for part, network in stage["networks"].items():
            i = self.names.index(part)
            moves[i] = self._run(network, crops[i : i + 1])[0][0, 0]
        return moves

    def _run(self, network, *inputs):
        return self.networks[network["file"]](*inputs)

    def _diameter(self, joints, box):
        """Left shoulder to right hip, at least a tenth of the box."""
        a, b = (self.names.index(n) for n in self.card["skeleton"]["torso"])
        return max(np.linalg.norm(joints[a] - joints[b]), 0.1 * max(box[2:]))

    def _scores(self, stage_joints, spread, box):
        """Scores of the joints [joints], and of the person."""
        fitted = self.card.get("scores")
        if fitted is None:  # Of an earlier version.
            return np.full(len(self.names), np.nan), np.nan
        last, before = stage_joints[-1], stage_joints[-2:][0]
        far = np.linalg.norm([last - before], axis=-1)[0]
        wide = np.linalg.norm(spread, axis=-1)
        base = np.array([fitted["base"][name] for name in self.names])

        def scores(diameter):
            logit = base - fitted["slope"] * np.log(far / diameter + FLOOR)
            logit -= fitted.get("spread_slope", 0.0) * np.log(
                wide / diameter + FLOOR
            )
            return 1.0 / (1.0 + np.exp(-logit))

        best = np.sort(scores(TORSO * max(box[2:])))[-BEST:]
        return scores(self._diameter(last, box)), best.mean()


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


def whole(picture, rule):
    """The box of the whole picture, made as the training people's were."""
    height, width = picture.shape[:2]
    sides = np.array([width, height], np.float64)
    if rule["square"]:
        sides[:] = sides.max()
    if rule["kind"] == "image":
        sides *= rule["scale"]
    return [width / 2, height / 2, *sides]


def window(picture, box, fill):
    """The part of a picture that crops of a person can need.

    Returns:
        uint8 [h, w, 3], averaged down by a whole factor; its corner (x, y) in
        the picture; the factor.
    """
    center, side = np.array(box[:2], np.float64), max(box[2:])
    extent = np.array(picture.shape[1::-1])
    largest = 2 * extent.max() // MAX_BOX_SIDE
    factor = 1 + int(np.clip(side // MAX_BOX_SIDE, 0, largest))
    last = np.maximum(extent - factor, 0)
    low = np.clip(np.floor(center - REACH * side), 0, last).astype(int)
    # The blocks that `cut` averages are then those of the whole picture.
    low -= low % (factor * 2 ** (LEVELS - 1))
    least = np.minimum(low + factor, extent)
    high = np.clip(np.ceil(center + REACH * side), least, extent).astype(int)
    size = np.maximum((high - low) // factor, 1)
    high = np.minimum(low + size * factor, extent)
    image = picture[low[1] : high[1], low[0] : high[0]]
    if factor > 1:
        image = averaged(image, factor, fill)
    return image, low, factor


def averaged(image, factor, fill):
    """Means of blocks of factor x factor; beyond the edges lies `fill`."""
    image = filled(image, factor, fill)
    height, width = (n // factor for n in image.shape[:2])
    # Rows, then columns: rows are added as a whole.
    rows = image.reshape(height, factor, -1).sum(axis=1, dtype=np.uint32)
    sums = rows.reshape(height, width, factor, 3).sum(axis=2)
    return np.round(sums / factor**2).astype(np.uint8)


def filled(image, factor, fill):
    """The image with sides that are multiples of `factor`."""
    missing = [(0, -n % factor) for n in image.shape[:2]]
    if not np.any(missing):
        return image
    return np.pad(image, [*missing, (0, 0)], constant_values=fill)


def cut(image, box, size, fill):
    """A crop float32 [size, size, 3] of a box; bilinear, `fill` outside.

    It is sampled out of the image halved so often that its pixels lie 0.7 to
    1.4 pixels apart.
    """
    step = np.sqrt(abs(box[2] * box[3])) / size
    level = int(min(np.round(np.log2(max(step, 1.0))), LEVELS - 1))
    block = 2**level
    x, y = (
        Taps(box[i] / block, box[2 + i] / block, size, -(-extent // block))
        for i, extent in enumerate(image.shape[1::-1])
    )
    # Only what the crop needs is halved; plane by plane, which is quicker.
    rows, columns = (slice(block * t.begin, block * t.end) for t in (y, x))
    planes = np.moveaxis(filled(image[rows, columns], block, fill), 2, 0)
    for _ in range(level):
        planes = halved(planes)
    lines = y.sampled(planes.astype(np.float32) / 4**level, fill)
    lines = np.ascontiguousarray(lines.transpose(0, 2, 1))
    return np.ascontiguousarray(x.sampled(lines, fill).transpose(2, 1, 0))


def halved(planes):
    """Sums of blocks of 2 x 2, of planes [3, rows, columns]."""
    rows = np.add(planes[:, 0::2], planes[:, 1::2], dtype=np.uint16)
    return np.stack([plane[:, 0::2] + plane[:, 1::2] for plane in rows])


class Taps:
    """How one axis of a crop is sampled, bilinearly.

    Attributes:
        begin: of the pixels that are needed, the first.
        end: behind the last.
    """

    def __init__(self, center, side, size, count):
        """Finds the pixels, of `count`, and their weights."""
        half = 0.5 * side * (1.0 - 1.0 / size)
        # Centers of pixels are at .5.
        at = np.linspace(center - half, center + half, size) - 0.5
        low = np.floor(np.clip(at, -2, count + 1)).astype(int)
        part = np.clip(at - low, 0.0, 1.0)
        before = np.where((low >= 0) & (low < count), 1.0 - part, 0.0)
        after = np.where((low >= -1) & (low + 1 < count), part, 0.0)
        weights = before, after, 1.0 - before - after
        self._weights = [w.astype(np.float32)[:, None] for w in weights]
        self._pixels = [np.clip(low + i, 0, count - 1) for i in (0, 1)]
        self.begin = int(self._pixels[0].min())
        self.end = int(self._pixels[1].max()) + 1

    def sampled(self, planes, fill):
        """[3, end - begin, n] -> [3, size, n]."""
        before, after, outside = self._weights
        low, high = (np.take(planes, i - self.begin, 1) for i in self._pixels)
        low *= before
        high *= after
        low += high
        low += outside * fill
        return low


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


def weights(at, count):
    """Bilinear weights [n, count] of cells, and which lie inside."""
    inside = (at >= 0) & (at <= count - 1)
    low = np.clip(np.floor(at).astype(int), 0, count - 2)
    part = np.clip(at - low, 0.0, 1.0)
    matrix = np.zeros((len(at), count))
    rows = np.arange(len(at))
    matrix[rows, low], matrix[rows, low + 1] = 1 - part, part
    return matrix, inside


def main(folder, photo, box="0,0,0,0"):
    """Prints the joints of one person in a photo."""
    from PIL import Image
    from PIL import ImageOps

    check(pathlib.Path(folder))
    cascade = Cascade(folder)
    with Image.open(photo) as opened:
        picture = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    joints = cascade(picture, [float(number) for number in box.split(",")])
    joints = np.round(joints, 2).tolist()
    print(json.dumps(dict(zip(cascade.names, joints, strict=True)), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
