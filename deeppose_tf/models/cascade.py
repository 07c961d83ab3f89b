"""The cascade: stages 1..S on images and boxes."""

import pathlib
from typing import NamedTuple

import keras
import tensorflow as tf

from deeppose_tf.geometry import box_tensors
from deeppose_tf.models import trained_stages


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

    def __init__(
        self, members: list[trained_stages.Stage], looks: Looks = ONE_LOOK
    ):
        """Takes the stages in order."""
        self.stages = members
        self.looks = looks

    def __call__(self, images, box):
        """The joints of `predict`."""
        return self.predict(images, box).joints

    def replaced(self, members: list[trained_stages.Stage]) -> "Cascade":
        """The cascade with other stages in the place of its own."""
        return Cascade(members, self.looks)

    def predict(self, images, box) -> trained_stages.StageOutput:
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
        return trained_stages.StageOutput(
            tf.stack(stage_joints, axis=1), output.spread
        )


def load(run_dir: str | pathlib.Path) -> Cascade:
    """The cascade that ends with the stage of a run folder."""
    return Cascade(joined(trained_stages.load_all(run_dir)))


def joined(members: list[trained_stages.Stage]) -> list[trained_stages.Stage]:
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
        trained_stages.Stage(first.spec, {"all": both}, trunk),
        *(trained_stages.after_its_trunk(stage) for stage in others),
    ]
