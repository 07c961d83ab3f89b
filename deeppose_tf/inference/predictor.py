"""Predicts poses with an exported cascade, given pictures and boxes."""

import numpy as np

from deeppose_tf.inference import predicted_poses
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

# Bound of a call's input, which has a picture for each person.
_BYTES_PER_CALL = 2**28


def of_picture(
    model: saved_models.Loaded, image: np.ndarray, box: np.ndarray
) -> predicted_poses.Poses:
    """Poses of one picture's people; see `of_pictures`.

    Args:
        model: the cascade.
        image: uint8 [height, width, 3].
        box: float32 [people, 4], pixels; w or h of 0: the whole image.
    """
    return of_pictures(model, image[None], [box])[0]


def of_pictures(
    model: saved_models.Loaded, images: np.ndarray, boxes: list[np.ndarray]
) -> list[predicted_poses.Poses]:
    """Poses in pictures of one size, as many people a call as fit.

    Args:
        model: the cascade.
        images: uint8 [n, height, width, 3].
        boxes: n times float32 [people, 4]; people may be 0.

    Returns:
        The poses of each picture.
    """
    indices = np.repeat(np.arange(len(boxes)), [len(box) for box in boxes])
    all_boxes = np.concatenate(boxes)
    step = people_per_call(images[0].nbytes)
    parts = []
    for i in range(0, len(indices), step):
        outputs = model.signatures[interface.IMAGE_TENSOR](
            image=_picture_per_person(images, indices[i : i + step]),
            box=all_boxes[i : i + step],
        )
        outputs = {name: np.asarray(x) for name, x in outputs.items()}
        parts.append(
            predicted_poses.of_outputs(all_boxes[i : i + step], outputs)
        )
    people = predicted_poses.joined(parts, len(model.skeleton.joints))
    return [people[indices == i] for i in range(len(boxes))]


def _picture_per_person(images, indices):
    """`images[indices]`, without a copy where each picture has one person."""
    if np.array_equal(indices, np.arange(len(images))):
        return images
    return images[indices]


def people_per_call(image_bytes: int) -> int:
    """How many people, with a picture of this size each, fit into one call."""
    count = _BYTES_PER_CALL // max(image_bytes, 1)
    return int(np.clip(count, 1, interface.PERSONS_PER_PASS))
