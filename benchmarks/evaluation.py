"""Time of an evaluation beside that of its networks on constant crops.

python -m benchmarks.evaluation --model=saved_models/lspet \
    --data_dir=data/lspet
"""

import pathlib
import statistics
import tempfile
import time

import tensorflow as tf
from absl import flags

from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.launch import app
from deeppose_tf.models import constant_weights
from deeppose_tf.reports import comparison
from deeppose_tf.reports import report_folder
from deeppose_tf.reports.evaluation import Evaluation
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions

_MODEL = flags.DEFINE_string("model", None, "saved_models/NAME.", required=True)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "test", "train, val or test.")


def main(argv):
    """Times the model, the metrics with their intervals, and the page."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    model = saved_models.load(_MODEL.value)
    begin = time.monotonic()
    predictions = evaluator.evaluate(model, data, _SPLIT.value)
    total = time.monotonic() - begin
    model_time = predictions.seconds
    seconds = {"model": model_time, "mean pose": total - model_time}
    begin = time.monotonic()
    results = predictions.results(data.skeleton)
    seconds["metrics and intervals"] = time.monotonic() - begin
    begin = time.monotonic()
    gains = comparison.gains(predictions, data.skeleton)
    evaluation = Evaluation(
        model=model,
        data=data,
        split=_SPLIT.value,
        skeleton=data.skeleton,
        predictions=predictions,
        results=results,
        gains=gains,
        warnings=comparison.worse_stages(gains, []),
    )
    with tempfile.TemporaryDirectory() as folder:
        report_folder.write(evaluation, pathlib.Path(folder))
    seconds["files and page"] = time.monotonic() - begin
    people = len(predictions.joints)
    networks = _networks_alone(
        versions.newest(pathlib.Path(_MODEL.value)), people
    )
    print(f"{people} persons, networks alone {networks:.2f} s")
    for name, value in (seconds | {"all": sum(seconds.values())}).items():
        print(f"{name:22} {value:6.2f} s, {value / networks:.3f} of that")


def _networks_alone(version, people):
    """Seconds of the passes of all networks, with each as many people."""
    passes = -(-people // interface.PERSONS_PER_PASS)
    return (
        sum(_pass(network, count) for network, count in _networks(version))
        * passes
    )


def _networks(version):
    """Each network, and how many crops it sees in a pass."""
    described = metadata.load(version / interface.METADATA)
    looks = described["looks"]["count"] * (1 + described["flip_average"])
    for number, values in enumerate(described["stages"], 1):
        for part in values["weights"]:
            network, spec = exported_weights.load_network(version, number, part)
            crops = len(spec.skeleton.joints) if spec.refiner == "shared" else 1
            crops *= looks if spec.stage == 1 else 1
            yield network, crops * interface.PERSONS_PER_PASS


def _pass(network, count):
    """Seconds that a network takes for `count` crops, the median of some."""
    inputs = [tf.zeros([count, *x.shape[1:]]) for x in network.inputs]
    if len(inputs) == 1:
        [inputs] = inputs
    # As exports do.
    if 4 * network.count_params() <= constant_weights.LARGEST:
        network = constant_weights.FrozenNetwork(network, "float32", 0)
    run = tf.function(lambda: network(inputs, training=False))
    seconds = []
    for _ in range(12):
        begin = time.monotonic()
        tf.nest.map_structure(lambda x: x.numpy(), run())
        seconds.append(time.monotonic() - begin)
    return statistics.median(seconds[2:])


if __name__ == "__main__":
    app.run(main)
