import keras
import numpy as np
import pytest

from deeppose_tf.data import dataset
from deeppose_tf.examples import augment
from deeppose_tf.examples import example_options
from deeppose_tf.examples import input_pipeline
from deeppose_tf.geometry import boxes
from deeppose_tf.losses import joint_losses
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.runs import run_folder
from deeppose_tf.runs import validation
from deeppose_tf.runs.plan import Plan
from deeppose_tf.training import training_options


@pytest.fixture(scope="module")
def plan(records_dir, tmp_path_factory):
    data = dataset.load(records_dir)
    plan = Plan(
        spec=stage_specs.StageSpec(
            skeleton=data.skeleton,
            network="compact",
            head="integral",
            image_size=32,
        ),
        data=data,
        run_dir=tmp_path_factory.mktemp("run"),
        examples=example_options.ExampleOptions(
            augmentation=augment.Augmentation(flip=True, shift=0.2)
        ),
        loss=training_options.LossOptions("l1"),
        optimizer=training_options.OptimizerOptions(),
        schedule=training_options.Schedule(steps=1, batch_size=2, eval_every=1),
        tensorboard_pictures=False,
    )
    run_folder.claim(plan, "")
    return plan


@pytest.fixture(scope="module")
def evaluated(plan):
    keras.utils.set_random_seed(3)
    model = stages.build(plan.spec, "all")
    of_model = validation.StageValidation(plan, "all", model, joint_losses.L1())
    of_model.start()
    return model, of_model.evaluate()


def test_training_and_validation_people_get_the_same_metrics(evaluated):
    _, metrics = evaluated
    assert set(metrics) == {"train", "validation"}
    assert set(metrics["validation"]) == {"score", "loss", *metrics["train"]}


def test_the_score_is_the_mean_of_three_thresholds(evaluated):
    _, metrics = evaluated
    three = [metrics["validation"][f"pdj@{t}"] for t in ("0.1", "0.2", "0.5")]
    assert metrics["validation"]["score"] == pytest.approx(sum(three) / 3)


def test_the_loss_is_that_of_plain_crops_of_each_person_once(plan, evaluated):
    model, metrics = evaluated
    errors = []
    for batch in input_pipeline.evaluation_batches(
        plan.data, "val", batch_size=1
    ):
        crop = crops_of(batch, plan.spec.image_size)
        joints = model(crop, training=False)
        truth = boxes.normalize(batch["joints"], batch["box"])
        error = np.abs(joints - truth)[batch["labeled"].numpy()]
        errors.append(error.sum())
    assert len(errors) == plan.data.split("val").persons
    assert metrics["validation"]["loss"] == pytest.approx(
        np.mean(errors), rel=1e-4
    )


def crops_of(batch, size):
    from deeppose_tf.geometry import crops

    return crops.cut(batch["image"], batch["box"][:, None], size)[:, 0]
