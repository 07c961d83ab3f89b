"""Memory that an exported cascade takes for the largest windows of people.

python -m benchmarks.serving_memory --model=saved_models/lsp_extended
"""

import resource

import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf.geometry import windows
from deeppose_tf.launch import app
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

_MODEL = flags.DEFINE_string("model", None, "saved_models/NAME.", required=True)
# Just below the side from which pictures are averaged down.
_SIDE = windows.MAX_BOX_SIDE - 1


def main(argv):
    """Prints peak memory after a pass of small windows, and one of largest."""
    app.refuse_arguments(argv)
    ask = saved_models.load(_MODEL.value).signatures[interface.IMAGE_BYTES]
    people = interface.PERSONS_PER_PASS
    for name, picture, side in (
        ("small", _SIDE, _SIDE / 3),
        ("largest", 3 * _SIDE + 64, _SIDE),
    ):
        box = np.float32([picture / 2, picture / 2, side, side])
        encoded = [_noise(picture, seed) for seed in range(people)]
        for _ in range(2):
            ask(
                image_bytes=tf.constant(encoded),
                box=tf.constant([box] * people),
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{people} people, {name} windows: {peak:.0f} MiB")


def _noise(side, seed):
    noise = tf.random.stateless_uniform(
        [side // 8, side // 8, 3], [seed, 0], 0, 256, tf.int32
    )
    image = tf.image.resize(noise, [side, side], method="nearest")
    return tf.io.encode_jpeg(tf.cast(image, tf.uint8)).numpy()


if __name__ == "__main__":
    app.run(main)
