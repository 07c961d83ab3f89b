"""The cascade: stages 1..S on images and boxes."""

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
            features: of stage 1, if the networks are those of `joined` stages.
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


class Looks(NamedTuple):
    """How often stage 1 looks at a person.

    A box that a detector found is not quite as the boxes of the training people
    are. The box around the joints that stage 1 predicts is more so; in it,
    stage 1 looks again. Later stages do the same for each joint (DeepPose,
    sec. 3.2).

    Attributes:
        count: 1 for the given box alone.
        scale: sides of the box around joints, over those of the tightest one.
        square: whether its shorter side grows to the longer one.
    """

    count: int = 1
    scale: float = 1.25
    square: bool = True


ONE_LOOK = Looks()


class Cascade:
    """Stages 1..S; each refines what the one before it predicts."""

    def __init__(self, members: list[Stage], looks: Looks = ONE_LOOK):
        """Takes the stages in order."""
        self.stages = members
        self.looks = looks

    def __call__(self, images, box):
        """The joints of `predict`."""
        return self.predict(images, box).joints

    def replaced(self, members: list[Stage]) -> "Cascade":
        """The cascade with other stages in the place of its own."""
        return Cascade(members, self.looks)

    def predict(self, images, box) -> StageOutput:
        """Predicts poses.

        Args:
            images: uint8 [n, height, width, 3].
            box: float32 [n, 4], b0 in pixels.

        Returns:
            joints [n, stages, joints, 2], those of each stage; spread
            [n, joints, 0 or 2], of the last.
        """
        first, *others = self.stages
        output = first.predict(images, box)
        for _ in range(self.looks.count - 1):
            box = box_tensors.around(output.joints, *self.looks[1:])
            output = first.predict(images, box)
        stage_joints, features = [output.joints], output.features
        for stage in others:
            seen = features if stage.spec.trunk == "stage1" else ()
            output = stage.predict(images, box, output.joints, seen)
            stage_joints.append(output.joints)
        return StageOutput(tf.stack(stage_joints, axis=1), output.spread)


def load(run_dir: str | pathlib.Path) -> Cascade:
    """The cascade that ends with the stage of a run folder."""
    return Cascade(joined(load_stages(run_dir)))


def joined(members: list[Stage]) -> list[Stage]:
    """Stages of which pooled refiners take the features of stage 1.

    They are computed once then. Without any such refiner, nothing changes.
    """
    first, *others = members
    if all(stage.spec.trunk != "stage1" for stage in others):
        return members
    network, trunk = first.networks["all"], first.trunk
    both = keras.Model(
        network.input, [network.output, *trunk.outputs], name=network.name
    )
    return [
        Stage(first.spec, {"all": both}, trunk),
        *(stage_after_its_trunk(stage) for stage in others),
    ]


def stage_after_its_trunk(stage: Stage) -> Stage:
    """A pooled stage that takes features of stage 1; others as they are."""
    if stage.spec.trunk != "stage1":
        return stage
    features = keras.Model(
        stage.trunk.outputs,
        stage.networks["features"].output,
        name=stage.networks["features"].name,
    )
    return Stage(stage.spec, {**stage.networks, "features": features})


def load_stages(run_dir: str | pathlib.Path) -> list[Stage]:
    """The stages up to that of a run folder, each complete by itself."""
    run_dir = pathlib.Path(run_dir)
    spec = stage_specs.load_spec(run_dir)
    previous = stage_specs.previous_dir(spec, run_dir)
    before = load_stages(previous) if previous else []
    return [*before, load_stage(run_dir, spec)]


def load_stage(run_dir: pathlib.Path, spec: stage_specs.StageSpec) -> Stage:
    """The stage of a run folder, with the best weights of each part."""
    trained, trunk = {}, None
    for part in spec.parts:
        path = run_paths.RunFolder(run_dir).part(part).best_weights
        if spec.refiner == "per_joint" and not path.exists():
            continue
        trained[part], trunk = stages.build_with_trunk(spec, part, str(path))
    return stage_of(spec, trained, trunk)


def stage_of(spec: stage_specs.StageSpec, models: dict, trunk=None) -> Stage:
    """A stage of Keras models, by part; see `stages.build_with_trunk`."""
    if spec.refiner == "pooled":
        models = pooled.split(models["all"])
    return Stage(spec, models, trunk)
