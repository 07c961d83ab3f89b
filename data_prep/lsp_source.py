"""Reads a folder in the layout of LSP or of LSP Extended.

LSP (Johnson & Everingham, BMVC 2010): `joints` 3x14xN, the third row says
occluded; the first half of the images trains, the second tests.
LSP Extended (CVPR 2011): `joints` 14x3xN, the third column says labeled;
coordinates that are not labeled are junk.
Both count pixels from 1 as MATLAB does: the first pixel's center is (1, 1).
"""

import dataclasses
import pathlib

import numpy as np
import scipy.io

from deeppose_tf import errors
from deeppose_tf import skeletons

_NUM_JOINTS = len(skeletons.LSP.joints)


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """One annotated person of a source folder.

    Attributes:
        image_path: of the JPEG.
        image_id: source and file name.
        joints: float32 [joints, 2] in continuous pixels, see boxes.py.
        labeled: bool [joints].
        visible: bool [joints].
        official: "train" or "test" where the source says so, else None.
    """

    image_path: pathlib.Path
    image_id: str
    joints: np.ndarray
    labeled: np.ndarray
    visible: np.ndarray
    official: str | None


def read(source: str) -> list[Annotation]:
    """All persons of a source folder, in order.

    Raises:
        InputError: joints.mat is missing, unreadable or of another shape.
    """
    folder = pathlib.Path(source)
    path = folder / "joints.mat"
    joints = _load(path)
    if joints.shape[:2] == (_NUM_JOINTS, 3):
        return _read_extended(folder, joints.transpose(2, 0, 1))
    if joints.shape[:2] == (3, _NUM_JOINTS):
        return _read_lsp(folder, joints.transpose(2, 1, 0))
    raise errors.InputError(
        f"{path}: joints of shape {joints.shape}, want (3, 14, N) as in LSP or "
        "(14, 3, N) as in LSP Extended"
    )


def _load(path):
    if not path.exists():
        raise errors.InputError(
            f"{path}: missing; --source names a folder with joints.mat and "
            "images/, as LSP and LSP Extended come"
        )
    try:
        joints = scipy.io.loadmat(path)["joints"]
    except KeyError:
        raise errors.InputError(f"{path}: holds no 'joints'") from None
    except Exception as error:  # scipy raises many kinds for a broken file.
        raise errors.InputError(
            f"{path}: not a readable MAT file ({error}); copy it again"
        ) from error
    if joints.ndim == 2:  # MATLAB drops the last axis of a single person.
        joints = joints[..., None]
    return joints


def _read_extended(folder, people):
    return [
        _annotation(folder, i, person, labeled=person[:, 2] > 0, official=None)
        for i, person in enumerate(people)
    ]


def _read_lsp(folder, people):
    half = len(people) // 2
    return [
        _annotation(
            folder,
            i,
            person,
            occluded=person[:, 2] > 0,
            official="train" if i < half else "test",
        )
        for i, person in enumerate(people)
    ]


def _annotation(folder, i, person, *, labeled=None, occluded=None, official):
    finite = np.isfinite(person[:, :2]).all(axis=1)
    labeled = finite if labeled is None else labeled & finite
    visible = labeled if occluded is None else labeled & ~occluded
    # MATLAB's (1, 1) is the center of the first pixel, (0.5, 0.5) here.
    joints = np.where(labeled[:, None], person[:, :2] - 0.5, 0.0)
    name = f"im{i + 1:0{4 if official else 5}d}.jpg"
    return Annotation(
        image_path=folder / "images" / name,
        image_id=f"{folder.resolve().name}/{name}",
        joints=joints.astype(np.float32),
        labeled=labeled,
        visible=visible,
        official=official,
    )
