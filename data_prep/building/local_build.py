"""Writes records on this machine: a process a core, each with its shards."""

import concurrent.futures
import multiprocessing
import os
import pathlib
import sys
from collections.abc import Sequence

import tqdm

from data_prep.building import shard_build
from data_prep.building import shards
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf.launch import processes

# Forked processes share the annotations; where forking is not safe, each gets a
# copy.
_CONTEXT = multiprocessing.get_context(
    "fork" if sys.platform == "linux" else "spawn"
)
_PROGRESS_SECONDS = 0.1  # Between updates of the progress bar.
_WAY_OUT = "end other programs and build again, or set --max_side"
# State of a process of the pool; set as it starts.
_state = {}


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards; the same people give the same bytes.

    No process of the pool outlives this call, nor the program.

    Args:
        people: the annotations.
        folder: for the shards.
        options: of the build.

    Raises:
        InputError: a shard cannot be written, or a process was killed.
    """
    done = _CONTEXT.Value("q", 0)
    count = min(os.cpu_count() or 1, options.num_shards)
    state = done, people, folder, options
    with processes.pool(count, _CONTEXT, _WAY_OUT, _start, state) as pool:
        waiting = {
            pool.submit(_write_shard, number)
            for number in range(options.num_shards)
        }
        return shard_build.total(_results(waiting, done, len(people)))


def _results(waiting, done, total):
    with tqdm.tqdm(total=total, unit="person", disable=None) as bar:
        while waiting:
            ended, waiting = concurrent.futures.wait(waiting, _PROGRESS_SECONDS)
            # Without its lock, which a killed process may hold for ever.
            bar.update(done.get_obj().value - bar.n)
            yield from (future.result() for future in ended)


def _start(done, people, folder, options):
    _state.update(done=done, people=people, folder=folder, options=options)


def _write_shard(number):
    people, options = _state["people"], _state["options"]
    batches = shard_build.batches(people, number, options)
    return shard_build.write(
        _counted(batches), _state["folder"], number, options
    )


def _counted(batches):
    """Counts people once they are written, for the progress bar."""
    for batch in batches:
        yield batch
        with _state["done"].get_lock():
            _state["done"].value += len(batch)
