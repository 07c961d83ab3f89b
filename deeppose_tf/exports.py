"""Exported cascades: saved_models/NAME/VERSION, written and loaded."""

import dataclasses
import pathlib
import shutil

import tensorflow as tf

from deeppose_tf import cascade
from deeppose_tf import confidence
from deeppose_tf import errors
from deeppose_tf import json_files
from deeppose_tf import serving
from deeppose_tf import skeletons
from deeppose_tf import stages
from deeppose_tf.dataset import Dataset


def export(
    run_dir: str | pathlib.Path, export_dir: str, data: Dataset
) -> pathlib.Path:
    """Writes the cascade that ends with a run folder as the next version.

    Args:
        run_dir: of the last stage.
        export_dir: saved_models/NAME.
        data: what it was trained on, for the metadata.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    model = cascade.load(run_dir)
    sure = confidence.load(pathlib.Path(run_dir))
    server = serving.Server(model, sure, data.box)
    version = _next_version(pathlib.Path(export_dir))
    aside = version.with_name(f".{version.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    tf.saved_model.save(
        server,
        str(aside),
        signatures={
            "serving_default": server.from_bytes,
            "image_tensor": server.from_pixels,
            "tf_example": server.from_examples,
        },
        # A server never trains.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    (aside / "assets").mkdir(exist_ok=True)
    json_files.save(
        aside / "assets" / "deeppose.json",
        _metadata(model, sure, data, run_dir),
    )
    aside.rename(version)
    return version


def _metadata(model, sure, data, run_dir):
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
            for spec in specs
        ],
        "training_data": {"name": data.name, "box": data.box},
        "validation_pdj@0.2": _validation(pathlib.Path(run_dir)),
        "scores": confidence.describe(sure, skeleton.joints),
        "persons_per_pass": serving.PERSONS_PER_PASS,
        "units": "joints and boxes in pixels of the image as stored",
    }


def _validation(run_dir):
    """PDJ@0.2 of each stage on validation people, None where unknown."""
    spec, path = stages.load_spec(run_dir), run_dir / "metrics.json"
    known = json_files.load(path, "delete it") if path.exists() else {}
    figures = known.get("validation", {}).get("figures", {})
    previous = stages.previous_dir(spec, run_dir)
    before = _validation(previous) if previous else []
    return [*before, figures.get("pdj@0.2")]


def _next_version(folder):
    return folder / str(max([0, *versions(folder)]) + 1)


def versions(folder: pathlib.Path) -> list[int]:
    """Numbers of the versions in saved_models/NAME."""
    if not folder.is_dir():
        return []
    return [int(p.name) for p in folder.iterdir() if p.name.isdigit()]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """An exported cascade: its signatures and what its metadata says."""

    signatures: dict
    skeleton: skeletons.Skeleton
    metadata: dict
    path: pathlib.Path


def load(model_dir: str) -> Loaded:
    """Loads saved_models/NAME (its newest version) or one version of it.

    Raises:
        InputError: there is no exported cascade.
    """
    path = pathlib.Path(model_dir)
    if not (path / "saved_model.pb").exists() and versions(path):
        path = path / str(max(versions(path)))
    card = path / "assets" / "deeppose.json"
    if not (path / "saved_model.pb").exists() or not card.exists():
        raise errors.InputError(
            f"--model={model_dir}: no exported cascade there; train one, or "
            "write one with python -m deeppose_tf.export"
        )
    metadata = json_files.load(card, "export the cascade again")
    model = tf.saved_model.load(str(path))
    return Loaded(
        signatures=_keep(model),
        skeleton=skeletons.from_json(metadata["skeleton"]),
        metadata=metadata,
        path=path,
    )


def _keep(model):
    """Signatures that keep their model, and so its variables, alive."""

    def of(name):
        signature = model.signatures[name]
        return lambda **inputs: (model, signature(**inputs))[1]

    return {name: of(name) for name in model.signatures}
