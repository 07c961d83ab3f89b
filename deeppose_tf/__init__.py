"""DeepPose for TensorFlow: a cascade of pose regressors.

Models and optimizers are Keras 3 objects used inside TensorFlow graphs, so the
TensorFlow backend is the only one that works.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
