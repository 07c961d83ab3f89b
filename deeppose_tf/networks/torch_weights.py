"""Weights from files of older PyTorch versions, without PyTorch.

A file of `torch.save` before PyTorch 1.6 is a sequence of pickles (a magic
number, a version, facts about the machine, the tensors' descriptions, the names
of their storages) and then the bytes of each storage. Pickles can run any code,
so that only those are read which name nothing but tensors.
"""

import collections
import dataclasses
import io
import math
import pathlib
import pickle
import pickletools

import numpy as np

from deeppose_tf import errors
from deeppose_tf.storage import files

_MAGIC = 0x1950A86A20F9469CFC6C
_LARGEST_MEMO = 1_000_000
_ZIP = b"PK\3\4"
_STORAGES = {"FloatStorage": np.float32, "LongStorage": np.int64}


@dataclasses.dataclass(frozen=True)
class _Described:
    """A tensor whose bytes come later in the file; counts are of elements."""

    storage: tuple
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def load(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict, by name.

    Raises:
        InputError: the file is of another kind, cut short, or names something
            that is no tensor.
    """
    file = io.BytesIO(_content(path))
    try:
        magic, _, _, described, keys = (_unpickled(file) for _ in range(5))
        if magic != _MAGIC:
            raise ValueError("no file of torch.save")
        types = {t.storage[2]: t.storage[1] for t in described.values()}
        storages = {key: _read(file, types[key]) for key in keys}
        return {
            str(name): _tensor(name, tensor, storages)
            for name, tensor in described.items()
        }
    except Exception as error:  # Unpickling raises whatever a file leads to.
        raise errors.InputError(
            f"{path}: not tensors of an older torch.save ({error}); install "
            "the package that it comes with again"
        ) from error


def _content(path):
    try:
        content = files.read(path)
    except OSError as error:
        raise errors.InputError(
            f"{path}: {error.strerror}; name a file of tensors"
        ) from error
    if content.startswith(_ZIP):
        raise errors.InputError(
            f"{path}: is of PyTorch 1.6 or newer; save it with "
            "torch.save(..., _use_new_zipfile_serialization=False)"
        )
    return content


def _unpickled(file):
    """The next object of a file, whose instructions are looked at first."""
    start = file.tell()
    for operation, number, _ in pickletools.genops(file):
        # Memory is taken for as many objects as the largest number.
        if "PUT" in operation.name and int(number) > _LARGEST_MEMO:
            raise ValueError("it numbers its objects oddly")
    file.seek(start)
    return _TensorsOnly(file).load()


class _TensorsOnly(pickle.Unpickler):
    """Admits the names that a state dict of tensors needs, and no other."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Described(
                storage, offset, tuple(shape), tuple(strides)
            )
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid):
        return pid  # ("storage", dtype, key, device, elements, view)


def _read(file, dtype):
    count = int.from_bytes(file.read(8), "little", signed=True)
    size = count * np.dtype(dtype).itemsize
    if not 0 <= size <= len(file.getbuffer()) - file.tell():
        raise ValueError("it is cut short")
    return np.frombuffer(file.read(size), np.dtype(dtype).newbyteorder("<"))


def _tensor(name, described, storages):
    storage = storages[described.storage[2]]
    steps = zip(described.shape, described.strides, strict=True)
    last = described.offset + sum((n - 1) * step for n, step in steps)
    lowest = min((described.offset, *described.shape, *described.strides))
    # Without the size, strides of 0 would make any number of elements.
    if (
        lowest < 0
        or last >= len(storage)
        or math.prod(described.shape) > len(storage)
    ):
        raise ValueError(f"{name} leaves its storage")
    item = storage.itemsize
    return np.lib.stride_tricks.as_strided(
        storage[described.offset :],
        described.shape,
        [item * step for step in described.strides],
    ).copy()
