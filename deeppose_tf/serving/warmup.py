"""Warm-up requests: TensorFlow Serving plays them when it loads a model.

Without them the first requests wait until the graph is optimized, and threads
and buffers exist.
"""

import pathlib

import numpy as np
import tensorflow as tf
from absl import logging

from deeppose_tf import errors
from deeppose_tf import extras
from deeppose_tf.serving import interface

# One person, and max_batch_size of serving/batching.config.
SIZES = (1, interface.PERSONS_PER_PASS)
# A finder takes one picture after the other, however many there are.
SIZES_OF_FINDER = (1,)


def write(version: pathlib.Path, name: str, finder: bool = False) -> bool:
    """Writes a PredictionLog for each of SIZES into an exported cascade.

    Args:
        version: folder of the SavedModel.
        name: of the model on the server.
        finder: whether it is a person finder, which takes no boxes.

    Returns:
        Whether it did: False if the extra `serving` is missing.
    """
    try:
        predict_pb2, prediction_log_pb2 = (
            extras.load(
                f"tensorflow_serving.apis.{module}",
                wanted_by="warm-up",
                extra="serving",
            )
            for module in ("predict_pb2", "prediction_log_pb2")
        )
    except errors.InputError as error:
        logging.info("No warm-up requests in the export: %s", error)
        return False
    path = version / interface.WARMUP
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for size in SIZES_OF_FINDER if finder else SIZES:
            request = predict_pb2.PredictRequest()
            _fill(request, name, size)
            if not finder:
                box = tf.make_tensor_proto(np.zeros([size, 4], np.float32))
                request.inputs["box"].CopyFrom(box)
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
    return True


def _fill(request, name, size):
    """Has a made-up picture `size` times."""
    request.model_spec.name = name
    request.model_spec.signature_name = interface.IMAGE_BYTES
    # As large and as smooth as a photograph; noise would take half a megabyte.
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3))
    pixels = tf.image.resize(noise, [480, 640], "bicubic")
    pixels = tf.saturate_cast(pixels, tf.uint8)
    encoded = tf.io.encode_jpeg(pixels, quality=80).numpy()
    images = tf.make_tensor_proto([encoded] * size)
    request.inputs["image_bytes"].CopyFrom(images)
