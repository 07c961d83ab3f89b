"""Measures people a second of `validate`, by one process and by several.

python -m benchmarks.validation --source=../shared/data/lspet --repeat=12
"""

import contextlib
import dataclasses
import io
import pathlib
import resource
import tempfile
import time

from absl import flags

from data_prep.building import build
from data_prep.building import person_box
from data_prep.building.build_options import Options
from data_prep.sources import annotations
from data_prep.sources import lsp
from data_prep.validation import card
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder in LSP's layout.", required=True
)
_REPEAT = flags.DEFINE_integer(
    "repeat", 1, "Number of times that each person is used.", lower_bound=1
)
_JOBS = flags.DEFINE_multi_integer("jobs", [2, 1], "Numbers of processes.")


def main(argv):
    """Builds the records, and validates them by each number of processes."""
    app.refuse_arguments(argv)
    with tempfile.TemporaryDirectory() as folder:
        _build(f"{folder}/records")
        for jobs in _JOBS.value:
            before, cpu, begin = _memory(), _cpu(), time.monotonic()
            found = card.examine(f"{folder}/records", jobs)
            seconds = time.monotonic() - begin
            people = sum(found.persons.values())
            print(
                f"{jobs} processes, {people} people: "
                f"{people / seconds:.0f} people/s, "
                f"{1e6 * (_cpu() - cpu) / people:.0f} CPU microseconds a "
                f"person; this process grew by {_memory() - before:.0f} MiB"
            )


def _build(output_dir):
    people = [
        dataclasses.replace(person, person_id=f"{person.person_id}#{i}")
        for i in range(_REPEAT.value)
        for person in lsp.read(_SOURCE.value)
    ]
    options = Options(
        output_dir=output_dir,
        rule=person_box.Rule("joints", 1.25, square=True),
        num_shards=8,
        val_fraction=0.05,
        test_fraction=0.1,
        max_side=None,
        arguments={},
    )
    with contextlib.redirect_stdout(io.StringIO()):
        build.build(annotations.Source(people), "lsp", skeletons.LSP, options)


def _cpu():
    """CPU seconds of this process and of those that have ended."""
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(who)[:2]) for who in both)


def _memory():
    """Memory of this process now, MiB."""
    resident = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(resident) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    app.run(main)
