"""Trains one stage of the cascade.

python -m deeppose_tf.train --flagfile=flags/stage1.cfg
"""

import os
import pathlib

from absl import app
from absl import flags
from absl import logging

from deeppose_tf import errors
from deeppose_tf.data import augment
from deeppose_tf.data import dataset
from deeppose_tf.models import heads
from deeppose_tf.models import networks
from deeppose_tf.models import stages
from deeppose_tf.runs import run_folder
from deeppose_tf.runs import stage_results
from deeppose_tf.runs import stage_trainer
from deeppose_tf.runs import warm_starts
from deeppose_tf.runs.plan import Plan
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import versions
from deeppose_tf.training import devices
from deeppose_tf.training import losses
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer

_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that data_prep wrote.", required=True
)
_RUN_DIR = flags.DEFINE_string(
    "run_dir",
    None,
    "Folder of this stage, e.g. runs/lsp/stage1; a stopped run goes on there.",
    required=True,
)
_EXPORT_DIR = flags.DEFINE_string(
    "export_dir",
    None,
    "Where the cascade is exported; default saved_models/NAME for a run_dir "
    "runs/NAME/stage1.",
)
_STAGE = flags.DEFINE_integer(
    "stage", 1, "1 sees the person box; later stages refine.", lower_bound=1
)
_PREVIOUS = flags.DEFINE_string(
    "previous", None, "Run folder of the stage before; stages from 2 need it."
)
# The model.
_NETWORK = flags.DEFINE_enum(
    "network", "alexnet", sorted(networks.NETWORKS), "Crop -> features."
)
_HEAD = flags.DEFINE_enum("head", "fc", heads.HEADS, "Features -> joints.")
_WEIGHTS = flags.DEFINE_string(
    "weights",
    "none",
    "Where training starts: none, imagenet, a .weights.h5 file of a run, or an "
    "exported cascade, e.g. saved_models/lsp_extended.",
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 220, "Side of the crops, pixels.", lower_bound=32
)
_SIGMA = flags.DEFINE_float(
    "sigma",
    2.0,
    "Side of a refinement box, in torso diameters.",
    lower_bound=0.1,
)
_STEP_SIZE = flags.DEFINE_float(
    "step_size",
    1.0,
    "Refinement: share of the way that a joint goes to where the network sees "
    "it; the paper's is all of it.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_REFINER = flags.DEFINE_enum(
    "refiner",
    "shared",
    stages.REFINERS,
    "One network for all joints, or one a joint.",
)
_JOINTS = flags.DEFINE_list(
    "joints", None, "per_joint: names of the joints to train; default all."
)
# The examples.
_CROPS_FROM = flags.DEFINE_enum(
    "crops_from",
    "gaussian",
    ["gaussian", "predictions"],
    "Refinement crops: around displacements drawn from the statistics of the "
    "stage before (the paper's way), or around its own predictions.",
)
_CROPS_PER_PERSON = flags.DEFINE_integer(
    "crops_per_person",
    4,
    "Refinement crops cut from one decoded picture.",
    lower_bound=1,
)
_TARGETS = flags.DEFINE_enum(
    "targets",
    "own",
    ["own", "all"],
    "What a shared refiner learns from a crop: only the joint it was made for "
    "(the paper's way), or all joints that lie in it.",
)
_FLIP = flags.DEFINE_bool("flip", True, "Mirror half of the crops.")
_SHIFT = flags.DEFINE_float(
    "shift", 0.0, "Standard deviation of box centers, in box sides."
)
_SCALE = flags.DEFINE_float(
    "scale", 0.0, "Standard deviation of the logarithm of box sides."
)
_ROTATION = flags.DEFINE_float(
    "rotation", 0.0, "Standard deviation of turns, degrees."
)
_ANY_ROTATION = flags.DEFINE_float(
    "any_rotation", 0.0, "Share of people turned by any angle at all."
)
_COLOR = flags.DEFINE_float(
    "color", 0.0, "Strength of brightness, contrast and tint changes."
)
_ERASE = flags.DEFINE_float(
    "erase", 0.0, "Share of crops with a rectangle painted over."
)
_HALF_BODY = flags.DEFINE_float(
    "half_body",
    0.0,
    "Stage 1: share of people of whom only the upper or lower half is cut out.",
)
_SHUFFLE_BUFFER = flags.DEFINE_integer(
    "shuffle_buffer", 8192, "Persons to shuffle among.", lower_bound=1
)
# The training.
_LOSS = flags.DEFINE_enum("loss", "l2", losses.LOSSES, "Loss.")
_MAP_WEIGHT = flags.DEFINE_float(
    "map_weight",
    0.0,
    "Heads integral and peak: weight of a loss that asks each map for a normal "
    "density around the joint, e.g. 0.1.",
    lower_bound=0.0,
)
_OPTIMIZER = flags.DEFINE_enum(
    "optimizer", "adagrad", optimizers.OPTIMIZERS, "Optimizer."
)
_LEARNING_RATE = flags.DEFINE_float(
    "learning_rate", 0.0005, "At its highest.", lower_bound=0.0
)
_ACCUMULATOR = flags.DEFINE_float(
    "accumulator",
    1e-4,
    "Where adagrad starts; Keras's 0.1 makes the paper's rate almost inert.",
)
_WEIGHT_DECAY = flags.DEFINE_float("weight_decay", 1e-4, "Of adamw.")
_DECAY = flags.DEFINE_enum(
    "decay", "constant", ["constant", "cosine"], "Learning rate over time."
)
_WARMUP_STEPS = flags.DEFINE_integer(
    "warmup_steps",
    0,
    "Steps over which the learning rate rises.",
    lower_bound=0,
)
_TRUNK_RATE_SCALE = flags.DEFINE_float(
    "trunk_rate_scale",
    None,
    "Factor of the learning rate of the network before the head.",
    lower_bound=0.0,
)
_FREEZE_STEPS = flags.DEFINE_integer(
    "freeze_steps",
    0,
    "Steps at the start in which only the head learns; warm-up and decay of "
    "the rest begin after them.",
    lower_bound=0,
)
_FREEZE_UNTIL = flags.DEFINE_string(
    "freeze_until",
    None,
    "Name of a layer of the network up to which nothing learns, e.g. "
    "blocks_2_bn2 of efficientnet_lite0.",
)
_WEIGHT_AVERAGE = flags.DEFINE_float(
    "weight_average",
    None,
    "Judge and export a running average of the weights, of which a step keeps "
    "this share, e.g. 0.999.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_CLIP_NORM = flags.DEFINE_float(
    "clip_norm",
    None,
    "Global norm that gradients are clipped to.",
    lower_bound=1e-6,
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 128, "Crops a step, over all replicas.", lower_bound=1
)
_STEPS = flags.DEFINE_integer("steps", 10000, "Steps in all.", lower_bound=1)
_EVAL_EVERY = flags.DEFINE_integer(
    "eval_every", 500, "Steps between validations.", lower_bound=1
)
_EVAL_PERSONS = flags.DEFINE_integer(
    "eval_persons",
    None,
    "Validation persons at most; default all.",
    lower_bound=1,
)
_PRECISION = flags.DEFINE_enum(
    "precision",
    "float32",
    ["float32", "mixed_bfloat16"],
    "Number format of the training.",
)
_LOGICAL_CPUS = flags.DEFINE_integer(
    "logical_cpus", 1, "Replicas on a machine without a GPU.", lower_bound=1
)
_SEED = flags.DEFINE_integer("seed", 0, "Of all randomness.", lower_bound=0)


def main(argv):
    """Trains the stage, measures it, exports the cascade that ends with it."""
    errors.refuse_arguments(argv)
    _check_flags()
    flags_text = flags.FLAGS.flags_into_string()
    logging.info("Flags:\n%s", flags_text)
    plan = _plan(dataset.load(_DATA_DIR.value))
    parts = _parts(plan.spec)
    plan.data.split("train")
    strategy = devices.strategy(_LOGICAL_CPUS.value, _BATCH_SIZE.value)
    run_folder.claim(plan, flags_text)
    try:
        trained = [
            stage_trainer.train_part(plan, part, strategy) for part in parts
        ]
    except Exception:
        run_folder.drop_empty(plan.run_dir)
        raise
    warning = stage_results.write(plan)
    _export(plan, any(trained))
    if warning:
        logging.warning(warning)


def _export(plan, trained):
    """Exports what is new: a stage run again must not hide later stages."""
    export_dir = _EXPORT_DIR.value or os.path.join(
        "saved_models", plan.run_dir.resolve().parent.name
    )
    if not trained and versions.versions(pathlib.Path(export_dir)):
        logging.info("Nothing was trained, so nothing is exported")
        return
    version = export_saved_model.export(plan.run_dir, export_dir, plan.data)
    logging.info("Exported %d stages to %s", plan.spec.stage, version)


def _check_flags():
    if _STAGE.value > 1 and not _PREVIOUS.value:
        raise errors.InputError(
            f"--stage={_STAGE.value} refines stage {_STAGE.value - 1}: name "
            "its run folder with --previous"
        )
    if _STAGE.value == 1 and _PREVIOUS.value:
        raise errors.InputError(
            f"--previous={_PREVIOUS.value}: stage 1 has no stage before it; "
            "leave it out, or set --stage"
        )
    if _STAGE.value > 1 and _BATCH_SIZE.value % _CROPS_PER_PERSON.value:
        raise errors.InputError(
            f"--batch_size={_BATCH_SIZE.value} is no multiple of "
            f"--crops_per_person={_CROPS_PER_PERSON.value}"
        )
    if _JOINTS.value and (_STAGE.value == 1 or _REFINER.value == "shared"):
        raise errors.InputError(
            "--joints needs --refiner=per_joint and a stage from 2"
        )
    if _HALF_BODY.value and _STAGE.value > 1:
        raise errors.InputError(
            f"--half_body={_HALF_BODY.value} is of stage 1; leave it out"
        )
    if _FREEZE_STEPS.value >= _STEPS.value:
        raise errors.InputError(
            f"--freeze_steps={_FREEZE_STEPS.value} leaves nothing of "
            f"--steps={_STEPS.value}; take fewer"
        )
    _check_maps()
    _check_weights(_WEIGHTS.value)


def _check_maps():
    if _MAP_WEIGHT.value and _HEAD.value == "fc":
        raise errors.InputError(
            f"--map_weight={_MAP_WEIGHT.value}: --head=fc has no maps; leave "
            "it out, or set --head=peak"
        )
    if _HEAD.value == "peak" and not _MAP_WEIGHT.value:
        raise errors.InputError(
            "--head=peak: maps have a peak at the joint only where they are "
            "trained to; set --map_weight, e.g. 0.1"
        )
    if _HEAD.value == "peak" and _LOSS.value == "rle":
        raise errors.InputError(
            "--loss=rle learns a spread of its own, and --head=peak has one; "
            "take another loss or head"
        )


def _check_weights(weights):
    if weights in ("none", "imagenet"):
        return
    if not warm_starts.exists(pathlib.Path(weights)):
        raise errors.InputError(
            f"--weights={weights}: no such file; want none, imagenet, a "
            "best.weights.h5 that a training wrote, or an exported cascade"
        )


def _plan(data):
    return Plan(
        spec=_spec(data.skeleton),
        data=data,
        run_dir=pathlib.Path(_RUN_DIR.value),
        schedule=_schedule(),
        recipe=_recipe(),
        how=_how(),
        weights=None if _WEIGHTS.value == "none" else _WEIGHTS.value,
        freeze_until=_FREEZE_UNTIL.value,
        loss=_LOSS.value,
        map_weight=_MAP_WEIGHT.value,
        crops_from=_CROPS_FROM.value,
        crops_per_person=_CROPS_PER_PERSON.value,
        targets=_TARGETS.value,
        eval_persons=_EVAL_PERSONS.value,
        shuffle_buffer=_SHUFFLE_BUFFER.value,
        precision=_PRECISION.value,
        seed=_SEED.value,
    )


def _schedule():
    return trainer.Schedule(
        steps=_STEPS.value,
        batch_size=_BATCH_SIZE.value,
        eval_every=_EVAL_EVERY.value,
        clip_norm=_CLIP_NORM.value,
        freeze_steps=_FREEZE_STEPS.value,
        weight_average=_WEIGHT_AVERAGE.value,
    )


def _recipe():
    return optimizers.Recipe(
        optimizer=_OPTIMIZER.value,
        learning_rate=_LEARNING_RATE.value,
        decay=_DECAY.value,
        warmup_steps=_WARMUP_STEPS.value,
        weight_decay=_WEIGHT_DECAY.value,
        accumulator=_ACCUMULATOR.value,
        trunk_rate_scale=_TRUNK_RATE_SCALE.value,
    )


def _how():
    return augment.Augmentation(
        flip=_FLIP.value,
        shift=_SHIFT.value,
        scale=_SCALE.value,
        rotation=_ROTATION.value,
        any_rotation=_ANY_ROTATION.value,
        color=_COLOR.value,
        erase=_ERASE.value,
        half_body=_HALF_BODY.value,
    )


def _spec(skeleton):
    refines = _STAGE.value > 1
    return stages.StageSpec(
        stage=_STAGE.value,
        skeleton=skeleton,
        network=_NETWORK.value,
        head=_HEAD.value,
        image_size=_IMAGE_SIZE.value,
        sigma=_SIGMA.value if refines else None,
        step_size=_STEP_SIZE.value if refines else 1.0,
        refiner=_REFINER.value if refines else None,
        previous=os.path.relpath(_PREVIOUS.value, _RUN_DIR.value)
        if refines
        else None,
        spread=_LOSS.value == "rle" or _HEAD.value == "peak",
    )


def _parts(spec):
    wanted = _JOINTS.value or list(spec.parts)
    unknown = [name for name in wanted if name not in spec.parts]
    if unknown:
        raise errors.InputError(
            f"--joints={','.join(unknown)}: not among {', '.join(spec.parts)}"
        )
    return wanted


if __name__ == "__main__":
    app.run(errors.one_line(main))
