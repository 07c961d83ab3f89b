import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.data import parsing
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages


@pytest.fixture
def data(records_dir):
    return dataset.load(str(records_dir))


@pytest.fixture
def run_dir(tmp_path, data):
    spec = stage_specs.StageSpec(
        skeleton=data.skeleton,
        network="compact",
        head="integral",
        image_size=32,
    )
    stage_specs.save_spec(spec, tmp_path)
    stages.build(spec, "all").save_weights(tmp_path / "best.weights.h5")
    return tmp_path


def test_training_people_are_predicted_once(run_dir, data):
    first = training_predictions.of_stage(run_dir, data)
    assert len(first.person_ids) == data.splits["train"].persons
    kept = run_dir / "predictions.npz"
    written = kept.stat().st_mtime_ns
    again = training_predictions.of_stage(run_dir, data)
    assert kept.stat().st_mtime_ns == written
    np.testing.assert_array_equal(first.joints, again.joints)
    np.testing.assert_array_equal(first.person_ids, again.person_ids)


def test_other_weights_predict_the_training_people_anew(run_dir, data):
    first = training_predictions.of_stage(run_dir, data)
    spec = stage_specs.load_spec(run_dir)
    stages.build(spec, "all").save_weights(run_dir / "best.weights.h5")
    again = training_predictions.of_stage(run_dir, data)
    assert np.abs(first.joints - again.joints).max() > 1e-4


def test_truth_and_names_are_those_of_the_records(run_dir, data):
    found = training_predictions.of_stage(run_dir, data)
    files = list(data.splits["train"].files)
    people = [parsing.decode(r, 14) for r in tf.data.TFRecordDataset(files)]
    for i, person in enumerate(people):
        assert found.person_ids[i] == person["person_id"]
        np.testing.assert_array_equal(found.labeled[i], person["labeled"])
        np.testing.assert_allclose(found.truth[i], person["joints"], atol=1e-5)
