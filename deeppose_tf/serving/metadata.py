"""deeppose.json of an exported cascade, read and checked.

An export of an earlier version has no digests; its types are checked here.
"""

import pathlib

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons
from deeppose_tf.serving import interface
from deeppose_tf.storage import json_files

HINT = (
    "copy the export again, or write it again with python -m deeppose_tf.export"
)
_KINDS = {"skeleton": dict, "stages": list, "training_data": dict}
_STAGE = {"stage": int, "network": str, "head": str, "image_size": int}
_NETWORK = {"file": str, "batch": int}


def load(path: pathlib.Path) -> dict:
    """What deeppose.json says of a cascade.

    Returns:
        Of `export_sources.Source.metadata`; earlier versions wrote less.

    Raises:
        InputError: it is missing, or is not what an export writes.
    """
    values = json_files.load(path, HINT)
    if isinstance(values, dict) and interface.FINDER_KIND in values:
        raise errors.InputError(
            f"{path.parent.parent}: is a person finder, which predicts no "
            "joints; name an exported cascade"
        )
    json_files.expect(path, values, _KINDS, HINT)
    dataset.check_box(path, values["training_data"].get("box"), HINT)
    for stage in values["stages"]:
        json_files.expect(path, stage, _STAGE, HINT)
    with json_files.parsing(path, HINT):
        skeletons.from_json(values["skeleton"])
        for stage in values["stages"]:
            _check_stage(stage)
        for figure in values.get("validation_pdj@0.2", []):
            _want(figure is None or json_files.is_number(figure), "figures")
        _want(values["stages"], "stages")
    return values


def networks(path: pathlib.Path, values: dict) -> list[dict[str, dict]]:
    """By stage and part, the .tflite file of each network, and its batch.

    Args:
        path: of deeppose.json.
        values: what `load` gave.

    Raises:
        InputError: it names none, or files of other folders.
    """
    found = []
    for stage in values["stages"]:
        json_files.expect(path, stage, {"networks": dict}, HINT)
        for network in stage["networks"].values():
            json_files.expect(path, network, _NETWORK, HINT)
            name, batch = network["file"], network["batch"]
            if pathlib.PurePath(name).name != name or batch < 1:
                raise errors.InputError(
                    f"{path}: no network is {network}; {HINT}"
                )
        found.append(stage["networks"])
    return found


def _check_stage(stage):
    """Raises ValueError where options are none; some are of later versions."""
    sigma, step_size = stage["sigma"], stage.get("step_size", 1.0)
    _want(sigma is None or (json_files.is_number(sigma) and sigma > 0), "sigma")
    _want(json_files.is_number(step_size), "step_size")
    counts = stage.get("weights", {}).values()
    _want(all(type(count) is int and count >= 0 for count in counts), "weights")


def _want(valid, name):
    if not valid:
        raise ValueError(f"{name} of no export")
