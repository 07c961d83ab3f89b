"""A cascade's networks for LiteRT (TensorFlow Lite), for phones and boards.

litert/NAME/VERSION holds a .tflite file for each network and deeppose.json,
which says how they follow each other; litert_runner.py runs them without
TensorFlow.
"""

import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf.data.dataset import Dataset
from deeppose_tf.examples import input_pipeline
from deeppose_tf.geometry import crops
from deeppose_tf.models import cascade
from deeppose_tf.models import trained_stages
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface
from deeppose_tf.serving import litert_networks
from deeppose_tf.serving import versions
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

# Training people whose crops set the ranges of int8; a few hundred crops are
# what TensorFlow's guide asks for.
_PEOPLE = 200
_CROPS = 300


def export(
    source: export_sources.Source,
    export_dir: str | pathlib.Path,
    dtype: str = "float32",
    people: Dataset | None = None,
) -> pathlib.Path:
    """Writes the networks of a cascade as the next version.

    Args:
        source: the cascade.
        export_dir: litert/NAME.
        dtype: of `interface.DTYPES`, how weights are stored. int8 computes
            in int8 too; inputs and outputs stay float32.
        people: for int8, whose ranges its training people set.

    Returns:
        The new folder, litert/NAME/VERSION.
    """
    seen = inputs_seen(source.model, people) if dtype == "int8" else {}
    metadata = source.metadata(dtype)
    if dtype == "int8":
        # They are of networks that compute otherwise.
        metadata["validation_pdj@0.2"] = [None] * len(source.validation)
    metadata["fill"] = crops.FILL
    stages = metadata["stages"]

    def write(temporary):
        _write_networks(temporary, source.model, stages, dtype, seen)
        json_files.save(temporary / interface.LITERT_METADATA, metadata)
        digests.note_all(temporary)

    return versions.add(pathlib.Path(export_dir), write)


def _write_networks(folder, model, described_stages, dtype, seen):
    """Writes the .tflite files, and notes them in each stage's description."""
    for stage, described in zip(model.stages, described_stages, strict=True):
        described["networks"] = {}
        for part, network in stage.networks.items():
            name = f"stage{stage.spec.stage}_{part}.tflite"
            batch = _batch(stage.spec, part)
            content = litert_networks.convert(
                network, batch, dtype, seen.get(network)
            )
            (folder / name).write_bytes(content)
            described["networks"][part] = {"file": name, "batch": batch}


def _batch(spec, part):
    """Crops of one person that go through a network together."""
    return len(spec.parts[part]) if spec.refiner == "shared" else 1


def inputs_seen(model: cascade.Cascade, data: Dataset) -> dict:
    """By network, what it sees of training people: float32 [n, ...] an input.

    Crops of later stages are cut around the predictions of the stages before.
    """
    seen = {}

    def recording(network):
        def call(inputs, training=False):
            arrays = [x.numpy() for x in tf.nest.flatten(inputs)]
            seen.setdefault(network, []).append(arrays)
            return network(inputs, training=training)

        return call

    watched = model.replaced(
        [
            trained_stages.Stage(
                stage.spec,
                {
                    part: recording(network)
                    for part, network in stage.networks.items()
                },
            )
            for stage in model.stages
        ]
    )
    for batch in input_pipeline.evaluation_batches(
        data, "train", batch_size=8, limit=_PEOPLE
    ):
        watched(batch["image"], batch["box"])
    return {
        network: [
            _sample(np.concatenate(column))
            for column in zip(*batches, strict=True)
        ]
        for network, batches in seen.items()
    }


def _sample(rows):
    """At most _CROPS of them, evenly spaced."""
    chosen = np.linspace(0, len(rows) - 1, min(_CROPS, len(rows)))
    return rows[chosen.astype(int)]
