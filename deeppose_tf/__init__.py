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
    from deeppose_tf.inference import loaded_model
    from deeppose_tf.launch import startup

    startup.setup()
    return loaded_model.LoadedModel(path)


def connect(
    server,
    *,
    protocol="rest",
    model="lsp",
    finder="person_finder",
    skeleton="lsp",
    timeout=10.0,
    retries=3,
):
    """A cascade of a model server, which predicts poses in photos.

    The first request connects. Nothing imports TensorFlow, but for
    protocol="grpc".

    Args:
        server: host:port; TensorFlow Serving's default port is 8501 for REST,
            8500 for gRPC.
        protocol: "rest" or "grpc".
        model: name of the cascade on the server.
        finder: name there of what finds people; None: the whole photo is one
            person's box.
        skeleton: of the cascade: "lsp", "flic", "mpii", "coco", or the path of
            assets/deeppose.json of its export, which also has the rule by which
            the boxes of training people were made.
        timeout: seconds to wait for the whole of an answer: over REST for each
            try, over gRPC for all tries of a request.
        retries: further tries where there is no connection, or the server is
            not ready.

    Returns:
        `inference.pose_model.PoseModel`, as of `load`; its `close`, or the end
        of a `with` block, ends the connection.

    Raises:
        InputError: an argument is wrong, or a package is missing.
    """
    from deeppose_tf.launch import startup
    from deeppose_tf.remote import served_model

    startup.setup()
    return served_model.ServedModel(
        server,
        protocol=protocol,
        model=model,
        finder=finder,
        skeleton=skeleton,
        timeout=timeout,
        retries=retries,
    )
