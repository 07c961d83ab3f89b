"""Size, accuracy and speed of each LiteRT export beside the SavedModels.

Exports are timed with all that is around their networks, crops included;
SavedModels on all cores.

python -m benchmarks.litert --run_dir=runs/lspet/stage3 --data_dir=data/lspet
python -m benchmarks.litert --model=saved_models/lsp_extended_fast \
  --data_dir=data/lspet
"""

import pathlib
import tempfile
import time

import numpy as np
import tensorflow as tf
from absl import flags

from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation import stage_predictions
from deeppose_tf.examples import input_pipeline
from deeppose_tf.launch import app
from deeppose_tf.serving import export_litert
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface
from deeppose_tf.serving import litert_runtime
from deeppose_tf.serving import saved_models

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Run folder of the last stage; or give --model."
)
_MODEL = flags.DEFINE_string(
    "model", None, "An exported cascade in place of --run_dir."
)
flags.mark_flags_as_mutual_exclusive(["run_dir", "model"], required=True)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")
_REPEATS = flags.DEFINE_integer("repeats", 100, "Of one person, for latency.")


def main(argv):
    """Prints a row for each kind of export."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    if _RUN_DIR.value:
        source = export_sources.of_run(pathlib.Path(_RUN_DIR.value), data)
    else:
        loaded = saved_models.load(_MODEL.value)
        source = export_sources.of_export(loaded.path)
    model = source.model
    print("export              MB  PDJ@0.1  PDJ@0.2  ms, 1 thread  2 threads")
    _row(
        "networks alone",
        None,
        _values_of_networks(model, data),
        [_seconds_of_networks(model)],
    )
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for dtype in interface.DTYPES["savedmodel"]:
            path = export_saved_model.export(source, folder / dtype, dtype)
            loaded = saved_models.load(str(path))
            _row(
                f"savedmodel {dtype}",
                path,
                _values_of_export(loaded, data),
                [_seconds_of_export(loaded)],
            )
        for dtype in interface.DTYPES["litert"]:
            path = export_litert.export(source, folder / dtype, dtype, data)
            models = [litert_runtime.model(path, n) for n in (1, 2)]
            _row(
                f"litert {dtype}",
                path,
                _values_of_export(models[1], data),
                [_seconds_of_export(each) for each in models],
            )


def _row(name, path, values, seconds):
    files = path.rglob("*") if path else ()
    size = sum(p.stat().st_size for p in files if p.is_file())
    megabytes = f"{size / 1e6:6.1f}" if path else "     -"
    times = "  ".join(f"{1e3 * each:10.1f}" for each in seconds)
    print(
        f"{name:18}{megabytes}  {values['pdj@0.1']:7.3f}  "
        f"{values['pdj@0.2']:7.3f}  {times}",
        flush=True,
    )


def _values_of_networks(model, data):
    """PDJ of a cascade on decoded records."""
    batches = input_pipeline.evaluation_batches(
        data, _SPLIT.value, batch_size=32
    )
    joints = None
    for stage in model.stages:

        def run(images, box, joints, stage=stage):
            first = stage.spec.stage == 1
            return stage.predict(images, box, None if first else joints)

        predicted = stage_predictions.predict(stage, batches, joints, run)
        joints = predicted.joints
    return predicted.metrics(data.skeleton)["figures"]


def _values_of_export(loaded, data):
    """PDJ of an export on records, which it opens itself."""
    people = evaluator.evaluate(loaded, data, _SPLIT.value)
    return results.summarize(people.of_stage(-1), data.skeleton)["figures"]


def _seconds_of_export(loaded):
    """Median seconds of an export for one person: crops and all networks."""
    image = np.random.default_rng(0).integers(0, 256, (1, 240, 320, 3))
    ask = loaded.signatures[interface.IMAGE_TENSOR]
    request = {
        "image": image.astype(np.uint8),
        "box": np.array([[160.0, 120.0, 150.0, 200.0]], np.float32),
    }
    return _median(lambda: np.asarray(ask(**request)["joints"]))


def _seconds_of_networks(model):
    """Median seconds of the networks of all stages for one person."""
    work = [
        (tf.function(network), _crops(stage))
        for stage in model.stages
        for network in stage.networks.values()
    ]

    def run():
        for network, crops in work:
            np.asarray(network(crops, training=False))

    return _median(run)


def _median(run):
    seconds = []
    for _ in range(_REPEATS.value):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds))


def _crops(stage):
    count = len(stage.spec.skeleton.joints) if stage.spec.stage > 1 else 1
    if stage.spec.refiner == "per_joint":
        count = 1
    size = stage.spec.image_size
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (count, size, size, 3)).astype(np.float32)


if __name__ == "__main__":
    app.run(main)
