import numpy as np
import pytest

from deeppose_tf.evaluation import accumulators
from deeppose_tf.evaluation import aggregation
from deeppose_tf.evaluation import bootstrap
from deeppose_tf.evaluation import results
from deeppose_tf.evaluation.predictions import Predictions
from deeppose_tf.geometry import skeletons

LSP = skeletons.LSP


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, (23, 14, 2))
    joints = truth + rng.normal(0, 12, truth.shape)
    return Predictions(joints, truth, rng.random((23, 14)) < 0.8)


def batch(people, rows):
    return accumulators.measure(people.rows(rows), LSP)


def test_any_split_into_batches_and_replicas_gives_the_same(people):
    whole = accumulators.Accumulator()
    whole.add(batch(people, slice(None)))
    replicas = [accumulators.Accumulator(), accumulators.Accumulator()]
    for i, start in enumerate(range(0, 23, 3)):
        replicas[i % 2].add(batch(people, slice(start, start + 3)))
    replicas[0].merge(replicas[1])
    want = aggregation.aggregate(whole.by_name())
    found = aggregation.aggregate(replicas[0].by_name())
    assert list(found) == list(want)
    for name in want:
        np.testing.assert_allclose(found[name], want[name], rtol=1e-12)


def test_what_is_not_labeled_changes_nothing(people):
    joints, truth, labeled = people.joints, people.truth, people.labeled
    wild = Predictions(
        np.where(labeled[..., None], joints, 1e6), truth, labeled
    )
    for name, tally in batch(people, slice(None)).items():
        other = batch(wild, slice(None))[name]
        if name != "swap_rate":  # Exchanges what is labeled on one side only.
            np.testing.assert_array_equal(tally.value, other.value)


def test_paired_joints_are_all_but_neck_and_head_top(people):
    result = results.summarize(people, LSP, intervals=True)
    labeled = people.labeled
    counted = labeled & labeled[:, LSP.torsos[0]].all(1, keepdims=True)
    hits = accumulators.pdj(people, LSP, [0.2])["pdj@0.2"].value[:, :12].sum()
    share = hits / counted[:, :12].sum()
    assert LSP.joints[12:] == ("neck", "head_top")
    np.testing.assert_allclose(result["figures"]["pdj_pairs@0.2"], share)
    assert share != result["figures"]["pdj@0.2"]
    low, high = result["intervals"]["pdj_pairs@0.2"]
    assert low < share < high


def test_drawing_each_person_once_gives_the_plain_figures(people):
    tally = batch(people, slice(None))
    plain = aggregation.aggregate(
        {
            name: (t.items, t.value.sum(axis=0), t.counted.sum(axis=0))
            for name, t in tally.items()
        }
    )
    once = np.ones((1, 23))
    drawn = aggregation.aggregate(
        {name: bootstrap.resampled(t, once) for name, t in tally.items()}
    )
    for name in plain:
        np.testing.assert_allclose(drawn[name], [plain[name]], rtol=1e-12)


def test_draws_take_as_many_persons_as_there_are():
    times = np.concatenate(list(bootstrap.weights(23)))
    assert times.shape == (1000, 23)
    assert (times.sum(axis=1) == 23).all()
    # Each person comes once on average.
    np.testing.assert_allclose(times.mean(axis=0), 1.0, atol=0.15)
