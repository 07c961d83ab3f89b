"""What contradicts itself in a plan, or lacks what it needs, is refused.

Where all stages of a cascade are looked at before the first is trained, a stage
needs what is still to come: `to_come` has the stages by their run folders.
"""

import os
import pathlib
from collections.abc import Mapping

from deeppose_tf import errors
from deeppose_tf.models import stage_specs
from deeppose_tf.networks import by_name
from deeppose_tf.runs import teachers
from deeppose_tf.runs.plan import Plan
from deeppose_tf.serving import versions
from deeppose_tf.training import addons

# By absolute run folder.
ToCome = Mapping[pathlib.Path, stage_specs.StageSpec]
NOTHING: ToCome = {}


def refuse(plan: Plan, to_come: ToCome = NOTHING):
    """Raises InputError where options do not go together.

    Args:
        plan: of a stage.
        to_come: by absolute run folder, the stages that will be trained before.
    """
    spec, examples = plan.spec, plan.examples
    plan.schedule.check()
    if plan.schedule.batch_size % plan.crops_of_a_person:
        raise errors.InputError(
            f"--batch_size={plan.schedule.batch_size} is no multiple of "
            f"--crops_per_person={examples.crops_per_person}"
        )
    if examples.augmentation.half_body and spec.stage > 1:
        raise errors.InputError(
            f"--half_body={examples.augmentation.half_body} is of stage 1; "
            "leave it out"
        )
    if spec.refiner == "pooled":
        _refuse_for_pooled(plan, to_come)
    if spec.head == "context" and spec.stage > 1:
        raise errors.InputError(
            "--head=context is of stage 1, whose maps show whole people; take "
            "--head=peak"
        )
    imagenet = plan.weights if plan.weights == "imagenet" else None
    by_name.check(spec.network, spec.image_size, imagenet)
    _refuse_map_options(spec.head, plan.loss)
    addons.check(plan.optimizer.optimizer)
    _refuse_weights(plan.weights, to_come)
    if plan.loss.teacher is not None:
        teachers.check(plan.loss.teacher, spec)


def spec_of(run_dir: pathlib.Path, to_come: ToCome) -> stage_specs.StageSpec:
    """The stage of a run folder, trained or to come.

    Raises:
        InputError: it is neither.
    """
    planned = to_come.get(pathlib.Path(os.path.abspath(run_dir)))
    return planned or stage_specs.load_spec(run_dir)


def _refuse_for_pooled(plan, to_come):
    """Raises InputError where options do not go with --refiner=pooled."""
    spec, examples = plan.spec, plan.examples
    if examples.targets != "own":
        raise errors.InputError(
            f"--targets={examples.targets}: a pooled refiner learns each joint "
            "from its own box; leave it out"
        )
    if spec.trunk == "own":
        return
    if plan.freeze_until is not None:
        raise errors.InputError(
            f"--freeze_until={plan.freeze_until}: with --trunk=stage1 all of "
            "it is frozen; leave it out"
        )
    first = _first_spec(plan, to_come)
    for name in ("network", "image_size"):
        wanted, given = getattr(first, name), getattr(spec, name)
        if given != wanted:
            raise errors.InputError(
                f"--{name}={given}: --trunk=stage1 takes the features of stage "
                f"1, which has --{name}={wanted}; set that, or --trunk=own"
            )


def _first_spec(plan, to_come):
    spec, run_dir = plan.spec, plan.run_dir
    while (previous := stage_specs.previous_dir(spec, run_dir)) is not None:
        spec, run_dir = spec_of(previous, to_come), previous
    return spec


def _refuse_map_options(head, loss):
    if loss.map_weight and head == "fc":
        raise errors.InputError(
            f"--map_weight={loss.map_weight}: --head=fc has no maps; leave it "
            "out, or set --head=peak"
        )
    if head not in stage_specs.PEAK_HEADS:
        return
    if not loss.map_weight:
        raise errors.InputError(
            f"--head={head}: maps have a peak at the joint only where they are "
            "trained to; set --map_weight, e.g. 0.1"
        )
    if loss.loss == "rle":
        raise errors.InputError(
            f"--loss=rle learns a spread of its own, and --head={head} has "
            "one; take another loss or head"
        )


def _refuse_weights(weights, to_come):
    if weights in ("none", "imagenet"):
        return
    path = pathlib.Path(os.path.abspath(weights))
    if any(folder in path.parents for folder in to_come):
        return
    if not path.is_file() and versions.newest(path) is None:
        raise errors.InputError(
            f"--weights={weights}: no such file; want none, imagenet, a "
            "best.weights.h5 that a training wrote, MoveNet's .json file (see "
            "docs/training.md), or an exported cascade"
        )
