import json

import numpy as np
import pytest

from deeppose_tf.geometry import boxes
from deeppose_tf.inference import found_people
from deeppose_tf.inference import photos
from deeppose_tf.inference.predicted_poses import Poses
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from deeppose_tf.videos import following
from deeppose_tf.videos import video_files
from deeppose_tf.videos import video_poses
from tests.launcher import ROOT

# A pose's joints around its center, pixels: 100 wide and 200 high.
SHAPE = np.array([[-50, -100], [50, -100], [-30, 100], [30, 100], [0, 0]])


def around(tight):
    return boxes.scaled(tight, 1.25, square=True)


class World:
    """People at known places, a finder, and a cascade that sees the nearest.

    Where two overlap by half, both finder and cascade see the front one only.
    """

    def __init__(self, places, every):
        self.places = places  # Of each frame, [people, 2]; front people first.
        self.images = [np.array([i]) for i in range(len(places))]
        self.looks, self.frame = [], 0
        self.follower = following.Follower(self.find, around, every)

    def visible(self, frame):
        seen = []
        for place in self.places[frame]:
            if all(np.abs(place - other)[0] > 50 for other in seen):
                seen.append(np.array(place, float))
        return seen

    def find(self, path, image):
        (frame,) = image
        self.looks.append(frame)
        tight = [[*place, 100.0, 200.0] for place in self.visible(frame)]
        return around(np.array(tight, np.float32).reshape(-1, 4))

    def pose(self, box):
        """The joints of the person nearest to a box, and their scores."""
        visible = self.visible(self.frame)
        far = [np.linalg.norm(place - box[:2]) for place in visible]
        if not far or min(far) > box[2] / 2:
            return SHAPE + box[:2], np.full(5, 0.2)
        return SHAPE + visible[np.argmin(far)], np.full(5, 0.8)

    def run(self, early=0):
        """By frame, the places of those who are seen, by id.

        Looks may begin so many frames early.
        """
        answers = []
        for frame, image in enumerate(self.images):
            self.frame = frame
            for later in self.images[frame + early : frame + early + 1]:
                self.follower.expect(None, later, early)
            ids, box = self.follower.boxes(None, image)
            poses = [self.pose(one) for one in box]
            joints = np.array([pose for pose, _ in poses]).reshape(-1, 5, 2)
            scores = np.array([score for _, score in poses]).reshape(-1, 5)
            kept = self.follower.update(Poses(box, joints, scores))
            answers.append({ids[i]: joints[i, 4] for i in np.flatnonzero(kept)})
        return answers


def walk(start, step, frames, y=300.0):
    return [[start + step * i, y] for i in range(frames)]


def test_one_who_walks_is_found_once_and_followed():
    path = walk(100.0, 6.0, 40)
    world = World([[place] for place in path], every=1000)
    answers = world.run()
    assert world.looks == [0]
    for place, answer in zip(path, answers, strict=True):
        assert list(answer) == [1]
        np.testing.assert_allclose(answer[1], place, atol=1e-3)


def test_people_are_looked_for_every_so_many_frames():
    one = walk(100.0, 0.0, 25)
    two = [[place] for place in one[:12]]
    two += [[place, [500.0, 300.0]] for place in one[12:]]
    world = World(two, every=10)
    answers = world.run()
    assert world.looks == [0, 10, 20]
    assert [sorted(answer) for answer in answers] == [[1]] * 20 + [[1, 2]] * 5


def test_looks_that_begin_early_find_the_same():
    one, two = walk(100.0, 8.0, 60), walk(580.0, -8.0, 60)
    places = [list(both) for both in zip(one, two, strict=True)]
    places[40:] = [[place] for place in one[40:]]
    late, early = World(places, every=10), World(places, every=10)
    for expected, found in zip(late.run(), early.run(early=4), strict=True):
        assert expected.keys() == found.keys()
        for number, place in expected.items():
            np.testing.assert_array_equal(found[number], place)
    assert set(late.looks) <= set(early.looks)
    assert len(early.looks) == len(set(early.looks)) < len(late.looks) + 4


def test_people_who_cross_keep_their_ids():
    frames = 60
    right, left = walk(100.0, 8.0, frames), walk(580.0, -8.0, frames)
    world = World(list(zip(right, left, strict=True)), every=15)
    answers = world.run()
    hidden = [len(answer) < 2 for answer in answers]
    assert 10 < sum(hidden) < 25  # Behind the other, and until they are found.
    assert not hidden[0] and not hidden[-1]
    np.testing.assert_allclose(answers[-1][1], right[-1], atol=1e-3)
    np.testing.assert_allclose(answers[-1][2], left[-1], atol=1e-3)
    assert {number for answer in answers for number in answer} == {1, 2}


def test_one_who_walks_behind_a_pillar_keeps_the_id():
    path = walk(100.0, 12.0, 60)
    places = [
        [place] if abs(i - 26) > 6 else [] for i, place in enumerate(path)
    ]
    world = World(places, every=15)
    answers = world.run()
    assert not any(answers[20:33])
    assert list(answers[-1]) == [1]
    assert len(world.looks) < 10


def test_one_who_leaves_is_gone_at_once_and_somebody_else_comes():
    gone = [[[100.0, 300.0]]] * 10 + [[]] * 40
    world = World(gone + [[[100.0, 300.0]]] * 10, every=15)
    answers = world.run()
    assert [len(answer) for answer in answers[:11]] == [1] * 10 + [0]
    assert not any(answers[10:50])
    assert list(answers[-1]) == [2]
    # Nobody is there: looks come more often.
    assert np.diff([frame for frame in world.looks if frame >= 15]).max() == 5


def test_a_pose_in_doubt_is_as_it_was_found():
    world = World([[[100.0, 300.0]]] * 5, every=1000)
    pose = world.pose
    world.pose = lambda box: (pose(box)[0], np.full(5, 0.2))
    assert all(world.run())


def film(path, photo, shifts):
    """A window of a photo's size that moves over it; outside it is grey."""
    height, width = photo.shape[:2]
    wall = np.full((height, 3 * width, 3), 110, np.uint8)
    wall[:, width : 2 * width] = photo
    with video_files.Writer(path, 25.0) as writer:
        for shift in shifts:
            frame = wall[:, width + shift : 2 * width + shift]
            writer.add(np.ascontiguousarray(frame))


@pytest.mark.slow(10)
def test_a_real_person_is_followed_until_gone(tmp_path):
    model = saved_models.load(str(ROOT / "saved_models/lsp_extended_fast"))
    rule = model.metadata["training_data"]["box"]
    finder = found_people.PersonFinder(str(versions.FINDER), rule)
    photo = photos.load(ROOT / "docs/images/firefighter.jpg")
    shifts = [*range(0, 120, 6), *range(120, -120, -6)] + [448] * 8
    film(tmp_path / "walk.mp4", photo, shifts)
    looks = []

    def find(path, image):
        looks.append(image)
        return finder(path, image)

    follower = following.Follower(find, finder.around, 30)
    _, empty = video_poses.write(
        tmp_path, tmp_path / "walk.mp4", model, follower
    )
    lines = (tmp_path / "walk.pose.jsonl").read_text().splitlines()
    people = [json.loads(line)["people"] for line in lines]
    assert empty == 8
    assert len(looks) <= 4
    necks = []
    for frame in people[:-8]:
        (person,) = frame
        assert person["id"] == 1
        necks.append(person["joints"]["neck"][0])
    np.testing.assert_allclose(
        np.array(necks) + shifts[:-8], necks[0], atol=12.0
    )
