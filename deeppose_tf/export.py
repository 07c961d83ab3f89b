"""Exports the cascade that ends with a run folder, for TF Serving.

python -m deeppose_tf.export --run_dir=runs/lsp/stage3 \
    --data_dir=data/lsp --export_dir=saved_models/lsp

A SavedModel is exported anew, or for LiteRT, with --model in place of
--run_dir.
"""

import dataclasses
import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf import picture_formats
from deeppose_tf.data import dataset
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.models import stage_specs
from deeppose_tf.serving import interface
from deeppose_tf.serving import versions

with lazy.imports():
    from deeppose_tf.serving import export_litert
    from deeppose_tf.serving import export_saved_model
    from deeppose_tf.serving import export_sources

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Run folder of the last stage; or give --model."
)
_MODEL = flags.DEFINE_string(
    "model",
    None,
    "An exported cascade, saved_models/NAME or one version of it, in place of "
    "--run_dir.",
)
_EXPORT_DIR = flags.DEFINE_string(
    "export_dir", None, "saved_models/NAME or litert/NAME.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir",
    None,
    "Folder it was trained on: its box rule goes into the model, its people "
    "set the ranges of int8. With --model, for int8 alone.",
)
_FORMAT = flags.DEFINE_enum(
    "format",
    "savedmodel",
    list(interface.DTYPES),
    "savedmodel for servers, litert (.tflite files) for phones.",
)
_DTYPE = flags.DEFINE_enum(
    "dtype",
    "float32",
    interface.DTYPES["litert"],
    "How kernels are stored; float16 takes half the space, int8 (of litert) a "
    "quarter.",
)
_FLIP_AVERAGE = flags.DEFINE_bool(
    "flip_average",
    None,
    "Stage 1 averages over the mirror image too, in twice the time; for "
    "savedmodel. Default no, or as --model does.",
)
_LOOKS = flags.DEFINE_integer(
    "looks",
    None,
    "How often stage 1 looks: the second time in the box around the joints "
    "that it predicted, and so on. 1 for exact boxes, 2 for those of a "
    "detector and for photos without any. Default 1, or as --model does.",
    lower_bound=1,
)
_MAX_MEGAPIXELS = flags.DEFINE_integer(
    "max_megapixels",
    picture_formats.LARGEST // 10**6,
    "A server refuses larger pictures before it decodes them; for savedmodel.",
    lower_bound=1,
)
_KEEP = flags.DEFINE_integer(
    "keep",
    None,
    "Versions to keep, the new one among them; older ones are deleted, but "
    "never the newest two. Default all.",
    lower_bound=1,
)


def main(argv):
    """Writes the next version."""
    app.refuse_arguments(argv)
    _check_flags()
    folder = pathlib.Path(_EXPORT_DIR.value)
    _refuse_to_mix(folder, _FORMAT.value)
    source, data = _source()
    if _LOOKS.value:
        source = source.looking(_LOOKS.value)
    if _FLIP_AVERAGE.value is not None:
        source = dataclasses.replace(source, flip_average=_FLIP_AVERAGE.value)
    if _FORMAT.value == "litert":
        version = export_litert.export(source, folder, _DTYPE.value, data)
    else:
        version = export_saved_model.export(
            source,
            folder,
            _DTYPE.value,
            max_pixels=_MAX_MEGAPIXELS.value * 10**6,
        )
    print(f"wrote {version}")
    if _KEEP.value:
        versions.keep_newest(folder, _KEEP.value)


def _check_flags():
    """Raises InputError where flags do not go together."""
    if (_RUN_DIR.value is None) == (_MODEL.value is None):
        raise errors.InputError(
            "give --run_dir, the run folder of the last stage, or --model, an "
            "exported cascade; not both"
        )
    if _DATA_DIR.value is None and (_RUN_DIR.value or _DTYPE.value == "int8"):
        raise errors.InputError(
            "--data_dir is missing: the folder that the cascade was trained "
            "on; for int8 of --model, any that data_prep wrote"
        )
    dtypes = interface.DTYPES[_FORMAT.value]
    if _DTYPE.value not in dtypes:
        raise errors.InputError(
            f"--dtype={_DTYPE.value} is for --format=litert; a SavedModel "
            f"takes {' or '.join(dtypes)}"
        )
    if _FORMAT.value == "litert" and _FLIP_AVERAGE.value:
        raise errors.InputError(
            "--flip_average is for --format=savedmodel; leave it out"
        )


def _source():
    """What is exported, and the folder of --data_dir."""
    data = dataset.load(_DATA_DIR.value) if _DATA_DIR.value else None
    if _RUN_DIR.value:
        run_dir = pathlib.Path(_RUN_DIR.value)
        # Whether there is a stage, before TensorFlow is imported.
        stage_specs.load_spec(run_dir)
        return export_sources.of_run(run_dir, data), data
    version = versions.newest(pathlib.Path(_MODEL.value))
    if version is None or versions.is_litert(version):
        raise errors.InputError(
            f"--model={_MODEL.value}: no SavedModel of a cascade; name one, "
            "e.g. saved_models/lsp_extended"
        )
    return export_sources.of_export(version), data


def _refuse_to_mix(folder, wanted):
    """Refuses a folder of the other format.

    A server would take .tflite files for the next version of its model.
    """
    numbers = versions.versions(folder)
    if not numbers:
        return
    newest = folder / str(max(numbers))
    is_saved_model = (newest / "saved_model.pb").exists()
    if is_saved_model != (wanted == "savedmodel"):
        raise errors.InputError(
            f"--export_dir={folder}: {newest} was not written with "
            f"--format={wanted}; name another folder"
        )


if __name__ == "__main__":
    app.run(main)
