"""Writes cascades for servers: saved_models/NAME/VERSION."""

import pathlib

import tensorflow as tf

from deeppose_tf import picture_formats
from deeppose_tf.models import constant_weights
from deeppose_tf.models import flip_test
from deeppose_tf.models import half_precision
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface
from deeppose_tf.serving import signatures
from deeppose_tf.serving import versions
from deeppose_tf.serving import warmup
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files


def export(
    source: export_sources.Source,
    export_dir: str | pathlib.Path,
    dtype: str = "float32",
    max_pixels: int = picture_formats.LARGEST,
) -> pathlib.Path:
    """Writes a cascade as the next version.

    Args:
        source: the cascade.
        export_dir: saved_models/NAME.
        dtype: of `interface.DTYPES`, how kernels are stored.
        max_pixels: of a picture; a server refuses larger ones.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    described = source.metadata(dtype)
    described["flip_average"] = source.flip_average
    described["max_pixels"] = max_pixels
    model, box = source.model, source.training_data["box"]
    if source.flip_average:
        model = flip_test.averaged_cascade(model)
    if constant_weights.fit(model, dtype):
        model = constant_weights.frozen(model, dtype)
    elif dtype == "float16":
        model = half_precision.halved(model)
    server = signatures.Server(model, source.scores, box, max_pixels)
    folder = pathlib.Path(export_dir)

    def write(temporary):
        _save(server, temporary)
        (temporary / "assets").mkdir(exist_ok=True)
        json_files.save(temporary / interface.METADATA, described)
        # Warm-up requests, which may be deleted, are for servers alone.
        digests.note_all(temporary)
        warmup.write(temporary, folder.name)

    return versions.add(folder, write)


def _save(server, version):
    tf.saved_model.save(
        server,
        str(version),
        signatures={
            interface.IMAGE_BYTES: server.from_bytes,
            interface.IMAGE_TENSOR: server.from_pixels,
            interface.TF_EXAMPLE: server.from_examples,
        },
        # A server never trains.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
