"""Writes records in an Apache Beam pipeline, on this machine or a cluster.

Each shard is a task of its own, which reads its people from a file and writes
its records: the files are those of `local_build`. So the pipeline groups
nothing, which some runners do wrongly. Workers see the pictures and the output
folder under the same paths as the program does, and have this package
installed.
"""

import dataclasses
import os
import pathlib
import pickle
import platform
import shutil
import uuid
from collections.abc import Iterator
from collections.abc import Sequence

import apache_beam as beam
from absl import logging
from apache_beam.options.pipeline_options import PipelineOptions

from data_prep.building import shard_build
from data_prep.building import shards
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors
from deeppose_tf.storage import files

_PEOPLE = "people-{:06d}.pickle"
_BUILT = "built-{:06d}.pickle"
_ATTEMPT = "attempt-"


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards, as `local_build` does.

    Args:
        people: the annotations.
        folder: for the shards.
        options: of the build.

    Raises:
        InputError: the pipeline fails.
    """
    folder = folder.absolute()
    numbers = range(options.num_shards)
    for number in numbers:
        _save(shard_build.batches(people, number, options), folder, number)
    try:
        with beam.Pipeline(options=_pipeline_options(options)) as pipeline:
            (
                pipeline
                | "shards" >> beam.Create(numbers)
                | "build" >> beam.Map(_build, str(folder), options)
            )
        return shard_build.total(_built(folder, numbers))
    except Exception as error:  # Each runner has errors of its own.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise errors.InputError(
            f"--beam: the pipeline failed: {lines[0]}; check --beam_option, "
            "and whether workers see --source and --output_dir"
        ) from error


def _pipeline_options(options):
    return PipelineOptions([f"--{option}" for option in options.beam])


def _save(batches, folder, number):
    with (folder / _PEOPLE.format(number)).open("wb") as file:
        for batch in batches:
            people = [
                dataclasses.replace(one, image_path=one.image_path.absolute())
                for one in batch
            ]
            pickle.dump(people, file)


def _load(path) -> Iterator[list[Annotation]]:
    with path.open("rb") as file:
        while file.peek(1):
            yield pickle.load(file)


def _build(number, folder, options):
    """Builds a shard; a runner may do so twice, even at the same time."""
    folder = pathlib.Path(folder)
    attempt = folder / f"{_ATTEMPT}{uuid.uuid4().hex}"
    attempt.mkdir()
    people = _load(folder / _PEOPLE.format(number))
    built = shard_build.write(people, attempt, number, options)
    for path in attempt.iterdir():
        path.replace(folder / path.name)
    attempt.rmdir()
    process = platform.node(), os.getpid()
    with files.atomic(folder / _BUILT.format(number)) as path:
        path.write_bytes(pickle.dumps((built, process)))


def _built(folder, numbers):
    """Yields what each shard holds; deletes all files but the records."""
    processes = set()
    for number in numbers:
        path = folder / _BUILT.format(number)
        built, process = pickle.loads(path.read_bytes())
        processes.add(process)
        yield built
        path.unlink()
        (folder / _PEOPLE.format(number)).unlink()
    for attempt in folder.glob(f"{_ATTEMPT}*"):  # Of workers that were killed.
        shutil.rmtree(attempt)
    logging.info(
        "%d shards were built by %d processes of %d machines",
        len(numbers),
        len(processes),
        len({machine for machine, _ in processes}),
    )
