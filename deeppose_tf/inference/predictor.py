"""Pictures and the boxes of their people through an exported cascade."""

import numpy as np

from deeppose_tf.inference import pose_files
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models

# A call's input has a picture for each person; this bounds them together.
_BYTES_PER_CALL = 2**28


def of_picture(
    model: saved_models.Loaded, image: np.ndarray, box: np.ndarray
) -> pose_files.Poses:
    """Poses of one picture's people, uint8 [height, width, 3], [people, 4]."""
    return of_pictures(model, image[None], [box])[0]


def of_pictures(
    model: saved_models.Loaded, images: np.ndarray, boxes: list[np.ndarray]
) -> list[pose_files.Poses]:
    """Poses in pictures of one size, by as many people a call as fit.

    Args:
        model: the cascade.
        images: uint8 [n, height, width, 3].
        boxes: n times float32 [people, 4]; there may be nobody.

    Returns:
        The poses of each picture.
    """
    owners = np.repeat(np.arange(len(boxes)), [len(box) for box in boxes])
    everyone = np.concatenate(boxes)
    step = people_per_call(images[0].nbytes)
    k = len(model.skeleton.joints)
    joints, scores = [np.zeros((0, k, 2))], [np.zeros((0, k))]
    for i in range(0, len(owners), step):
        answer = model.signatures[interface.IMAGE_TENSOR](
            image=_of_owners(images, owners[i : i + step]),
            box=everyone[i : i + step],
        )
        joints.append(answer[interface.JOINTS].numpy())
        scores.append(answer[interface.SCORES].numpy())
    ends = np.cumsum([len(box) for box in boxes])[:-1]
    split = (np.split(np.concatenate(part), ends) for part in (joints, scores))
    return [
        pose_files.Poses(*parts) for parts in zip(boxes, *split, strict=True)
    ]


def _of_owners(images, owners):
    """A picture for each person; no copy where each has one's own."""
    if np.array_equal(owners, np.arange(len(images))):
        return images
    return images[owners]


def people_per_call(image_bytes: int) -> int:
    """How many people, with a picture of this size each, go into one call."""
    fitting = _BYTES_PER_CALL // max(image_bytes, 1)
    return int(np.clip(fitting, 1, interface.PERSONS_PER_PASS))
