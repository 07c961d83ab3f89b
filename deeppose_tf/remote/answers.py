"""What a server answers, checked before anything is done with it."""

import numpy as np

from deeppose_tf.geometry import boxes
from deeppose_tf.inference import predicted_poses
from deeppose_tf.remote import server_errors
from deeppose_tf.remote.server_errors import Model
from deeppose_tf.serving import interface

# Many times what 16 people take, whatever their skeleton.
MOST_BYTES = 2**24


def cascade(name: str) -> Model:
    """A cascade of a server, to ask for."""
    return Model(
        "model",
        name,
        (interface.JOINTS, interface.SCORES),
        "serve an export of deeppose_tf.export",
        (interface.PERSON_SCORES,),
    )


def finder(name: str) -> Model:
    """A person finder of a server, to ask for."""
    return Model(
        "finder",
        name,
        (interface.BOX, interface.SCORE),
        "serve saved_models/person_finder (serving/models.config shows how), "
        "name its --finder, or take a photo for one person: --people=whole, in "
        "Python finder=None",
    )


def from_json(model: Model, name: str, values) -> np.ndarray:
    """An output as finite float32 of any shape.

    Args:
        model: that was asked.
        name: of the output.
        values: out of JSON.

    Raises:
        ServerError: it is no array of numbers.
        InputError: it holds NaN or infinity.
    """
    try:
        cells = np.asarray(values, object)
    except ValueError:  # Rows of several lengths.
        cells = np.array(None, object)
    # NumPy itself would take strings and true for numbers.
    if not all(type(cell) in (int, float) for cell in cells.flat):
        raise server_errors.wrong_values(
            model, f"{name} is no array of numbers"
        )
    try:
        return finite(model, name, cells.astype(np.float64))
    except OverflowError:  # An integer of hundreds of digits.
        raise server_errors.not_finite(model, name) from None


def finite(model: Model, name: str, values: np.ndarray) -> np.ndarray:
    """An output as float32.

    Raises:
        InputError: it holds NaN or infinity.
    """
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        raise server_errors.not_finite(model, name)
    return values


def poses(
    model: Model,
    outputs: dict[str, np.ndarray],
    box: np.ndarray,
    num_joints: int,
) -> predicted_poses.Poses:
    """Of the outputs of a cascade.

    Args:
        model: that was asked.
        outputs: of a client.
        box: float32 [people, 4], that were asked about.
        num_joints: of the skeleton.

    Raises:
        ServerError: the outputs cannot be those people's joints and scores.
    """
    joints, scores = outputs[interface.JOINTS], outputs[interface.SCORES]
    if (
        scores.ndim != 2
        or len(scores) != len(box)
        or joints.shape != (*scores.shape, 2)
    ):
        raise server_errors.wrong_values(
            model,
            f"joints {list(joints.shape)} and scores {list(scores.shape)} are "
            f"not of [{len(box)}, joints, 2] and [{len(box)}, joints]",
        )
    if scores.shape[1] != num_joints:
        raise server_errors.ServerError(
            f"--skeleton has {num_joints} joints, but {model} returns "
            f"{scores.shape[1]}; name the model's skeleton, or "
            "assets/deeppose.json of its export"
        )
    if np.abs(joints).max() > boxes.LARGEST:
        raise server_errors.wrong_values(model, "joints are not in pixels")
    found = predicted_poses.of_outputs(box, outputs)
    if found.score.shape != (len(box),):
        raise server_errors.wrong_values(
            model,
            f"{interface.PERSON_SCORES} {list(found.score.shape)} are not of "
            f"[{len(box)}]",
        )
    for values in (scores, found.score):
        if values.min() < 0.0 or values.max() > 1.0:
            raise server_errors.wrong_values(model, "scores are not in [0, 1]")
    return found


def found(
    model: Model, outputs: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Of the outputs of a finder for one photo.

    Returns:
        float32 [n, 4], a box around each person, pixels, and float32 [n],
        their scores.

    Raises:
        ServerError: the outputs cannot be those of a finder.
    """
    box, score = outputs[interface.BOX], outputs[interface.SCORE]
    if score.shape[:1] != (1,) or box.shape != (*score.shape, 4):
        raise server_errors.wrong_values(
            model,
            f"box {list(box.shape)} and score {list(score.shape)} are not of "
            "[1, people, 4] and [1, people]",
        )
    if (np.abs(box) > boxes.LARGEST).any() or (box[..., 2:] < 0.0).any():
        raise server_errors.wrong_values(model, "boxes are not in pixels")
    return box[0], score[0]
