"""Lists exported models: those that come with the package, or your own.

python -m deeppose_tf.list_models
python -m deeppose_tf.list_models --folder=saved_models
"""

import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf.launch import app
from deeppose_tf.launch import installed
from deeppose_tf.serving import interface
from deeppose_tf.serving import versions
from deeppose_tf.storage import json_files

# Beside the models: the licence of each by its name.
_LICENSES = "licenses.json"
_FOLDER = flags.DEFINE_string(
    "folder",
    str(installed.SAVED_MODELS),
    "Folder of exports NAME/VERSION; default: what comes with the package.",
)
_COLUMNS = (
    "model",
    "version",
    "size",
    "predicts",
    "validation PDJ@0.2",
    "license",
)
_UNKNOWN = "-"


def main(argv):
    """Prints a row a version; PDJ@0.2 is that of its validation people."""
    app.refuse_arguments(argv)
    folder = pathlib.Path(_FOLDER.value)
    rows = _rows(folder)
    if not rows:
        raise errors.InputError(
            f"--folder={folder}: no exported model there; name a folder such "
            "as saved_models, which holds NAME/VERSION"
        )
    print(folder)
    _print([_COLUMNS, *rows])


def _rows(folder):
    path = folder / _LICENSES
    licenses = json_files.load(path, "copy it again") if path.exists() else {}
    return [
        (name, *_row(version), licenses.get(name, _UNKNOWN))
        for name in sorted(p.name for p in folder.glob("*") if p.is_dir())
        for number in sorted(versions.versions(folder / name))
        if (version := versions.newest(folder / name / str(number)))
    ]


def _row(version):
    """Version, size, what it predicts, PDJ@0.2."""
    card = json_files.load(versions.card(version), "export it again")
    size = sum(p.stat().st_size for p in version.rglob("*") if p.is_file())
    if interface.FINDER_KIND in card:
        predicts, pdj = "boxes of people", None
    else:
        skeleton = card["skeleton"]
        predicts = f"{len(skeleton['joints'])} joints ({skeleton['name']})"
        # Exports of older versions have none.
        *_, pdj = card.get("validation_pdj@0.2") or [None]
    return (
        version.name,
        f"{size / 1e6:.1f} MB",
        predicts,
        _UNKNOWN if pdj is None else f"{pdj:.3f}",
    )


def _print(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())


if __name__ == "__main__":
    app.run(main)
