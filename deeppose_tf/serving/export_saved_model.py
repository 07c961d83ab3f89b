"""Writes cascades for servers: saved_models/NAME/VERSION."""

import dataclasses
import pathlib

import tensorflow as tf

from deeppose_tf import picture_formats
from deeppose_tf.data.dataset import Dataset
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import constant_weights
from deeppose_tf.models import flip_test
from deeppose_tf.models import half_precision
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.serving import code_version
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import signatures
from deeppose_tf.serving import versions
from deeppose_tf.serving import warmup
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_DELETE = "delete it, and the export does without its figures"


def export(
    run_dir: str | pathlib.Path,
    export_dir: str | pathlib.Path,
    data: Dataset,
    dtype: str = "float32",
    flip_average: bool = False,
    looks: int = 1,
    max_pixels: int = picture_formats.LARGEST,
) -> pathlib.Path:
    """Writes the cascade that ends with a run folder as the next version.

    Args:
        run_dir: of the last stage.
        export_dir: saved_models/NAME.
        data: what it was trained on, for the metadata.
        dtype: of `interface.DTYPES`, how kernels are stored.
        flip_average: whether stage 1 averages over the mirror image too.
        looks: how often stage 1 looks; see `cascade.Looks`.
        max_pixels: of a picture; a server refuses larger ones.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    run_dir = pathlib.Path(run_dir)
    model = looking(cascade.load(run_dir), looks, data.box)
    joints = model.stages[0].spec.skeleton.joints
    fitted = confidence.load(run_dir, joints)
    described = metadata(model, data, run_dir, dtype)
    described |= {"flip_average": flip_average, "max_pixels": max_pixels}
    if flip_average:
        model = flip_test.averaged_cascade(model)
    if constant_weights.fit(model, dtype):
        model = constant_weights.frozen(model, dtype)
    elif dtype == "float16":
        model = half_precision.halved(model)
    server = signatures.Server(model, fitted, data.box, max_pixels)
    folder = pathlib.Path(export_dir)

    def write(temporary):
        _save(server, temporary)
        (temporary / "assets").mkdir(exist_ok=True)
        json_files.save(temporary / interface.METADATA, described)
        # Warm-up requests, which may be deleted, are for servers alone.
        digests.note_all(temporary)
        warmup.write(temporary, folder.name)

    return versions.add(folder, write)


def looking(model: cascade.Cascade, count: int, rule: dict) -> cascade.Cascade:
    """A cascade whose stage 1 looks several times.

    Args:
        model: the cascade.
        count: how often.
        rule: of the training people's boxes, as in dataset.json.
    """
    looks = cascade.Looks(count=count, square=rule["square"])
    if rule["kind"] == "joints":
        looks = looks._replace(scale=rule["scale"])
    return cascade.Cascade(model.stages, looks)


def _save(server, version):
    tf.saved_model.save(
        server,
        str(version),
        signatures={
            interface.IMAGE_BYTES: server.from_bytes,
            interface.IMAGE_TENSOR: server.from_pixels,
            interface.TF_EXAMPLE: server.from_examples,
        },
        # A server never trains.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )


def metadata(
    model: cascade.Cascade, data: Dataset, run_dir: pathlib.Path, dtype: str
) -> dict:
    """What users of an export must know, for deeppose.json."""
    specs = [stage.spec for stage in model.stages]
    skeleton = specs[0].skeleton
    return {
        "skeleton": skeleton.to_json(),
        "stages": [
            {
                key: value
                for key, value in dataclasses.asdict(spec).items()
                if key not in ("skeleton", "previous")
            }
            | {"weights": exported_weights.counts(stage)}
            for spec, stage in zip(specs, model.stages, strict=True)
        ],
        "training_data": {"name": data.name, "box": data.box},
        "validation_pdj@0.2": _validation(run_dir),
        "scores": confidence.load(run_dir, skeleton.joints).describe(
            skeleton.joints
        ),
        "looks": model.looks._asdict(),
        "dtype": dtype,
        "commit": code_version.commit(),
        "persons_per_pass": interface.PERSONS_PER_PASS,
        "units": "joints and boxes in pixels of the image as stored",
    }


def _validation(run_dir):
    """PDJ@0.2 of each stage on validation people, None where unknown."""
    spec = stage_specs.load_spec(run_dir)
    path = run_paths.RunFolder(run_dir).metrics
    metrics = digests.load(path, _DELETE) if path.exists() else {}
    with json_files.parsing(path, _DELETE):
        figures = metrics.get("validation", {}).get("figures", {})
        figure = figures.get("pdj@0.2")
        if figure is not None and not json_files.is_number(figure):
            raise ValueError(f"PDJ@0.2 is {figure!r}")
    previous = stage_specs.previous_dir(spec, run_dir)
    before = _validation(previous) if previous else []
    return [*before, figure]
