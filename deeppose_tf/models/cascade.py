"""The cascade: stages 1..S on images and boxes."""

import pathlib
from typing import NamedTuple

import tensorflow as tf

from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import torso
from deeppose_tf.models import run_paths
from deeppose_tf.models import stages


class StageOutput(NamedTuple):
    """What a stage predicts; see `Cascade.predict` for a cascade.

    Attributes:
        joints: float32 [..., joints, 2], pixels.
        spread: float32 [..., joints, 2], the mean absolute error that the last
            network expects of each coordinate, pixels; [..., joints, 0] where
            it predicts none.
    """

    joints: tf.Tensor
    spread: tf.Tensor


class Stage:
    """One trained stage.

    Attributes:
        spec: what it is.
        networks: by part, from crops to joints; a part that is missing (a
            per-joint refiner not trained yet) leaves its joint where it is.
    """

    def __init__(self, spec: stages.StageSpec, networks: dict):
        """Keeps the networks as they are."""
        self.spec = spec
        self.networks = networks

    def __call__(self, images, box, joints=None):
        """The joints of `predict`."""
        return self.predict(images, box, joints).joints

    def predict(self, images, box, joints=None) -> StageOutput:
        """Predicts or refines joints.

        Args:
            images: uint8 [n, height, width, 3].
            box: float32 [n, 4], b0 in pixels.
            joints: float32 [n, joints, 2], pixels, by the stage before; None
                for stage 1.
        """
        if self.spec.stage == 1:
            return self._pose(images, box)
        return self._refined(images, box, joints)

    def _pose(self, images, box):
        """Stage 1: all joints at once, from the crop of the person's box."""
        crop = crops.cut(images, box[:, None], self.spec.image_size)[:, 0]
        output = self.networks["all"](crop, training=False)
        joints = boxes.denormalize(output[..., :2], box)
        spread = output[..., 2:]
        if self.spec.spread:
            spread *= box[:, None, 2:]
        return StageOutput(joints, spread)

    def _refined(self, images, box, joints):
        """Later stages: a displacement of each joint, from a crop around it."""
        side = self.spec.sigma * torso.predicted_diameter(
            joints, box, self.spec.skeleton.torsos
        )
        around = crops.boxes_around(joints, side[:, None])
        crop = crops.cut(images, around, self.spec.image_size)
        output = self._displacements(crop) * side[:, None, None]
        moved = joints + self.spec.step_size * output[..., :2]
        return StageOutput(moved, output[..., 2:])

    def _displacements(self, crop):
        """[n, joints, size, size, 3] -> [n, joints, 2 or 4], units of the box.

        What comes after x and y is their spread.
        """
        k = len(self.spec.skeleton.joints)
        columns = 4 if self.spec.spread else 2
        if self.spec.refiner == "shared":
            merged = tf.reshape(crop, tf.concat([[-1], tf.shape(crop)[2:]], 0))
            output = self.networks["all"](merged, training=False)
            output = tf.reshape(output, [-1, k, k, columns])
            # The crop around joint j gives joint j alone.
            return tf.einsum("njjd->njd", output)
        still = tf.zeros(tf.stack([tf.shape(crop)[0], columns]))
        by_joint = [still] * k
        for part, network in self.networks.items():
            (i,) = self.spec.parts[part]
            by_joint[i] = network(crop[:, i], training=False)[:, 0]
        return tf.stack(by_joint, axis=1)


class Cascade:
    """Stages 1..S; each refines what the one before it predicts."""

    def __init__(self, members: list[Stage]):
        """Takes the stages in order."""
        self.stages = members

    def __call__(self, images, box):
        """The joints of `predict`."""
        return self.predict(images, box).joints

    def predict(self, images, box) -> StageOutput:
        """Predicts poses.

        Args:
            images: uint8 [n, height, width, 3].
            box: float32 [n, 4], b0 in pixels.

        Returns:
            joints [n, stages, joints, 2], those of each stage; spread
            [n, joints, 0 or 2], of the last.
        """
        output, stage_joints = StageOutput(None, None), []
        for stage in self.stages:
            output = stage.predict(images, box, output.joints)
            stage_joints.append(output.joints)
        return StageOutput(tf.stack(stage_joints, axis=1), output.spread)


def load(run_dir: str | pathlib.Path) -> Cascade:
    """The cascade that ends with the stage of a run folder."""
    run_dir = pathlib.Path(run_dir)
    spec = stages.load_spec(run_dir)
    previous = stages.previous_dir(spec, run_dir)
    before = load(previous).stages if previous else []
    return Cascade([*before, load_stage(run_dir, spec)])


def load_stage(run_dir: pathlib.Path, spec: stages.StageSpec) -> Stage:
    """The stage of a run folder, with the best weights of each part."""
    trained = {}
    for part in spec.parts:
        path = run_paths.RunFolder(run_dir).part(part).best_weights
        if spec.refiner == "per_joint" and not path.exists():
            continue
        trained[part] = stages.build(spec, part, str(path))
    return Stage(spec, trained)
