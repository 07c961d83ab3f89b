"""Files of an older torch.save, without PyTorch."""

import pickle
import struct

import numpy as np


def saved(path, values, strides, shape, offset=0, cut=0):
    """Writes one tensor as torch.save did before 1.6."""
    # PyTorch's names, without PyTorch: opcodes written by hand.
    described = (
        b"\x80\x02ccollections\nOrderedDict\n)R("
        b"X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        b"X\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x04NtQ"
        + b"K"
        + bytes([offset])
        + pickle.dumps(shape, 2)[2:-1]
        + pickle.dumps(strides, 2)[2:-1]
        + b"\x89NtRu."
    )
    content = b"".join(
        [
            pickle.dumps(0x1950A86A20F9469CFC6C, 2),
            pickle.dumps(1001, 2),
            pickle.dumps({"little_endian": True}, 2),
            described,
            pickle.dumps(["7"], 2),
            struct.pack("<q", len(values)),
            np.array(values, "<f4").tobytes(),
        ]
    )
    path.write_bytes(content[: len(content) - cut])
    return path
