import dataclasses

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.models import confidence
from deeppose_tf.models import stage_specs
from deeppose_tf.models import trained_stages
from deeppose_tf.runs import teachers
from deeppose_tf.serving import export_saved_model
from tests import launcher
from tests import tiny


def test_stage_1_of_an_export_teaches_on_crops_of_the_training(
    exported, run_dir
):
    first = trained_stages.load_all(run_dir)[0]
    larger = dataclasses.replace(first.spec, image_size=64)
    teacher, joints = teachers.load(str(exported), larger)
    assert teacher.input.shape[1:3] == (64, 64)
    assert joints == list(range(14))
    for one, other in zip(
        teacher.get_weights(),
        first.networks["all"].get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_some_joints_are_taught_by_name(exported, run_dir):
    spec = stage_specs.load_spec(run_dir)
    names = spec.skeleton.joints
    chosen = tuple(reversed(names))
    skeleton = dataclasses.replace(spec.skeleton, joints=chosen)
    wanted = dataclasses.replace(spec, skeleton=skeleton)
    _, joints = teachers.load(str(exported), wanted)
    assert [names[i] for i in joints] == list(chosen)


def test_joints_that_the_teacher_does_not_know_are_named(exported, run_dir):
    spec = stage_specs.load_spec(run_dir)
    names = ("nose", "left_thumb", *spec.skeleton.joints[2:])
    skeleton = dataclasses.replace(spec.skeleton, joints=names)
    wanted = dataclasses.replace(spec, skeleton=skeleton)
    with pytest.raises(
        errors.InputError, match="knows nothing of nose, left_thumb"
    ):
        teachers.load(str(exported), wanted)


def test_a_teacher_without_maps_is_refused(tmp_path, data):
    tiny.untrained(tmp_path, data.skeleton, heads=("fc",))
    stage1 = tmp_path / "stage1"
    sure = confidence.Confidence(np.linspace(-1, 1, 14), 0.5, 10)
    confidence.save(sure, stage1, data.skeleton.joints)
    export_saved_model.export(stage1, str(tmp_path / "e"), data)
    with pytest.raises(errors.InputError, match="of --head=fc, which has no"):
        teachers.load(str(tmp_path / "e"), stage_specs.load_spec(stage1))


def test_a_training_with_a_teacher_goes_on_where_it_stopped(
    exported, records_dir, tmp_path
):
    run_dir, taught = tmp_path / "run" / "stage1", f"--teacher={exported}"
    done = tiny.train(run_dir, records_dir, taught, "--steps=2")
    assert done.returncode == 0, done.stderr
    assert launcher.refused(
        tiny.train(run_dir, records_dir), f"begun with {taught}, not None"
    )
    done = tiny.train(run_dir, records_dir, taught)
    assert done.returncode == 0, done.stderr
    assert "Goes on at step 2" in done.stderr
