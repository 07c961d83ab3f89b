"""A cascade's networks for LiteRT (TensorFlow Lite), for phones and boards.

litert/NAME/VERSION holds a .tflite file for each network and deeppose.json,
which says how they follow each other; docs/litert_runner.py runs them without
TensorFlow.
"""

import pathlib

import numpy as np
import tensorflow as tf

from deeppose_tf import files
from deeppose_tf.data import input_pipeline
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.geometry import crops
from deeppose_tf.models import cascade
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import versions

DTYPES = ("float32", "float16", "int8")
METADATA = "deeppose.json"
# Training people whose crops set the ranges of int8; a few hundred crops are
# what TensorFlow's guide asks for.
_PEOPLE = 200
_CROPS = 300


def export(
    run_dir: str | pathlib.Path,
    export_dir: str | pathlib.Path,
    data: Dataset,
    dtype: str = "float32",
) -> pathlib.Path:
    """Writes the networks of a cascade as the next version.

    Args:
        run_dir: of the last stage.
        export_dir: litert/NAME.
        data: what it was trained on; its training people set int8's ranges.
        dtype: of DTYPES, how weights are stored. int8 computes in int8 too;
            inputs and outputs stay float32.

    Returns:
        The new folder, litert/NAME/VERSION.
    """
    run_dir = pathlib.Path(run_dir)
    model = cascade.load(run_dir)
    seen = crops_seen(model, data) if dtype == "int8" else {}
    metadata = export_saved_model.metadata(model, data, run_dir, dtype)
    metadata["fill"] = crops.FILL

    def write(temporary):
        _write_networks(temporary, model, metadata["stages"], dtype, seen)
        files.save(temporary / METADATA, metadata)

    return versions.add(pathlib.Path(export_dir), write)


def _write_networks(folder, model, described_stages, dtype, seen):
    """Writes the .tflite files, and notes them in each stage's description."""
    for stage, described in zip(model.stages, described_stages, strict=True):
        described["networks"] = {}
        for part, network in stage.networks.items():
            name = f"stage{stage.spec.stage}_{part}.tflite"
            batch = _batch(stage.spec, part)
            content = convert(
                network, stage.spec.image_size, batch, dtype, seen.get(network)
            )
            (folder / name).write_bytes(content)
            described["networks"][part] = {"file": name, "batch": batch}


def _batch(spec, part):
    """Crops of one person that go through a network together."""
    return len(spec.parts[part]) if spec.refiner == "shared" else 1


def crops_seen(model: cascade.Cascade, data: Dataset) -> dict:
    """By network, float32 [n, size, size, 3]: its crops of training people.

    Those of later stages are cut around the predictions of the stages before.
    """
    seen = {}

    def recording(network):
        def call(crop, training=False):
            seen.setdefault(network, []).append(crop.numpy())
            return network(crop, training=training)

        return call

    watched = cascade.Cascade(
        [
            cascade.Stage(
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
        network: _sample(np.concatenate(batches))
        for network, batches in seen.items()
    }


def _sample(rows):
    """At most _CROPS of them, evenly spaced."""
    chosen = np.linspace(0, len(rows) - 1, min(_CROPS, len(rows)))
    return rows[chosen.astype(int)]


def convert(
    network,
    image_size: int,
    batch: int,
    dtype: str,
    seen: np.ndarray | None = None,
) -> bytes:
    """A network as a .tflite file.

    Args:
        network: keras.Model from crops to joints.
        image_size: side of its crops.
        batch: how many crops it takes at once.
        dtype: of DTYPES.
        seen: for int8, float32 [n, size, size, 3], crops that set the ranges.
    """
    shape = [batch, image_size, image_size, 3]
    # Constants: the converter cannot set int8 ranges of operations that read
    # Keras's variables.
    trained = [tf.constant(v) for v in network.trainable_variables]
    fixed = [tf.constant(v) for v in network.non_trainable_variables]
    graph = tf.function(
        lambda crop: network.stateless_call(
            trained, fixed, crop, training=False
        )[0],
        input_signature=[tf.TensorSpec(shape, tf.float32, "crop")],
    )
    module = tf.Module()
    module.graph = graph
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [graph.get_concrete_function()], module
    )
    if dtype != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if dtype == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if dtype == "int8":
        rows = len(seen) // batch * batch
        converter.representative_dataset = lambda: (
            [chunk] for chunk in seen[:rows].reshape(-1, *shape)
        )
    return converter.convert()
