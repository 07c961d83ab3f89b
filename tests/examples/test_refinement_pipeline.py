import itertools
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import dataset
from deeppose_tf.data import displacements
from deeppose_tf.data import parsing
from deeppose_tf.data import person_records
from deeppose_tf.data import records
from deeppose_tf.examples import augment
from deeppose_tf.examples import crop_centers
from deeppose_tf.examples import example_options
from deeppose_tf.examples import refinement_crops
from deeppose_tf.examples import refinement_pipeline
from deeppose_tf.geometry import skeletons
from tests.tiny import made_person

LSP = skeletons.LSP
NO_DISPLACEMENT = displacements.Displacements(
    np.ones(14), np.zeros((14, 2)), np.zeros((14, 2, 2)), {}
)


def off_by(displacement):
    def locate(person, seed):
        return person["joints"] + displacement, tf.constant(50.0)

    return crop_centers.CropCenters(locate, need_torso=False)


def examples(
    where, seed=(0, 0), source=None, outputs=tuple(range(14)), **options
):
    options = dict(crops_per_person=6, augmentation=augment.NONE) | options
    cropping = refinement_crops.Cropping(
        outputs=outputs,
        sigma=1.0,
        image_size=50,
        options=example_options.ExampleOptions(**options),
    )
    found = refinement_crops.cut(
        source or made_person(), where, tf.constant(seed), cropping, LSP
    )
    return [part.numpy() for part in found]


def test_target_is_the_way_back_in_units_of_the_box():
    # Started 10 px right and 5 px above the truth, in a box of 50 px.
    crops, joints, labeled = examples(off_by([10.0, -5.0]))
    assert crops.shape == (6, 50, 50, 3)
    assert labeled.sum(axis=1).tolist() == [1] * 6
    np.testing.assert_allclose(
        joints[labeled], np.tile([-0.2, 0.1], (6, 1)), atol=1e-5
    )


def test_marked_pixel_lies_at_the_target_flipped_or_not():
    wrists = (LSP.index("left_wrist"), LSP.index("right_wrist"))
    source = made_person()
    only_left = np.zeros(14, bool)
    only_left[[wrists[0], *LSP.torsos[0]]] = True
    source["labeled"] = tf.constant(only_left)
    crops, joints, labeled = examples(
        off_by([7.0, -4.0]),
        outputs=wrists,
        augmentation=augment.Augmentation(flip=True),
        crops_per_person=12,
        source=source,
    )
    # Unflipped it is a left wrist, flipped a right one; never an unlabeled.
    assert set(labeled.argmax(axis=1)) == {0, 1}
    for crop, joint, mask in zip(crops, joints, labeled, strict=True):
        x, y = (joint[mask][0] + 0.5) * 50
        # The pixel is 1/50 of the crop: 255 spreads over at most 2 x 2.
        found = crop[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2, 0]
        assert found.sum() == pytest.approx(255, abs=1)
        assert crop[..., 0].sum() == pytest.approx(255, abs=1)


def test_all_targets_are_the_labeled_joints_inside_the_crop():
    source = made_person()
    elbow = LSP.index("left_elbow")
    source["labeled"] = tf.constant(np.arange(14) != elbow)
    _, joints, labeled = examples(
        off_by([0.0, 0.0]), targets="all", source=source, crops_per_person=12
    )
    truth = source["joints"].numpy()
    assert (labeled.sum(axis=1) > 1).any()
    assert not labeled[:, elbow].any()
    for found, mask in zip(joints, labeled, strict=True):
        inside = (np.abs(found) < 0.5).all(axis=1)
        np.testing.assert_array_equal(mask, inside & (np.arange(14) != elbow))
        # All in one box of 50 px: differences are those of the truth.
        np.testing.assert_allclose(
            (found[3] - found[0]) * 50, truth[3] - truth[0], atol=1e-3
        )


def test_rotation_turns_start_and_target_together():
    for i in range(3):
        crops, joints, labeled = examples(
            off_by([7.0, -4.0]),
            seed=(1, i),
            outputs=(LSP.index("left_wrist"),),
            augmentation=augment.Augmentation(flip=False, any_rotation=1.0),
        )
        distance = np.linalg.norm(joints[labeled], axis=-1)
        np.testing.assert_allclose(distance, np.hypot(7, 4) / 50, atol=1e-4)
        for crop, joint in zip(crops, joints[:, 0], strict=True):
            y, x = np.unravel_index(crop[..., 0].argmax(), (50, 50))
            np.testing.assert_allclose(
                [x + 0.5, y + 0.5], (joint + 0.5) * 50, atol=1.1
            )


def test_batches_merge_persons_and_crops_and_resume(records_dir):
    tf.random.set_seed(1)
    data = dataset.load(str(records_dir))
    cropping = refinement_crops.Cropping(
        outputs=tuple(range(14)),
        sigma=1.0,
        image_size=32,
        options=example_options.ExampleOptions(
            crops_per_person=2,
            augmentation=augment.Augmentation(flip=True, shift=0.1),
        ),
    )

    def batches(start, count):
        found = refinement_pipeline.refinement_batches(
            data,
            crop_centers.simulated(NO_DISPLACEMENT, LSP),
            cropping,
            batch_size=8,
            seed=0,
            start_step=start,
        )
        return list(itertools.islice(found, count))

    unbroken = batches(0, 6)
    assert unbroken[0][0].shape == (8, 32, 32, 3)
    assert unbroken[0][1].shape == (8, 14, 2)
    for want, found in zip(unbroken[4:], batches(4, 2), strict=True):
        for a, b in zip(want, found, strict=True):
            np.testing.assert_array_equal(a, b)


def relabeled(records_dir, folder, unlabeled):
    """A copy of a data set; of person i the joints unlabeled(i) are masked."""
    shutil.copytree(records_dir, folder)
    card = json.loads((folder / "dataset.json").read_text())
    i = 0
    for shard in card["splits"]["train"]["shards"]:
        path = folder / shard["name"]
        people = [
            parsing.decode(record, 14)
            for record in tf.data.TFRecordDataset(str(path))
        ]
        with tf.io.TFRecordWriter(str(path)) as writer:
            for person in people:
                person = {k: v.numpy() for k, v in person.items()}
                person["labeled"][unlabeled(i)] = False
                for key in ("image_id", "person_id"):
                    person[key] = person[key].decode()
                writer.write(records.encode(records.Person(**person)))
                i += 1
        shard["bytes"] = path.stat().st_size
    (folder / "dataset.json").write_text(json.dumps(card))
    return dataset.load(str(folder))


@pytest.mark.parametrize("need_torso", [True, False])
def test_people_without_what_a_stage_learns_from_are_left_out(
    records_dir, tmp_path, need_torso
):
    tf.random.set_seed(1)
    wrist = LSP.index("left_wrist")
    shoulders = [LSP.index(f"{side}_shoulder") for side in ("left", "right")]
    masks = {0: [], 1: [wrist], 2: shoulders}
    data = relabeled(records_dir, tmp_path / "data", lambda i: masks[i % 3])
    shoulder = LSP.torsos[0][0]

    def locate(person, seed):
        # A start a quarter box off gives people without a torso away.
        side = tf.reduce_max(person["box"][2:])
        off = tf.where(person["labeled"][shoulder], 0.0, 0.25 * side)
        return person["joints"] + off, side

    found = refinement_pipeline.refinement_batches(
        data,
        crop_centers.CropCenters(locate, need_torso),
        refinement_crops.Cropping(
            outputs=(wrist,),
            sigma=1.0,
            image_size=32,
            options=example_options.ExampleOptions(crops_per_person=1),
        ),
        batch_size=2,
        seed=0,
    )
    _, joints, labeled = map(
        np.concatenate, zip(*itertools.islice(found, 12), strict=True)
    )
    assert labeled.all()
    offs = {0.0} if need_torso else {0.0, -0.25}
    assert set(joints.round(3).ravel().tolist()) == offs


def test_decoded_joints_are_in_the_windows_pixels(records_dir):
    data = dataset.load(str(records_dir))
    found = next(iter(person_records.decoded(data, "train")))
    height, width = found["image"].shape[:2]
    inside = found["joints"].numpy()[found["labeled"].numpy()]
    assert (inside >= -1).all()
    assert (inside <= [width + 1, height + 1]).all()
