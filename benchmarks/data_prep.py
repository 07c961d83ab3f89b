"""People a second of a builder, beside reading and hashing the same files.

These are read by one core, in Python's usual way and in the builder's, which is
the faster one.

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

from absl import app
from absl import flags

from data_prep.building import build
from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.building import pictures
from data_prep.building import record_files
from data_prep.building.options import Options
from data_prep.sources import annotations
from data_prep.sources import lsp
from deeppose_tf import errors
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder in LSP's layout.", required=True
)
_REPEAT = flags.DEFINE_integer(
    "repeat", 1, "How often each person is taken: for memory.", lower_bound=1
)


_PARTS = 2000  # People on whom single steps are timed.


def main(argv):
    """Times both in turns, five times, and prints the best of each."""
    errors.refuse_arguments(argv)
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
            ("read and hash", lambda: _hash(paths, pictures.read)),
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
    """Yields steps of a build and what each takes on one core, at best."""
    # Builders do without it, and forking is slower beside it.
    import tensorflow as tf

    rule = person_box.Rule("joints", 1.25, square=True)
    persons = encoding.to_persons(people, rule, None)
    made = [records.encode(person) for person in persons]
    with tempfile.TemporaryDirectory() as folder:
        ours = record_files.RecordFile(pathlib.Path(folder) / "ours")
        theirs = tf.io.TFRecordWriter(f"{folder}/theirs")
        for name, step, items in (
            ("read", pictures.read, [one.image_path for one in people]),
            ("encode", records.encode, persons),
            ("write", ours.write, made),
            ("write by TFRecordWriter", theirs.write, made),
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


def _peak(whose):
    """The most memory that a process has had, MiB."""
    return resource.getrusage(whose).ru_maxrss / 1024


if __name__ == "__main__":
    app.run(errors.one_line(main))
