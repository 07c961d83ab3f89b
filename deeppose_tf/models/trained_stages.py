"""One trained stage: from images and boxes, or joints, to joints in pixels."""

import pathlib
from typing import NamedTuple

import keras
import tensorflow as tf

from deeppose_tf.geometry import box_tensors
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import torso
from deeppose_tf.models import pooled
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages


class StageOutput(NamedTuple):
    """What a stage predicts; see `Cascade.predict` for a cascade.

    Attributes:
        joints: float32 [..., joints, 2], pixels.
        spread: float32 [..., joints, 2], the mean absolute error that the last
            network expects of each coordinate, pixels; [..., joints, 0] where
            it predicts none.
        features: of stage 1 before a pooled refiner, its network's maps.
    """

    joints: tf.Tensor
    spread: tf.Tensor
    features: tuple = ()


class Stage:
    """One trained stage.

    Attributes:
        spec: what it is.
        networks: by part, from crops to joints; a part that is missing (a
            per-joint refiner not trained yet) leaves its joint where it is. A
            pooled refiner has "features", from crops of people to the map that
            boxes are pooled from, and "head", from these to joints.
        trunk: the network before the head, None where it is not known.
    """

    def __init__(self, spec: stage_specs.StageSpec, networks: dict, trunk=None):
        """Keeps the networks as they are."""
        self.spec = spec
        self.networks = networks
        self.trunk = trunk

    def __call__(self, images, box, joints=None):
        """The joints of `predict`."""
        return self.predict(images, box, joints).joints

    def predict(self, images, box, joints=None, features=()) -> StageOutput:
        """Predicts or refines joints.

        Args:
            images: uint8 [n, height, width, 3].
            box: float32 [n, 4], b0 in pixels.
            joints: float32 [n, joints, 2], pixels, by the stage before; None
                for stage 1.
            features: of stage 1, if the networks are those of
                `cascade.joined`.
        """
        if self.spec.stage == 1:
            return self._pose(images, box)
        return self._refined(images, box, joints, features)

    def _pose(self, images, box):
        """Stage 1: all joints at once, from the crop of the person's box."""
        crop = crops.cut(images, box[:, None], self.spec.image_size)[:, 0]
        output, *features = tf.nest.flatten(
            self.networks["all"](crop, training=False)
        )
        joints = boxes.denormalize(output[..., :2], box)
        spread = output[..., 2:]
        if self.spec.spread:
            spread *= box[:, None, 2:]
        return StageOutput(joints, spread, tuple(features))

    def _refined(self, images, box, joints, features):
        """Later stages: a displacement of each joint, seen in its own box."""
        side = self.spec.sigma * torso.predicted_diameter(
            joints, box, self.spec.skeleton.torsos
        )
        around = crops.boxes_around(joints, side[:, None])
        if self.spec.refiner == "pooled":
            output = self._pooled(images, box, around, features)
        else:
            crop = crops.cut(images, around, self.spec.image_size)
            output = self._displacements(crop)
        output *= side[:, None, None]
        moved = joints + self.spec.step_size * output[..., :2]
        return StageOutput(moved, output[..., 2:])

    def _pooled(self, images, box, around, features):
        """[n, joints, 2 or 4], units of the boxes `around` [n, joints, 4]."""
        if not features:
            size = self.spec.image_size
            features = crops.cut(images, box[:, None], size)[:, 0]
        seen = self.networks["features"](features, training=False)
        relative = tf.ensure_shape(
            box_tensors.relative(around, box[:, None]),
            [None, len(self.spec.skeleton.joints), 4],
        )
        patches = pooled.pool(seen, relative, self.spec.cells)
        return self.networks["head"](patches, training=False)

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


def load(run_dir: pathlib.Path, spec: stage_specs.StageSpec) -> Stage:
    """The stage of a run folder, with the best weights of each part."""
    trained, trunk = {}, None
    for part in spec.parts:
        path = run_paths.RunFolder(run_dir).part(part).best_weights
        if spec.refiner == "per_joint" and not path.exists():
            continue
        trained[part], trunk = stages.build_with_trunk(spec, part, str(path))
    return of_models(spec, trained, trunk)


def load_all(run_dir: str | pathlib.Path) -> list[Stage]:
    """The stages up to that of a run folder, each complete by itself."""
    run_dir = pathlib.Path(run_dir)
    spec = stage_specs.load_spec(run_dir)
    previous = stage_specs.previous_dir(spec, run_dir)
    before = load_all(previous) if previous else []
    return [*before, load(run_dir, spec)]


def of_models(spec: stage_specs.StageSpec, models: dict, trunk=None) -> Stage:
    """A stage of Keras models, by part; see `stages.build_with_trunk`."""
    if spec.refiner == "pooled":
        models = pooled.split(models["all"])
    return Stage(spec, models, trunk)


def after_its_trunk(stage: Stage) -> Stage:
    """A pooled stage that takes features of stage 1; others as they are."""
    if stage.spec.trunk != "stage1":
        return stage
    features = keras.Model(
        stage.trunk.outputs,
        stage.networks["features"].output,
        name=stage.networks["features"].name,
    )
    return Stage(stage.spec, {**stage.networks, "features": features})
