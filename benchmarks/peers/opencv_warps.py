"""Decoding and one warp a picture by OpenCV, on all cores: nothing else.

python -m benchmarks.peers.opencv_warps FOLDER SIZE BATCH SECONDS AUGMENTATION

The arguments are those of torch_input.
"""

import json
import os
import pathlib
import sys
import time
from concurrent import futures

import cv2
import numpy as np


def main(argv):
    """Prints pictures a second."""
    folder, size, _, seconds, _ = argv[1:]
    cv2.setNumThreads(1)
    files = [path.read_bytes() for path in pathlib.Path(folder).glob("*.jpg")]
    pictures = [np.frombuffer(file, np.uint8) for file in files]
    size = int(size)
    matrix = np.float32([[1.1, 0.2, -20], [-0.2, 1.1, 10]])
    end = time.monotonic() + float(seconds)

    def work(start):
        count = start
        while time.monotonic() < end:
            image = cv2.imdecode(pictures[count % len(pictures)], 1)
            cv2.warpAffine(image, matrix, (size, size))
            count += 1
        return count - start

    cores = len(os.sched_getaffinity(0))
    with futures.ThreadPoolExecutor(cores) as pool:
        starts = range(0, len(pictures), max(1, len(pictures) // cores))
        count = sum(pool.map(work, list(starts)[:cores]))
    found = {
        "per_second": count / float(seconds),
        "versions": {"opencv": cv2.__version__},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv)
