import dataclasses
import re

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.models import confidence
from deeppose_tf.models import stages
from deeppose_tf.models import trained_stages
from deeppose_tf.runs import teachers
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import export_sources
from tests import launcher
from tests import tiny


@pytest.fixture
def first(run_dir):
    """Stage 1 of the export `exported`."""
    return trained_stages.load_all(run_dir)[0]


def with_joints(spec, names):
    skeleton = dataclasses.replace(spec.skeleton, joints=tuple(names))
    return dataclasses.replace(spec, skeleton=skeleton)


def test_stage_1_of_an_export_teaches_on_crops_of_the_training(exported, first):
    larger = dataclasses.replace(first.spec, image_size=64)
    teachers.check(str(exported), larger)
    teacher, joints = teachers.load(
        str(exported), larger, stages.build(larger, "all")
    )
    assert teacher.input.shape[1:3] == (64, 64)
    assert joints == list(range(14))
    for one, other in zip(
        teacher.get_weights(),
        first.networks["all"].get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_joints_are_found_by_name(exported, first):
    names = first.spec.skeleton.joints
    chosen = names[::-1]
    wanted = with_joints(first.spec, chosen)
    teachers.check(str(exported), wanted)
    _, joints = teachers.load(str(exported), wanted, first.networks["all"])
    assert [names[i] for i in joints] == list(chosen)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"stage": 2}, "is of stage 1; leave it out"),
        ({"head": "fc"}, "--head=fc has none"),
    ],
)
def test_stages_without_maps_of_people_are_taught_nothing(
    exported, first, changes, words
):
    wanted = dataclasses.replace(first.spec, **changes)
    with pytest.raises(errors.InputError, match=words):
        teachers.check(str(exported), wanted)


def test_joints_that_the_teacher_does_not_know_are_named(exported, first):
    names = ("nose", "left_thumb", *first.spec.skeleton.joints[2:])
    with pytest.raises(
        errors.InputError, match="knows nothing of nose, left_thumb"
    ):
        teachers.check(str(exported), with_joints(first.spec, names))


def test_a_teacher_without_maps_is_refused(tmp_path, data, first):
    tiny.untrained(tmp_path, data.skeleton, heads=("fc",))
    stage1 = tmp_path / "stage1"
    sure = confidence.Confidence(np.linspace(-1, 1, 14), 0.5, 10)
    confidence.save(sure, stage1, data.skeleton.joints)
    source = export_sources.of_run(stage1, data)
    export_saved_model.export(source, str(tmp_path / "e"))
    with pytest.raises(errors.InputError, match="of --head=fc, which has no"):
        teachers.check(str(tmp_path / "e"), first.spec)


def test_exports_for_litert_do_not_teach(tmp_path, first):
    for name in ("deeppose.json", "stage1_all.tflite"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(errors.InputError, match="an export for LiteRT"):
        teachers.check(str(tmp_path), first.spec)


def test_maps_of_another_size_are_refused(exported, first):
    other = dataclasses.replace(first.spec, network="movenet_lightning")
    with pytest.raises(
        errors.InputError, match="its maps have .8, 8. cells.*12, 12"
    ):
        teachers.load(str(exported), other, stages.build(other, "all"))


@pytest.mark.slow(35)
def test_a_training_with_a_teacher_goes_on_where_it_stopped(
    exported, records_dir, tmp_path
):
    run_dir, taught = tmp_path / "run" / "stage1", f"--teacher={exported}"
    done = tiny.train(run_dir, records_dir, taught, "--steps=2")
    assert done.returncode == 0, done.stderr
    assert launcher.refused(
        tiny.train(run_dir, records_dir), "begun with --teacher=tiny/1, not"
    )
    done = tiny.train(run_dir, records_dir, f"{taught}/1")
    assert done.returncode == 0, done.stderr
    assert "Goes on at step 2" in done.stderr


@pytest.mark.slow(35)
def test_the_teacher_is_in_the_loss(exported, records_dir, tmp_path):
    more = ("--steps=1", "--eval_every=1")
    losses = []
    for weight in (0, 5):
        done = tiny.train(
            tmp_path / f"run{weight}" / "stage1",
            records_dir,
            f"--teacher={exported}",
            f"--teacher_weight={weight}",
            *more,
        )
        assert done.returncode == 0, done.stderr
        losses.append(float(re.search(r"step 1/1 loss (\S+)", done.stderr)[1]))
    assert losses[1] > losses[0] + 0.01
