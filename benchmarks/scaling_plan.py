"""What the model of docs/scaling.md says of a training on many machines.

python -m benchmarks.scaling_plan --gradient_mb=200 --step_seconds=0.5

reckons with what benchmarks.scaling has measured, or with your own figures of
one machine.
"""

from absl import flags

from deeppose_tf.launch import app

_GRADIENT_MB = flags.DEFINE_float(
    "gradient_mb", None, "Gradients of a step, MB.", required=True
)
_STEP_SECONDS = flags.DEFINE_float(
    "step_seconds", None, "A step of one machine.", required=True
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Crops of that step.")
_INPUT_SPEED = flags.DEFINE_float(
    "input_speed",
    550.0,
    "Crops a second that a core reads and augments, as measured by "
    "benchmarks.input_pipeline.",
)
_CROP_MB = flags.DEFINE_float("crop_mb", 0.58, "A crop of 220 px, MB.")
_PEOPLE = flags.DEFINE_integer("people", 10_000, "Of an epoch.")
_MACHINES = flags.DEFINE_list(
    "machines", ["1", "8", "100"], "Numbers of machines."
)
_GIGABITS = flags.DEFINE_list(
    "gigabits", ["1", "10", "100"], "Bandwidths of a machine, Gbit/s."
)


def main(argv):
    """Prints a row for each number of machines and each bandwidth."""
    app.refuse_arguments(argv)
    step, batch = _STEP_SECONDS.value, _BATCH_SIZE.value
    cores = batch / step / _INPUT_SPEED.value
    service = batch / step * _CROP_MB.value * 8 / 1000
    print(
        f"a machine: {batch / step:.0f} crops/s, input work for {cores:.1f} "
        f"cores; from a tf.data service {service:.2f} Gbit/s"
    )
    print("machines  batch  steps an epoch  Gbit/s  sum, s  of ideal   epoch")
    for machines in map(int, _MACHINES.value):
        for gigabits in map(float, _GIGABITS.value):
            _row(machines, gigabits)


def _row(machines, gigabits):
    step, batch = _STEP_SECONDS.value, machines * _BATCH_SIZE.value
    # In a ring each machine sends so much, and receives as much.
    moved = 2 * (machines - 1) / machines * _GRADIENT_MB.value * 1e6
    seconds = moved / (gigabits * 1e9 / 8)
    steps = _PEOPLE.value / batch
    print(
        f"{machines:8} {batch:6} {steps:15.1f} {gigabits:7g} {seconds:7.3f} "
        f"{step / (step + seconds):9.0%} {steps * (step + seconds):6.1f} s"
    )


if __name__ == "__main__":
    app.run(main)
