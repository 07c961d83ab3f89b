"""Exports for LiteRT in this process: a cascade whose networks are files."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.launch import startup
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import stage_specs
from deeppose_tf.models import trained_stages
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import signatures
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

# Networks of a pooled stage, before and after its boxes are sampled.
_POOLED = {"features", "head"}


class Network:
    """A .tflite file that is called like the keras.Model it was made of.

    Attributes:
        weights: none, as there are no variables.
    """

    weights = ()

    def __init__(self, path: pathlib.Path, batch: int, threads: int = 1):
        """Loads the file.

        Raises:
            InputError: LiteRT is not installed, or cannot read the file.
        """
        runtime = extras.load(
            "ai_edge_litert.interpreter", wanted_by=str(path), extra="litert"
        )
        try:
            with startup.without_infos():
                runner = runtime.Interpreter(str(path), num_threads=threads)
                runner.allocate_tensors()
            self._run = runner.get_signature_runner()
        except (RuntimeError, ValueError) as error:
            raise errors.InputError(
                f"{path}: damaged ({error}); {metadata.HINT}"
            ) from error
        self._batch = batch
        outputs = self._run.get_output_details()
        self._shapes = [
            [None, *outputs[f"output_{i}"]["shape"][1:]]
            for i in range(len(outputs))
        ]

    def __call__(self, inputs, training=False):
        """The output, or a list of outputs, for n examples of each input."""
        del training
        outputs = tf.nest.flatten(
            tf.numpy_function(
                self._answers,
                tf.nest.flatten(inputs),
                [tf.float32] * len(self._shapes),
            )
        )
        for output, shape in zip(outputs, self._shapes, strict=True):
            output.set_shape(shape)
        return outputs[0] if len(outputs) == 1 else outputs

    def _answers(self, *columns):
        """Outputs for n examples, batch by batch."""
        answers = [
            self._outputs([x[first : first + self._batch] for x in columns])
            for first in range(0, len(columns[0]), self._batch)
        ]
        return [np.concatenate(parts) for parts in zip(*answers, strict=True)]

    def _outputs(self, columns):
        """The outputs for one batch, which may be the last and smaller."""
        count = len(columns[0])
        missing = self._batch - count
        if missing:
            columns = [
                np.pad(x, [(0, missing), *[(0, 0)] * (x.ndim - 1)])
                for x in columns
            ]
        answer = self._run(**{f"input_{i}": x for i, x in enumerate(columns)})
        return [answer[f"output_{i}"][:count] for i in range(len(answer))]


def load(version: pathlib.Path, threads: int = 1) -> cascade.Cascade:
    """The cascade of an export.

    Args:
        version: litert/NAME/VERSION.
        threads: for each network.

    Raises:
        InputError: the export is damaged, or LiteRT is not installed.
    """
    digests.check_all(version, metadata.HINT)
    card = version / interface.LITERT_METADATA
    values = metadata.load(card)
    # Earlier versions wrote neither.
    wanted = {"looks": dict, "scores": dict}
    json_files.expect(card, values, wanted, metadata.HINT)
    networks = metadata.networks(card, values)
    stages = [
        trained_stages.Stage(
            _spec(card, values, i),
            {
                part: Network(version / net["file"], net["batch"], threads)
                for part, net in by_part.items()
            },
        )
        for i, by_part in enumerate(networks)
    ]
    with json_files.parsing(card, metadata.HINT):
        return cascade.Cascade(stages, cascade.Looks(**values["looks"]))


def _spec(card, values, index):
    """The spec of a stage, which stands among what else is said of it."""
    described = {
        key: value
        for key, value in values["stages"][index].items()
        if key not in ("weights", "networks")
    }
    spec = stage_specs.spec_from_json(
        card, described, values["skeleton"], metadata.HINT
    )
    known = _POOLED if spec.refiner == "pooled" else set(spec.parts)
    if not set(values["stages"][index]["networks"]) <= known:
        raise errors.InputError(
            f"{card}: has other networks than its stages; {metadata.HINT}"
        )
    return spec


def model(version: pathlib.Path) -> saved_models.Loaded:
    """An export as `predict` and `evaluate` take models, on all cores.

    What surrounds the networks is what servers run. Raises as `load` does.
    """
    found = load(version, threads=os.cpu_count() or 1)
    card = version / interface.LITERT_METADATA
    values = metadata.load(card)
    skeleton = found.stages[0].spec.skeleton
    fitted = confidence.from_json(
        card, values["scores"], skeleton.joints, metadata.HINT
    )
    server = signatures.Server(found, fitted, values["training_data"]["box"])
    return saved_models.Loaded(
        signatures=saved_models.keeping(
            server,
            {
                interface.IMAGE_BYTES: server.from_bytes,
                interface.IMAGE_TENSOR: server.from_pixels,
            },
        ),
        skeleton=skeleton,
        metadata=values,
        path=version,
    )
