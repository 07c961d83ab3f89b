"""Writes records in an Apache Beam pipeline, on this machine or a cluster.

Workers see the pictures and the output folder under the same paths as the
program does, and have this package installed.
"""

import collections
import dataclasses
import itertools
import json
import pathlib
import pickle
from collections.abc import Iterator
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from data_prep.building import encoding
from data_prep.building import shards
from data_prep.building import splits
from data_prep.building.build_options import Options
from data_prep.sources.annotations import Annotation
from deeppose_tf import errors

# People per file of annotations, by which workers get them: runners bound the
# size of a pipeline's description, some at a few megabytes.
_CHUNK = 1000


def write(
    people: Sequence[Annotation], folder: pathlib.Path, options: Options
) -> shards.Counts:
    """Writes the shards: the records of `local_build`, in another order.

    Args:
        people: the annotations.
        folder: for the shards.
        options: of the build.

    Raises:
        InputError: the pipeline fails.
    """
    chunks = folder / "people"
    chunks.mkdir()
    paths = [str(path.absolute()) for path in _save(people, chunks)]
    try:
        with beam.Pipeline(options=_pipeline_options(options)) as pipeline:
            _build(pipeline, paths, folder, options)
    except Exception as error:  # Each runner has errors of its own.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise errors.InputError(
            f"--beam: the pipeline failed: {lines[0]}; check --beam_option, "
            "and whether workers see --source and --output_dir"
        ) from error
    return _finish(folder, paths)


def _pipeline_options(options):
    return PipelineOptions([f"--{option}" for option in options.beam])


def _save(people, chunks) -> Iterator[pathlib.Path]:
    people = iter(people)
    for number in itertools.count():
        chunk = [
            dataclasses.replace(person, image_path=person.image_path.absolute())
            for person in itertools.islice(people, _CHUNK)
        ]
        if not chunk:
            return
        path = chunks / f"{number:06d}.pickle"
        path.write_bytes(pickle.dumps(chunk))
        yield path


def _load(path):
    return pickle.loads(pathlib.Path(path).read_bytes())


def _build(pipeline, paths, folder, options):
    prepared = (
        pipeline
        | "chunks" >> beam.Create(paths)
        | "spread chunks" >> beam.Reshuffle()
        | "read annotations" >> beam.FlatMap(_load)
        | "spread people" >> beam.Reshuffle()
        | "prepare"
        >> beam.FlatMap(lambda person: encoding.prepare([person], options))
    )
    for split in splits.SPLITS:
        (
            prepared
            | f"{split} records" >> beam.FlatMap(_record_of, split)
            | f"write {split}"
            >> beam.io.WriteToTFRecord(
                str(folder.absolute() / split),
                file_name_suffix=".tfrecord",
                num_shards=options.num_shards,
            )
        )
    images = (
        prepared
        | "images" >> beam.FlatMap(_image_of)
        | "each once" >> beam.Distinct()
        | "by split" >> beam.Map(lambda image: ("images", image[0]))
    )
    persons = prepared | "persons" >> beam.FlatMap(_kinds_of)
    (
        (persons, images)
        | beam.Flatten()
        | "count" >> beam.combiners.Count.PerElement()
        | "as JSON" >> beam.Map(json.dumps)
        | "write counts"
        >> beam.io.WriteToText(str(folder.absolute() / "counts"), num_shards=1)
    )


def _record_of(person, split):
    return [person.record] if person.record and person.split == split else []


def _image_of(person):
    return [(person.split, person.image_id)] if person.record else []


def _kinds_of(person):
    if person.record is None:
        return [("skipped", person.reason)]
    warning = [("warnings", person.warning)] if person.warning else []
    return [("persons", person.split), *warning]


def _finish(folder, paths):
    """Reads the counts, and deletes all files but the records."""
    counts = collections.defaultdict(collections.Counter)
    for path in folder.glob("counts-*"):
        for line in path.read_text().splitlines():
            (kind, name), number = json.loads(line)
            counts[kind][name] = number
        path.unlink()
    for path in map(pathlib.Path, paths):
        path.unlink()
    (folder / "people").rmdir()
    for path in folder.glob("*.tfrecord"):
        if not path.stat().st_size:  # Beam writes empty shards too.
            path.unlink()
    return shards.Counts(
        *(counts[kind] for kind in ("persons", "images", "skipped", "warnings"))
    )
