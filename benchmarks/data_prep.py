"""Measures people a second of a builder, and of reading and hashing the files.

One core reads and hashes the same files, once by `path.read_bytes()` and once
as the builder does, which is faster.

python -m benchmarks.data_prep --source=../shared/data/lspet
python -m benchmarks.data_prep --source=../shared/data/lspet --repeat=12
"""

import contextlib
import dataclasses
import hashlib
import io
import pathlib
import resource
import tempfile
import time

from absl import flags

from data_prep.building import build
from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.building import record_files
from data_prep.building.build_options import Options
from data_prep.sources import annotations
from data_prep.sources import lsp
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app
from deeppose_tf.storage import files

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder in LSP's layout.", required=True
)
_REPEAT = flags.DEFINE_integer(
    "repeat",
    1,
    "Number of times that each person is used, to measure memory.",
    lower_bound=1,
)
_PARTS = 2000  # People for the times of single steps.


def main(argv):
    """Times all in turn, five times, and prints the best of each."""
    app.refuse_arguments(argv)
    people = _people()
    paths = [person.image_path for person in people]
    before = _peak(resource.RUSAGE_SELF)
    seconds = {"read_bytes and hash": [], "read and hash": [], "build": []}
    for _ in range(5):
        for name, work in (
            (
                "read_bytes and hash",
                lambda: _hash(paths, pathlib.Path.read_bytes),
            ),
            ("read and hash", lambda: _hash(paths, files.read)),
            ("build", lambda: _build(people)),
        ):
            begin = time.monotonic()
            work()
            seconds[name].append(time.monotonic() - begin)
    rates = {name: len(people) / min(times) for name, times in seconds.items()}
    for name, rate in rates.items():
        share = rates["build"] / rate
        print(f"{name:20} {rate:8.0f} people/s, build / this {share:.2f}")
    print(
        f"memory: {before:.0f} MiB with the annotations read; while building "
        f"{_peak(resource.RUSAGE_SELF) - before:.0f} more, and at most "
        f"{_peak(resource.RUSAGE_CHILDREN):.0f} in a process of the pool, "
        "which shares the annotations"
    )
    for name, microseconds in _parts(people[:_PARTS]):
        print(f"{name:25} {microseconds:5.1f} microseconds a person")


def _parts(people):
    """Yields steps of a build, and the microseconds a person on one core."""
    # Imported after the builds, which do without it, and fork faster.
    import tensorflow as tf

    rule = person_box.Rule("joints", 1.25, square=True)
    persons = encoding.to_persons(people, rule, None)
    encoded = [records.encode(person) for person in persons]
    with tempfile.TemporaryDirectory() as folder:
        ours = record_files.RecordFile(pathlib.Path(folder) / "ours")
        theirs = tf.io.TFRecordWriter(f"{folder}/theirs")
        for name, step, items in (
            ("read", files.read, [person.image_path for person in people]),
            ("encode", records.encode, persons),
            ("write", ours.write, encoded),
            ("write by TFRecordWriter", theirs.write, encoded),
        ):
            yield name, min(_microseconds(step, items) for _ in range(5))
        ours.close()
        theirs.close()


def _microseconds(step, items):
    begin = time.perf_counter()
    for item in items:
        step(item)
    return 1e6 * (time.perf_counter() - begin) / len(items)


def _people():
    return [
        dataclasses.replace(person, person_id=f"{person.person_id}#{i}")
        for i in range(_REPEAT.value)
        for person in lsp.read(_SOURCE.value)
    ]


def _hash(paths, read):
    for path in paths:
        hashlib.sha256(read(path)).hexdigest()


def _build(people):
    rule = person_box.Rule("joints", 1.25, square=True)
    with tempfile.TemporaryDirectory() as folder:
        options = Options(
            output_dir=f"{folder}/records",
            rule=rule,
            num_shards=8,
            val_fraction=0.05,
            test_fraction=0.1,
            max_side=None,
            arguments={},
        )
        with contextlib.redirect_stdout(io.StringIO()):
            source = annotations.Source(people)
            build.build(source, "lsp", skeletons.LSP, options)


def _peak(who):
    """Peak memory, MiB, of this process or the largest of its children."""
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    app.run(main)
