"""Boxes as detectors place them: scaled, shifted, or not there at all.

A model that is evaluated with boxes around the true joints alone says little of
what it does behind a detector.
"""

import dataclasses
import math

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class BoxErrors:
    """What is wrong with the boxes that a model is given.

    Attributes:
        scale: factor of both sides.
        shift: of the center, in sides; each box in a direction of its own.
        whole_picture: whether there is no box, so that the picture is it.
    """

    scale: float = 1.0
    shift: float = 0.0
    whole_picture: bool = False

    def applied(self, box: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        """The boxes with these errors.

        Args:
            box: float32 [n, 4], pixels.
            index: int [n], of the people in their split, from which follow the
                directions.
        """
        if self.whole_picture:
            # As servers and `predict` understand it.
            return box * [1.0, 1.0, 0.0, 0.0]
        # Multiples of the golden angle: any few people have directions all
        # around, and the same ones in each evaluation.
        turn = tf.cast(index, tf.float32) * math.pi * (3.0 - math.sqrt(5.0))
        direction = tf.stack([tf.cos(turn), tf.sin(turn)], axis=-1)
        center = box[:, :2] + self.shift * direction * box[:, 2:]
        return tf.concat([center, self.scale * box[:, 2:]], axis=-1)

    def __str__(self):
        """In words, after "box: ..."; nothing where nothing is wrong."""
        if self.whole_picture:
            return ", but the model saw the whole picture"
        words = ""
        if self.scale != 1.0:
            words += f", made {self.scale:g} times as large"
        if self.shift:
            words += f", shifted by {self.shift:g} of its sides"
        return words


NONE = BoxErrors()
