"""DeepPose for TensorFlow: a cascade of pose regressors.

    import deeppose_tf

    people = deeppose_tf.load().predict("photo.jpg")

Models and optimizers are Keras 3 objects used inside TensorFlow graphs, so the
TensorFlow backend is the only one that works.
"""

import os
import sys

# Errors only: warnings of its C++ are of its own estimates, such as "Error in
# PredictCost()". See startup.py too.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# On processors without AVX-512, TensorFlow says that oneDNN's kernels are on,
# and takes its slower ones unless asked.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if _backend != "tensorflow":
    _message = (
        f"KERAS_BACKEND={_backend}: DeepPose runs on the tensorflow backend "
        "only; unset KERAS_BACKEND or set it to tensorflow"
    )
    if sys.argv[0] == "-m":  # A program is starting: spare it the traceback.
        sys.exit(f"error: {_message}")
    raise ImportError(_message)

__version__ = "0.1.0"


def load(path=None):
    """An exported cascade that predicts poses in photos.

    TensorFlow is imported here, not with the package.

    Args:
        path: saved_models/NAME, or one version of it; None: the pretrained
            model.

    Returns:
        `inference.pose_model.PoseModel`, whose `predict` takes photos.

    Raises:
        InputError: there is no export.
    """
    from deeppose_tf import startup
    from deeppose_tf.inference import pose_model

    startup.setup()
    return pose_model.PoseModel(path)
