import dataclasses
import json

import pytest

from deeppose_tf import errors
from deeppose_tf.data import augment
from deeppose_tf.data import dataset
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stages
from deeppose_tf.runs import run_folder
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer


@pytest.fixture
def plan(tmp_path):
    split = dataset.Split(("a.tfrecord",), 5, "digest of the records")
    data = dataset.Dataset("data", "lsp", skeletons.LSP, {}, {"train": split})
    return Plan(
        spec=stages.StageSpec(1, skeletons.LSP, "compact", "integral", 32),
        data=data,
        run_dir=tmp_path / "stage1",
        schedule=trainer.Schedule(steps=4, batch_size=8, eval_every=2),
        recipe=optimizers.Recipe(),
        how=augment.Augmentation(),
    )


def with_data(plan, digest):
    split = dataclasses.replace(plan.data.splits["train"], digest=digest)
    data = dataclasses.replace(plan.data, splits={"train": split})
    return dataclasses.replace(plan, data=data)


def test_a_stopped_run_may_take_more_steps_and_another_rate(plan):
    run_folder.claim(plan, "--steps=4")
    more = dataclasses.replace(
        plan,
        schedule=dataclasses.replace(plan.schedule, steps=9),
        recipe=optimizers.Recipe(learning_rate=1e-5),
        how=augment.Augmentation(flip=True),
    )
    run_folder.claim(more, "--steps=9")
    assert (plan.run_dir / "flags.cfg").read_text() == "--steps=9"


def test_going_on_with_other_records_is_refused(plan):
    run_folder.claim(plan, "")
    with pytest.raises(errors.InputError, match="other records.*data"):
        run_folder.claim(with_data(plan, "another digest"), "")


def test_a_folder_older_than_a_flag_goes_on_without_it(plan):
    run_folder.claim(plan, "")
    path = plan.run_dir / "training.json"
    known = json.loads(path.read_text())
    newer = "trunk_rate_scale", "freeze_steps", "weight_average", "map_weight"
    for flag in newer:
        del known[flag]
    path.write_text(json.dumps(known))
    run_folder.claim(plan, "")
    assert json.loads(path.read_text())["freeze_steps"] is None


@pytest.mark.parametrize(
    "flag, change",
    [
        ("seed", {"seed": 7}),
        ("loss", {"loss": "l1"}),
        ("map_weight", {"map_weight": 0.1}),
        ("batch_size", {"schedule": trainer.Schedule(4, 16, 2)}),
        ("optimizer", {"recipe": optimizers.Recipe(optimizer="sgd")}),
        (
            "trunk_rate_scale",
            {"recipe": optimizers.Recipe(trunk_rate_scale=0.1)},
        ),
        (
            "freeze_steps",
            {"schedule": trainer.Schedule(4, 8, 2, freeze_steps=1)},
        ),
        (
            "weight_average",
            {"schedule": trainer.Schedule(4, 8, 2, weight_average=0.9)},
        ),
        ("freeze_until", {"freeze_until": "blocks_2_bn2"}),
    ],
)
def test_going_on_as_another_training_is_refused(plan, flag, change):
    run_folder.claim(plan, "")
    with pytest.raises(errors.InputError, match=f"begun with --{flag}="):
        run_folder.claim(dataclasses.replace(plan, **change), "")


def test_a_folder_with_weights_is_not_dropped(plan):
    run_folder.claim(plan, "")
    (plan.run_dir / "last.weights.h5").write_bytes(b"weights")
    run_folder.drop_empty(plan.run_dir)
    assert plan.run_dir.exists()
    (plan.run_dir / "last.weights.h5").unlink()
    run_folder.drop_empty(plan.run_dir)
    assert not plan.run_dir.exists()
