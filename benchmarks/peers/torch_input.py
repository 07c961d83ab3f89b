"""Training crops by PyTorch's DataLoader and OpenCV.

python -m benchmarks.peers.torch_input FOLDER SIZE BATCH SECONDS AUGMENTATION

FOLDER holds JPEG files and people.json (see benchmarks.input_pipeline);
AUGMENTATION is JSON: the fields of `example_options.Augmentation`.
"""

import itertools
import json
import math
import pathlib
import sys
import time

import cv2
import numpy as np
import torch
from torch.utils import data as torch_data


class Crops(torch_data.Dataset):
    """One augmented crop a person, with joints in units of its box."""

    def __init__(self, folder, size, augmentation):
        """Reads people.json."""
        people = json.loads((folder / "people.json").read_text())
        self.files = [str(folder / person["file"]) for person in people]
        self.boxes = np.float32([person["box"] for person in people])
        self.joints = np.float32([person["joints"] for person in people])
        self.mirror = np.array(people[0]["mirror"])
        self.size, self.augmentation = size, augmentation

    def __len__(self):
        """People."""
        return len(self.files)

    def __getitem__(self, i):
        """Crop [3, size, size] and joints [joints, 2]."""
        rng = np.random.default_rng()
        wanted, size = self.augmentation, self.size
        image = cv2.cvtColor(cv2.imread(self.files[i]), cv2.COLOR_BGR2RGB)
        box = self.boxes[i]
        sides = box[2:] * math.exp(rng.normal() * wanted["scale"])
        center = box[:2] + rng.normal(size=2) * wanted["shift"] * sides
        turn = math.radians(rng.normal() * wanted["rotation"])
        if rng.random() < wanted["any_rotation"]:
            turn = rng.uniform(-math.pi, math.pi)
        flipped = wanted["flip"] and rng.random() < 0.5
        cos, sin = math.cos(turn), math.sin(turn)
        forth = np.array([[cos, -sin], [sin, cos]]) * size / sides[:, None]
        if flipped:
            forth[0] *= -1
        matrix = np.c_[forth, size / 2 - forth @ center]
        crop = cv2.warpAffine(
            image, matrix, (size, size), borderValue=(127, 127, 127)
        )
        joints = self.joints[i] @ matrix[:, :2].T + matrix[:, 2]
        if flipped:
            joints = joints[self.mirror]
        crop = crop.astype(np.float32)
        if wanted["color"]:
            gain = np.exp(rng.normal() * wanted["color"])
            gain = gain * np.exp(rng.normal(size=3) * wanted["color"] / 3)
            offset = 127.5 * rng.normal() * wanted["color"]
            crop = (crop - 127.5) * gain.astype(np.float32) + 127.5 + offset
            np.clip(crop, 0, 255, out=crop)
        crop = torch.from_numpy(crop.astype(np.float32).transpose(2, 0, 1))
        return crop, torch.from_numpy(np.float32(joints / size - 0.5))


def main(argv):
    """Prints people a second."""
    folder, size, batch_size, seconds, augmentation = argv[1:]
    cv2.setNumThreads(0)  # A worker process is one thread.
    loader = torch_data.DataLoader(
        Crops(pathlib.Path(folder), int(size), json.loads(augmentation)),
        batch_size=int(batch_size),
        shuffle=True,
        num_workers=2,
        drop_last=True,
        persistent_workers=True,
    )
    batches = itertools.chain.from_iterable(itertools.repeat(loader))
    for _ in range(4):  # Workers start, and fill what is fetched ahead.
        next(batches)
    begin, count = time.monotonic(), 0
    while time.monotonic() - begin < float(seconds):
        crop, _ = next(batches)
        count += len(crop)
    found = {
        "per_second": count / (time.monotonic() - begin),
        "versions": {"torch": torch.__version__, "opencv": cv2.__version__},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv)
