"""Runs an export through TensorFlow's C API, as TF Serving does: no Python.

python tests/serving/c_api.py EXPORT REQUESTS.json OUTPUT_DIR

Loads the model with TF_LoadSessionFromSavedModel out of the shared library of
the installed package; the package itself is never imported.
"""

import ctypes
import importlib.util
import json
import pathlib
import sys

import numpy as np

_FLOAT, _STRING = 1, 7
_TSTRING_BYTES = 24


class _Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def main(export, requests, output_dir):
    """Writes what the export answers: 0.npy, 1.npy ..., or an error as 0.txt.

    Args:
        export: folder of a SavedModel.
        requests: JSON list. "inputs", by the tensor's name either "strings", in
            hex, or "floats"; "output", the name of a tensor of floats.
        output_dir: folder.
    """
    tf = _library()
    status = tf.TF_NewStatus()
    graph = tf.TF_NewGraph()
    tags = (ctypes.c_char_p * 1)(b"serve")
    session = tf.TF_LoadSessionFromSavedModel(
        *(tf.TF_NewSessionOptions(), None, export.encode(), tags, 1),
        *(graph, None, status),
    )
    if error := _error(tf, status):
        sys.exit(error)
    output_dir = pathlib.Path(output_dir)
    for i, request in enumerate(json.loads(pathlib.Path(requests).read_text())):
        result = _answer(tf, session, graph, status, request)
        if error := _error(tf, status):
            (output_dir / f"{i}.txt").write_text(error)
        else:
            np.save(output_dir / f"{i}.npy", _array(tf, result))
    assert "tensorflow" not in sys.modules


def _answer(tf, session, graph, status, request):
    count = len(request["inputs"])
    inputs = (_Output * count)(
        *(_named(tf, graph, name) for name in request["inputs"])
    )
    values = (ctypes.c_void_p * count)(
        *(
            _strings(tf, [bytes.fromhex(text) for text in value["strings"]])
            if "strings" in value
            else _floats(tf, value["floats"])
            for value in request["inputs"].values()
        )
    )
    outputs = (_Output * 1)(_named(tf, graph, request["output"]))
    results = (ctypes.c_void_p * 1)()
    tf.TF_SessionRun(
        *(session, None, inputs, values, count),
        *(outputs, results, 1, None, 0, None, status),
    )
    return results[0]


def _library():
    (folder,) = importlib.util.find_spec(
        "tensorflow"
    ).submodule_search_locations
    path = next(pathlib.Path(folder).glob("libtensorflow_cc.*"))
    tf = ctypes.CDLL(str(path))
    for name in (
        "TF_NewStatus",
        "TF_NewGraph",
        "TF_NewSessionOptions",
        "TF_LoadSessionFromSavedModel",
        "TF_GraphOperationByName",
        "TF_AllocateTensor",
        "TF_TensorData",
    ):
        getattr(tf, name).restype = ctypes.c_void_p
    tf.TF_Message.restype = ctypes.c_char_p
    tf.TF_Dim.restype = ctypes.c_int64
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    tf.TF_GetCode.argtypes = tf.TF_Message.argtypes = [pointer]
    tf.TF_LoadSessionFromSavedModel.argtypes = [
        *(pointer, pointer, ctypes.c_char_p, pointer, integer),
        *(pointer, pointer, pointer),
    ]
    tf.TF_GraphOperationByName.argtypes = [pointer, ctypes.c_char_p]
    tf.TF_AllocateTensor.argtypes = [
        *(integer, pointer, integer, ctypes.c_size_t)
    ]
    tf.TF_TensorData.argtypes = tf.TF_NumDims.argtypes = [pointer]
    tf.TF_Dim.argtypes = [pointer, integer]
    tf.TF_StringInit.argtypes = [pointer]
    tf.TF_StringCopy.argtypes = [pointer, ctypes.c_char_p, ctypes.c_size_t]
    tf.TF_SessionRun.argtypes = [
        *(pointer, pointer, pointer, pointer, integer),
        *(pointer, pointer, integer, pointer, integer, pointer, pointer),
    ]
    return tf


def _error(tf, status):
    """Code and words of what went wrong, or None."""
    if code := tf.TF_GetCode(status):
        return f"code {code}: {tf.TF_Message(status).decode()}"
    return None


def _named(tf, graph, name):
    operation, _, index = name.partition(":")
    found = tf.TF_GraphOperationByName(graph, operation.encode())
    assert found, name
    return _Output(found, int(index))


def _new(tf, dtype, shape, size):
    dims = (ctypes.c_int64 * len(shape))(*shape)
    return tf.TF_AllocateTensor(dtype, dims, len(shape), size)


def _strings(tf, values):
    size = _TSTRING_BYTES * len(values)
    tensor = _new(tf, _STRING, [len(values)], size)
    data = tf.TF_TensorData(tensor)
    for i, value in enumerate(values):
        place = data + _TSTRING_BYTES * i
        tf.TF_StringInit(place)
        tf.TF_StringCopy(place, value, len(value))
    return tensor


def _floats(tf, values):
    values = np.ascontiguousarray(values, np.float32)
    tensor = _new(tf, _FLOAT, values.shape, values.nbytes)
    data = tf.TF_TensorData(tensor)
    ctypes.memmove(data, values.ctypes.data, values.nbytes)
    return tensor


def _array(tf, tensor):
    shape = [tf.TF_Dim(tensor, i) for i in range(tf.TF_NumDims(tensor))]
    data = tf.TF_TensorData(tensor)
    size = 4 * int(np.prod(shape))
    return np.frombuffer(ctypes.string_at(data, size), np.float32).reshape(
        shape
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
