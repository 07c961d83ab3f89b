"""Exported .tflite files in the place of a cascade's networks."""

import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import extras
from deeppose_tf import files
from deeppose_tf.models import cascade
from deeppose_tf.serving import export_litert


class Network:
    """A .tflite file that is called like the keras.Model it was made of."""

    def __init__(self, path: pathlib.Path, batch: int, threads: int = 1):
        """Loads the file.

        Raises:
            InputError: LiteRT is not installed.
        """
        runtime = extras.load(
            "ai_edge_litert.interpreter", wanted_by=str(path), extra="litert"
        )
        self._runner = runtime.Interpreter(str(path), num_threads=threads)
        self._runner.allocate_tensors()
        self._batch = batch
        self._input = self._runner.get_input_details()[0]["index"]
        self._output = self._runner.get_output_details()[0]["index"]

    def __call__(self, crop, training=False):
        """Predicts joints, float32 [n, outputs, 2 or 4], of n crops."""
        del training
        crop, outputs = np.asarray(crop), []
        for first in range(0, len(crop), self._batch):
            chunk = crop[first : first + self._batch]
            missing = [(0, self._batch - len(chunk)), (0, 0), (0, 0), (0, 0)]
            self._runner.set_tensor(self._input, np.pad(chunk, missing))
            self._runner.invoke()
            joints = self._runner.get_tensor(self._output)
            outputs.append(joints[: len(chunk)])
        return tf.constant(np.concatenate(outputs))


def load(
    version: pathlib.Path, like: cascade.Cascade, threads: int = 1
) -> cascade.Cascade:
    """The cascade `like`, with the networks of an export.

    Args:
        version: litert/NAME/VERSION.
        like: the cascade that it was made of.
        threads: for each network.
    """
    metadata = files.load(version / export_litert.METADATA, "export it again")
    return cascade.Cascade(
        [
            cascade.Stage(
                stage.spec,
                {
                    part: Network(version / net["file"], net["batch"], threads)
                    for part, net in described["networks"].items()
                },
            )
            for stage, described in zip(
                like.stages, metadata["stages"], strict=True
            )
        ]
    )
