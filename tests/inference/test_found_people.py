import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photos
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from deeppose_tf.storage import digests
from tests.launcher import refused
from tests.launcher import run

# The finder's own boxes; PersonFinder makes 0.88 of the rule's scale of them.
TIGHT = {"kind": "joints", "scale": 1 / 0.88, "square": False}


@pytest.fixture(scope="module")
def finder():
    return found_people.PersonFinder(str(versions.FINDER), TIGHT)


def iou(a, b):
    """Intersection over union of two boxes [4]."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    shared = np.maximum(high - low, 0.0).prod()
    return shared / (a[2:].prod() + b[2:].prod() - shared)


def coco_people(folder):
    """By picture, boxes of its people, and whether each is large and whole."""
    for split in ("train2017", "val2017"):
        path = folder / "annotations" / f"person_keypoints_{split}.json"
        content = json.loads(path.read_text())
        for image in content["images"]:
            people = []
            for person in content["annotations"]:
                if person["image_id"] == image["id"]:
                    x, y, w, h = person["bbox"]
                    box = np.array([x + w / 2, y + h / 2, w, h])
                    large = h >= 128 and person["num_keypoints"] >= 14
                    people.append((box, large))
            yield folder / split / image["file_name"], people


def test_most_large_people_are_found_and_nothing_else(finder, real_data):
    large = found_large = finds = nobody = 0
    for path, people in coco_people(real_data / "coco_mini"):
        boxes = finder(path, photos.load(path))
        finds += len(boxes)
        nobody += sum(
            all(iou(box, person) < 0.3 for person, _ in people) for box in boxes
        )
        for person, is_large in people:
            large += is_large
            found_large += is_large and any(
                iou(box, person) > 0.5 for box in boxes
            )
        pairs = itertools.combinations(boxes, 2)
        assert all(iou(a, b) <= 0.6 + 1e-6 for a, b in pairs), path
    assert large == 29
    assert found_large >= 24
    assert finds >= 50 and nobody <= finds / 50


@pytest.mark.parametrize("size", [(1, 1), (700, 5), (5, 700), (300, 300)])
def test_a_wall_of_any_size_holds_nobody(finder, size):
    found = finder(None, np.full((*size, 3), 90, np.uint8))
    assert found.shape == (0, 4)
    assert found.dtype == np.float32


def test_boxes_are_made_as_those_of_the_training_people(finder, real_data):
    path = real_data / "coco_mini" / "train2017" / "000000227000.jpg"
    image = photos.load(path)
    tight = finder(path, image)
    rule = {"kind": "joints", "scale": 1.5, "square": True}
    wide = found_people.PersonFinder(str(versions.FINDER), rule)(path, image)
    tallest = tight[:, 2:].max(axis=1, keepdims=True).repeat(2, 1)
    np.testing.assert_allclose(wide[:, 2:], 0.88 * 1.5 * tallest, 1e-5)
    np.testing.assert_allclose(wide[:, :2], tight[:, :2])
    whole = {"kind": "image", "scale": 1.0, "square": False}
    loose = found_people.PersonFinder(str(versions.FINDER), whole)(path, image)
    np.testing.assert_allclose(loose[:, 2:], 1.1 * tight[:, 2:], 1e-5)


def test_a_picture_and_its_half_have_the_same_people(finder, real_data):
    path = real_data / "coco_mini" / "train2017" / "000000227000.jpg"
    image = photos.load(path)
    large = image.repeat(2, axis=0).repeat(2, axis=1)
    found, again = finder(path, image), finder(path, large)
    assert len(found) == len(again) > 0
    for box in again:
        assert max(iou(box / 2, other) for other in found) > 0.8


def test_the_finder_answers_its_warm_up_request():
    logs = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    path = versions.newest(versions.FINDER)
    (record,) = tf.data.TFRecordDataset(str(path / interface.WARMUP))
    request = logs.PredictionLog.FromString(record.numpy()).predict_log.request
    assert request.model_spec.name == versions.FINDER.name
    assert request.model_spec.signature_name == "serving_default"
    inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
    signature = saved_models.load_finder(str(path))["serving_default"]
    answer = signature(**{k: tf.constant(v) for k, v in inputs.items()})
    assert answer["box"].shape == (1, 6, 4)


def test_only_models_of_people_want_them():
    assert found_people.are_wanted(skeletons.LSP)
    assert found_people.are_wanted(skeletons.COCO)
    hand = skeletons.Skeleton("hand", ("wrist", "thumb"), (0, 1), ())
    assert not found_people.are_wanted(hand)


def test_what_is_no_finder_is_refused(exported, tmp_path):
    for folder in (exported, tmp_path):
        with pytest.raises(errors.InputError, match="--finder=.*export_finder"):
            found_people.PersonFinder(str(folder), TIGHT)


@pytest.mark.slow(6)
@pytest.mark.keras3  # Warm-up requests need the extra `serving`.
def test_the_finder_is_written_from_the_package_s_files(models_dir, tmp_path):
    weights = f"--weights={models_dir / 'movenet-multipose.json'}"
    done = run(
        "deeppose_tf.export_finder", weights, f"--export_dir={tmp_path / 'f'}"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "f" / "1" / interface.WARMUP).exists()
    digests.check_all(tmp_path / "f" / "1", "")
    assert (tmp_path / "f" / "1" / digests.NAME).exists()
    files = [p for p in (tmp_path / "f" / "1").rglob("*") if p.is_file()]
    assert sum(path.stat().st_size for path in files) < 10e6
    image = np.random.default_rng(0).integers(0, 255, (50, 60, 3), np.uint8)
    ours = found_people.PersonFinder(str(tmp_path / "f"), TIGHT)
    shipped = found_people.PersonFinder(str(versions.FINDER), TIGHT)
    np.testing.assert_allclose(ours(None, image), shipped(None, image))
    for wrong in ("movenet-lightning.json", "nothing.json"):
        done = run(
            "deeppose_tf.export_finder",
            f"--weights={models_dir / wrong}",
            f"--export_dir={tmp_path / 'no'}",
        )
        assert refused(done, wrong)
        assert not (tmp_path / "no").exists()
