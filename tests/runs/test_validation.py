import keras
import numpy as np
import pytest

from deeppose_tf.data import augment
from deeppose_tf.data import dataset
from deeppose_tf.data import input_pipeline
from deeppose_tf.geometry import boxes
from deeppose_tf.models import stages
from deeppose_tf.runs import validation
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import losses
from deeppose_tf.training import optimizers
from deeppose_tf.training import trainer


@pytest.fixture(scope="module")
def plan(records_dir, tmp_path_factory):
    data = dataset.load(records_dir)
    return Plan(
        spec=stages.StageSpec(1, data.skeleton, "compact", "integral", 32),
        data=data,
        run_dir=tmp_path_factory.mktemp("run"),
        schedule=trainer.Schedule(steps=1, batch_size=2, eval_every=1),
        recipe=optimizers.Recipe(),
        how=augment.Augmentation(flip=True, shift=0.2),
        loss="l1",
    )


@pytest.fixture(scope="module")
def found(plan):
    keras.utils.set_random_seed(3)
    model = stages.build(plan.spec, "all")
    judge = validation.during_training(plan, "all", model, losses.l1)
    return model, judge()


def test_training_and_validation_people_get_the_same_figures(found):
    _, figures = found
    assert set(figures) == {"train", "validation"}
    assert set(figures["validation"]) == {"score", "loss", *figures["train"]}


def test_the_score_is_the_mean_of_three_thresholds(found):
    _, figures = found
    three = [figures["validation"][f"pdj@{t}"] for t in ("0.1", "0.2", "0.5")]
    assert figures["validation"]["score"] == pytest.approx(sum(three) / 3)


def test_the_loss_is_that_of_plain_crops_of_each_person_once(plan, found):
    model, figures = found
    losses = []
    for batch in input_pipeline.evaluation_batches(
        plan.data, "val", batch_size=1
    ):
        crop = crops_of(batch, plan.spec.image_size)
        joints = model(crop, training=False)
        truth = boxes.normalize(batch["joints"], batch["box"])
        error = np.abs(joints - truth)[batch["labeled"].numpy()]
        losses.append(error.sum())
    assert len(losses) == plan.data.split("val").persons
    assert figures["validation"]["loss"] == pytest.approx(
        np.mean(losses), rel=1e-4
    )


def crops_of(batch, size):
    from deeppose_tf.geometry import crops

    return crops.cut(batch["image"], batch["box"][:, None], size)[:, 0]
