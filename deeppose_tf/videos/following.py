"""Follows people through the frames of a video.

People are found now and then. In between, a person is looked for in the box
around the joints of the frame before, which costs nothing.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
from scipy import optimize

from deeppose_tf.geometry import boxes
from deeppose_tf.inference.predicted_poses import Poses
from deeppose_tf.videos import threads

# A found box is of a followed person if they overlap at least so much (IoU).
_OVERLAP = 0.3
# Two poses are of one person if joints are as close, in sides of the box.
_SAME_POSE = 0.06
# Joints with a lower score do not shape the next frame's box, but the best do.
_LEAST_JOINT, _BEST_JOINTS = 0.3, 4
# Who has less than this share of the score that they were found with is lost.
_LEAST_SHARE = 0.6
# Share of the last frame in a person's speed.
_NEWS = 0.2
# People who were not found so many times in a row are forgotten.
_MOST_MISSES = 4
# Frames between two looks while nobody is seen, or somebody is lost.
_SOON = 5


@dataclasses.dataclass
class _Person:
    """Somebody in the video.

    Attributes:
        number: the id.
        box: float [4], pixels: where to look for them in the next frame.
        speed: float [2], pixels a frame.
        score: of the pose in the frame that they were last found in; None:
            they were found in this one.
        lost: whether they are hidden or gone; then the box moves by `speed`.
        misses: looks in a row that did not find them.
    """

    number: int
    box: np.ndarray
    speed: np.ndarray
    score: float | None = None
    lost: bool = False
    misses: int = 0


class Follower:
    """The people of one video, each with a number that stays."""

    def __init__(
        self,
        find: Callable[[pathlib.Path, np.ndarray], np.ndarray],
        around: Callable[[np.ndarray], np.ndarray],
        every: int,
    ):
        """Begins a video.

        Args:
            find: function of a path and a frame: boxes of the people in it,
                float32 [people, 4].
            around: function of the tightest box around joints: the box that a
                person is looked for in, float32 [4].
            every: `find` is called every so many frames, and sooner while
                nobody is seen.
        """
        self._find = threads.EarlyCalls(find)
        self._around, self._every = around, every
        self._people: list[_Person] = []
        self._next, self._since_look = 1, None

    def boxes(
        self, path: pathlib.Path, image: np.ndarray
    ) -> tuple[list[int], np.ndarray]:
        """Where people are looked for in the next frame.

        Args:
            path: of the video.
            image: the frame, uint8 [height, width, 3].

        Returns:
            The people's numbers, and float32 [people, 4].
        """
        if self._frames_to_look() <= 0:
            self._look(self._find(path, image))
            self._since_look = 0
        self._since_look += 1
        seen = self._seen()
        box = [person.box for person in seen]
        return (
            [person.number for person in seen],
            np.array(box, np.float32).reshape(-1, 4),
        )

    def _seen(self):
        return [person for person in self._people if not person.lost]

    def expect(self, path: pathlib.Path, image: np.ndarray, distance: int):
        """Begins to look for people in a later frame, if it will be its turn.

        Args:
            path: of the video.
            image: the frame, uint8 [height, width, 3].
            distance: how many frames after the next one it comes.
        """
        if self._frames_to_look() == distance:
            self._find.begin(path, image)

    def _frames_to_look(self):
        """How many frames come before the next one that is looked at."""
        if self._since_look is None:
            return 0
        all_seen = self._people and len(self._seen()) == len(self._people)
        every = self._every if all_seen else min(self._every, _SOON)
        return every - self._since_look

    def _look(self, found):
        """Gives found boxes to those who are known, and to new people."""
        expected = np.array([person.box for person in self._people])
        overlap = boxes.overlaps(expected.reshape(-1, 4), found)
        known, matched = optimize.linear_sum_assignment(-overlap)
        good = overlap[known, matched] >= _OVERLAP
        for person in self._people:
            person.misses += 1
        for i, j in zip(known[good], matched[good], strict=True):
            person = self._people[i]
            person.box, person.score = found[j], None
            person.lost, person.misses = False, 0
        self._people = [p for p in self._people if p.misses < _MOST_MISSES]
        for j in sorted(set(range(len(found))) - set(matched[good])):
            self._people.append(_Person(self._next, found[j], np.zeros(2)))
            self._next += 1

    def update(self, poses: Poses) -> np.ndarray:
        """Takes in the poses that the boxes of this frame have given.

        Args:
            poses: of the people of `boxes`, in their order.

        Returns:
            bool [people]: who is seen; the others are lost from now on.
        """
        for person in self._people:
            if person.lost:
                person.box = _moved(person.box, person.speed)
        seen = self._seen()
        boxes_now = [
            self._around(_tightest(*pose))
            for pose in zip(poses.joints, poses.scores, strict=True)
        ]
        kept = _are_sure(seen, poses.mean_score)
        # A box without size would mean the whole frame.
        kept &= np.array([box[2:].min() > 0 for box in boxes_now], bool)
        kept &= ~_are_twins(poses, kept, _jumps(seen, boxes_now))
        for person, is_kept, box in zip(seen, kept, boxes_now, strict=True):
            person.lost = not is_kept
            if is_kept:
                step = (box - person.box)[:2]
                person.speed += _NEWS * (step - person.speed)
                person.box = box
        return kept


def _moved(box, step):
    return np.concatenate([box[:2] + step, box[2:]])


def _tightest(joints, scores):
    """The box [4] around the joints that are not in doubt."""
    best = np.sort(scores)[-_BEST_JOINTS:]
    return boxes.enclosing(joints, scores >= min(_LEAST_JOINT, best[0]))


def _are_sure(people, scores):
    """Whose pose is about as sure as when they were found, bool [people]."""
    for person, score in zip(people, scores, strict=True):
        if person.score is None:
            person.score = score
    least = [_LEAST_SHARE * person.score for person in people]
    return scores >= np.array(least)


def _jumps(people, box):
    """How far the poses are from where people were expected, pixels."""
    return [
        np.hypot(*(new - _moved(person.box, person.speed))[:2])
        for person, new in zip(people, box, strict=True)
    ]


def _are_twins(poses, kept, jumps):
    """Whose box has come to show somebody else: the pose has another's joints.

    Of equal poses, it is everybody's but the one's who has jumped least.
    """
    twins = np.zeros(len(kept), bool)
    side = poses.box[:, 2:].max(axis=1)
    own = []
    for i in np.argsort(jumps):
        apart = np.linalg.norm(poses.joints[own] - poses.joints[i], axis=-1)
        twins[i] = (np.median(apart, axis=-1) < _SAME_POSE * side[i]).any()
        if kept[i] and not twins[i]:
            own.append(i)
    return twins
