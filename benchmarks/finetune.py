"""What training on few people gives, by what the network knows before.

python -m benchmarks.finetune --source=../shared/data/lspet \
  --movenet=package/models/movenet-lightning.json

trains stage 1 on the first people of LSP Extended, from nothing, from ImageNet
weights and from MoveNet's, and evaluates each on the test people of all. The
pretrained models are no fair start: they have seen these people.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

from absl import flags

from benchmarks.tools import subsets
from deeppose_tf.data import dataset
from deeppose_tf.launch import app

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder in LSP Extended's layout.", required=True
)
_MOVENET = flags.DEFINE_string(
    "movenet", None, "MoveNet Lightning's .json file.", required=True
)
_PEOPLE = flags.DEFINE_multi_integer(
    "people", [200, 1000], "To learn from, about; may be repeated."
)
_START = flags.DEFINE_multi_enum(
    "start",
    ["nothing", "imagenet", "movenet"],
    ["nothing", "imagenet", "movenet"],
    "Weights before the training; may be repeated.",
)
_STEPS = flags.DEFINE_integer("steps", 400, "Of each training.")
_MORE = flags.DEFINE_multi_string(
    "more", [], "Further flags of all trainings, e.g. --batch_size=8."
)

# A network that knows less learns faster, and with all its layers.
_ANEW = "--flagfile=flags/finetune/people.cfg", "--stage=1"
_FLAGS = {
    "nothing": (*_ANEW, "--learning_rate=0.001"),
    "imagenet": (
        *_ANEW,
        "--network=efficientnet_lite0",
        "--weights=imagenet",
        "--learning_rate=0.0005",
    ),
    "movenet": ("--flagfile=flags/finetune/stage1.cfg",),
}
_RECORDS = "--box=joints", "--box_scale=1.25", "--test_fraction=0.1"
# Of all people; the others validate, or test.
_TRAIN_SHARE = 0.86


def main(argv):
    """Prints a row for each training as it ends."""
    app.refuse_arguments(argv)
    source = pathlib.Path(_SOURCE.value).resolve()
    print("people  start       PDJ@0.1  PDJ@0.2  PDJ@0.5  minutes", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        everybody = _records(folder / "all", source)
        for people in _PEOPLE.value:
            few = folder / f"first_{people}"
            count = round(people / _TRAIN_SHARE)
            data = _records(few, subsets.first(source, count, few / "source"))
            learning = dataset.load(data).splits["train"].persons
            for start in _START.value:
                begun = time.monotonic()
                model = _trained(few / start, data, start)
                minutes = (time.monotonic() - begun) / 60
                pdj = _pdj(model, everybody, few / start / "report")
                print(
                    f"{learning:6}  {start:10}"
                    + "".join(f"{value:9.3f}" for value in pdj)
                    + f"{minutes:9.1f}",
                    flush=True,
                )


def _records(folder, source):
    data = folder / "data"
    _run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={data}",
        *_RECORDS,
    )
    return data


def _trained(folder, data, start):
    """The export of a training."""
    given = {"movenet": (f"--weights={_MOVENET.value}",)}
    _run(
        "deeppose_tf.train",
        *_FLAGS[start],
        *given.get(start, ()),
        f"--data_dir={data}",
        f"--run_dir={folder / 'stage1'}",
        f"--export_dir={folder / 'export'}",
        f"--steps={_STEPS.value}",
        "--notensorboard_pictures",
        *_MORE.value,
    )
    return folder / "export"


def _pdj(model, data, report):
    _run(
        "deeppose_tf.evaluate",
        f"--model={model}",
        f"--data_dir={data}",
        f"--output_dir={report}",
    )
    results = json.loads((report / "metrics.json").read_text())["results"]
    figures = [*results.values()][-1]["figures"]
    return [figures[f"pdj@{at}"] for at in (0.1, 0.2, 0.5)]


def _run(module, *flags_of_it):
    """Runs a program; what it says is shown only where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *flags_of_it],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    app.run(main)
