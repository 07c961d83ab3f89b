"""Exported .tflite files in the place of a cascade's networks."""

import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.models import cascade
from deeppose_tf.serving import export_litert
from deeppose_tf.serving import metadata
from deeppose_tf.storage import digests


class Network:
    """A .tflite file that is called like the keras.Model it was made of."""

    def __init__(self, path: pathlib.Path, batch: int, threads: int = 1):
        """Loads the file.

        Raises:
            InputError: LiteRT is not installed, or cannot read the file.
        """
        runtime = extras.load(
            "ai_edge_litert.interpreter", wanted_by=str(path), extra="litert"
        )
        try:
            runner = runtime.Interpreter(str(path), num_threads=threads)
            runner.allocate_tensors()
            self._run = runner.get_signature_runner()
        except (RuntimeError, ValueError) as error:
            raise errors.InputError(
                f"{path}: damaged ({error}); {metadata.HINT}"
            ) from error
        self._batch = batch

    def __call__(self, inputs, training=False):
        """The output, or a list of outputs, for n examples of each input."""
        del training
        columns = [np.asarray(x) for x in tf.nest.flatten(inputs)]
        answers = [
            self._outputs([x[first : first + self._batch] for x in columns])
            for first in range(0, len(columns[0]), self._batch)
        ]
        outputs = [
            tf.constant(np.concatenate(parts))
            for parts in zip(*answers, strict=True)
        ]
        return outputs[0] if len(outputs) == 1 else outputs

    def _outputs(self, columns):
        """The outputs for one batch, which may be the last and smaller."""
        count = len(columns[0])
        missing = self._batch - count
        answer = self._run(
            **{
                f"input_{i}": np.pad(
                    x, [(0, missing), *[(0, 0)] * (x.ndim - 1)]
                )
                for i, x in enumerate(columns)
            }
        )
        return [answer[f"output_{i}"][:count] for i in range(len(answer))]


def load(
    version: pathlib.Path, like: cascade.Cascade, threads: int = 1
) -> cascade.Cascade:
    """The cascade `like`, with the networks of an export.

    Args:
        version: litert/NAME/VERSION.
        like: the cascade that it was made of.
        threads: for each network.

    Raises:
        InputError: the export is damaged or of another cascade, or LiteRT is
            not installed.
    """
    digests.check_all(version, metadata.HINT)
    card = version / export_litert.METADATA
    described = metadata.networks(card, metadata.load(card))
    if [networks.keys() for networks in described] != [
        stage.networks.keys() for stage in like.stages
    ]:
        raise errors.InputError(
            f"{card}: has other networks than the cascade; {metadata.HINT}"
        )
    return like.replaced(
        [
            cascade.Stage(
                stage.spec,
                {
                    part: Network(version / net["file"], net["batch"], threads)
                    for part, net in networks.items()
                },
            )
            for stage, networks in zip(like.stages, described, strict=True)
        ]
    )
