"""Time and memory of building, reading, starting and evaluating, by people.

python -m benchmarks.growth --source=../shared/data/lspet

All should grow linearly in time and not at all in memory.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from absl import flags
from matplotlib import pyplot

from benchmarks.tools import subsets
from deeppose_tf.examples.example_options import Augmentation
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.serving import versions

# A program that is started counts what its starter has in memory as its own, so
# this one does without TensorFlow.
with lazy.imports():
    from deeppose_tf.data import dataset
    from deeppose_tf.examples import input_pipeline

_SOURCE = flags.DEFINE_string(
    "source", None, "Folder in LSP Extended's layout."
)
_PEOPLE = flags.DEFINE_multi_integer(
    "people", [1000, 4000, 8000], "How many; may be repeated."
)
_MODEL = flags.DEFINE_string(
    "model", str(versions.PRETRAINED), "An export, for the evaluation."
)
_PLOT = flags.DEFINE_string("plot", None, "A PNG to write.")
_EPOCH = flags.DEFINE_string(
    "epoch", None, "Only reads an epoch of this data_dir; not for people."
)
_EVALUATED = flags.DEFINE_float(
    "evaluated", 0.1, "Share of the people that are evaluated."
)


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a program took.

    Attributes:
        seconds: by the clock on the wall.
        mebibytes: of memory, at its most.
    """

    seconds: float
    mebibytes: float


def main(argv):
    """Prints a row for each number of people."""
    app.refuse_arguments(argv)
    if _EPOCH.value:
        _read_epoch(_EPOCH.value)
        return
    if _SOURCE.value is None:
        sys.exit("--source: want a folder in LSP Extended's layout")
    found = {}
    for people in _PEOPLE.value:
        found[people] = _costs(people, pathlib.Path(_SOURCE.value).resolve())
        words = (
            f"{name} {cost.seconds:6.1f} s {cost.mebibytes:5.0f} MiB"
            for name, cost in found[people].items()
        )
        print(f"{people:6} people: {', '.join(words)}", flush=True)
    if _PLOT.value:
        _plot(found, _PLOT.value)


def _costs(people, source):
    """By the name of the work."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        few = subsets.first(source, people, folder / "source")
        data = folder / "data"
        return {
            "build": _run(
                "data_prep.build_lsp",
                f"--source={few}",
                f"--output_dir={data}",
                *("--box=joints", "--box_scale=1.25"),
                f"--test_fraction={_EVALUATED.value}",
            ),
            "epoch": _run("benchmarks.growth", f"--epoch={data}"),
            "first step": _run(
                "deeppose_tf.train",
                "--flagfile=flags/demo/stage1.cfg",
                f"--data_dir={data}",
                f"--run_dir={folder / 'stage1'}",
                f"--export_dir={folder / 'export'}",
                "--steps=1",
                until="step 1/1",
            ),
            "evaluation": _run(
                "deeppose_tf.evaluate",
                f"--model={_MODEL.value}",
                f"--data_dir={data}",
                f"--output_dir={folder / 'report'}",
            ),
        }


def _read_epoch(data_dir):
    """Every training person's crop once, with all augmentation."""
    data = dataset.load(data_dir)
    batches = input_pipeline.pose_batches(
        data,
        image_size=128,
        batch_size=32,
        augmentation=Augmentation(
            shift=0.1, scale=0.2, rotation=30.0, color=0.2
        ),
        seed=0,
    )
    for _ in batches.take(data.split("train").persons // 32):
        pass


def _run(module, *words, until=None):
    """What a program took, to its end or to a line of its log."""
    begin = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if until is not None and until in line:
                process.kill()
                break
        seconds = time.monotonic() - begin
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and until is None:
        sys.exit(f"{module}: {''.join(lines[-5:])}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def _plot(found, path):
    """Seconds and memory over people, a line for each work."""
    figure, sides = pyplot.subplots(1, 2, figsize=(9, 3.5))
    for side, field, label in (
        (sides[0], "seconds", "seconds"),
        (sides[1], "mebibytes", "memory, MiB"),
    ):
        for name in next(iter(found.values())):
            values = [getattr(costs[name], field) for costs in found.values()]
            side.plot(list(found), values, marker="o", label=name)
        side.set(xlabel="people", ylabel=label, xlim=(0, None), ylim=(0, None))
        side.grid(alpha=0.3)
    sides[0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    app.run(main)
