"""Compares box sizes for a trained refinement stage, on held-out people.

python -m deeppose_tf.sigma_sweep --run_dir=runs/lsp/stage2 --data_dir=data/lsp
"""

import pathlib

from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.evaluation import sigma_search
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.models import stage_specs

with lazy.imports():
    from deeppose_tf.reports import tables

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Run folder of a stage from 2.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_SPLIT = flags.DEFINE_string("split", "val", "train, val or test.")
_SIGMAS = flags.DEFINE_list(
    "sigmas",
    ["1.0", "1.2", "1.5", "1.7", "2.0", "2.3"],
    "Box sides to try, in torso diameters.",
)
_SPREAD_POWERS = flags.DEFINE_list(
    "spread_powers",
    [],
    "Also tries boxes sized joint by joint: the trained sigma times (spread / "
    "median spread) to each of these powers, where the stage before predicts "
    "the spread; each box gets the nearest of --sigmas.",
)


def main(argv):
    """Prints containment and PDJ@0.2 for each size, and the best."""
    app.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    persons = data.split(_SPLIT.value).persons
    run_dir = pathlib.Path(_RUN_DIR.value)
    trials = sigma_search.sweep(
        run_dir,
        data,
        _SPLIT.value,
        _numbers(_SIGMAS, positive=True),
        _numbers(_SPREAD_POWERS),
    )
    trained = stage_specs.load_spec(run_dir).sigma
    print(f"{run_dir} on {persons} {_SPLIT.value} persons")
    print(tables.text(sigma_search.rows(trials, trained)))
    best = max((t for t in trials if not t.power), key=lambda t: t.pdj)
    print(f"best: --sigma={best.sigma:g}, PDJ@0.2 {best.pdj:.3f}")
    print(
        f"(The network was trained with {trained:g} and favors it: train with "
        "another size before you choose it.)"
    )


def _numbers(flag, positive=False):
    try:
        values = [float(text) for text in flag.value]
    except ValueError:
        values = [float("nan")]
    low = 0 if positive else -float("inf")
    finite = all(low < value < float("inf") for value in values)
    if not finite or (positive and not values):
        raise errors.InputError(
            f"--{flag.name}={','.join(flag.value)}: want numbers"
            f"{' above 0' if positive else ''}, separated by commas"
        )
    return values


if __name__ == "__main__":
    app.run(main)
