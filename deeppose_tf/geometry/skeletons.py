"""Skeletons: the names of joints, and how joints belong together.

Left and right are the person's own.
"""

import dataclasses

from deeppose_tf import errors


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """A set of named joints.

    Attributes:
        name: of the skeleton, e.g. "lsp".
        joints: names, in the order of every `joints` tensor.
        mirror: for each joint the index of its counterpart in a mirror image.
        limbs: (kind, joint, joint); the left and the right one share a kind.
        torso: names of the two joints whose distance is the diameter.
    """

    name: str
    joints: tuple[str, ...]
    mirror: tuple[int, ...]
    limbs: tuple[tuple[str, str, str], ...]
    torso: tuple[str, str] = ("left_shoulder", "right_hip")

    def index(self, joint: str) -> int:
        """Position of a joint, by name."""
        return self.joints.index(joint)

    @property
    def torsos(self) -> tuple[tuple[int, int], ...]:
        """Index pairs that span the torso: the one of `torso`, its mirror."""
        torso = tuple(self.index(joint) for joint in self.torso)
        return torso, tuple(self.mirror[i] for i in torso)

    @property
    def torso_corners(self) -> tuple[int, ...]:
        """Indices of both shoulders and both hips."""
        return tuple(i for pair in self.torsos for i in pair)

    @property
    def limb_indices(self) -> tuple[tuple[int, int], ...]:
        """Index pairs of the limbs."""
        return tuple((self.index(a), self.index(b)) for _, a, b in self.limbs)

    def to_json(self) -> dict:
        """Plain dict for stage.json and dataset.json."""
        return dataclasses.asdict(self)


def from_json(values: dict) -> Skeleton:
    """Inverse of `Skeleton.to_json`; readers of files wrap `files.parsing`.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another
            type, or fields contradict each other.
    """
    skeleton = Skeleton(
        name=values["name"],
        joints=tuple(values["joints"]),
        mirror=tuple(values["mirror"]),
        limbs=tuple(tuple(limb) for limb in values["limbs"]),
        torso=tuple(values["torso"]),
    )
    check(skeleton)
    return skeleton


def check(skeleton: Skeleton):
    """Raises ValueError where the fields contradict each other."""
    joints, mirror = skeleton.joints, skeleton.mirror
    named = {*skeleton.torso, *(j for limb in skeleton.limbs for j in limb[1:])}
    if (
        len({*joints}) != len(joints)
        or not all(_is_name(joint) for joint in joints)
        or not _is_name(skeleton.name)
        or not all(_is_name(kind) for kind, *_ in skeleton.limbs)
        or not all(type(i) is int for i in mirror)
        or sorted(mirror) != list(range(len(joints)))
        or any(mirror[i] != j for j, i in enumerate(mirror))
        or not len(skeleton.torso) == len({*skeleton.torso}) == 2
        or any(len(limb) != 3 for limb in skeleton.limbs)
        or not named <= {*joints}
    ):
        raise ValueError("joints, mirror, limbs and torso of no skeleton")


def _is_name(value):
    """Whether it is text that can be written to a file."""
    return isinstance(value, str) and value != "" and value.isprintable()


def common(first: Skeleton, second: Skeleton) -> Skeleton:
    """The joints and limbs that two skeletons share, in the order of `first`.

    Raises:
        InputError: not the torso of `second`, which scales errors.
    """
    if first == second:
        return first
    joints = tuple(joint for joint in first.joints if joint in second.joints)
    if not set(second.torso) <= set(joints):
        raise errors.InputError(
            f"skeletons {first.name} and {second.name} share only the joints "
            f"{list(joints)}, not the torso {' to '.join(second.torso)}"
        )
    return Skeleton(
        name=f"{first.name} and {second.name}",
        joints=joints,
        mirror=_common_mirror(joints, first, second),
        limbs=tuple(
            limb for limb in second.limbs if set(limb[1:]) <= {*joints}
        ),
        torso=second.torso,
    )


def _common_mirror(joints, first, second):
    """The mirror pairs of both; other joints mirror themselves."""

    def counterpart(joint):
        names = {s.joints[s.mirror[s.index(joint)]] for s in (first, second)}
        return names.pop() if len(names) == 1 else joint

    swapped = [counterpart(joint) for joint in joints]
    return tuple(
        joints.index(name) if name in joints else i
        for i, name in enumerate(swapped)
    )


def mirror_of(joints: tuple[str, ...]) -> tuple[int, ...]:
    """Pairs every left_* with its right_*; other joints mirror themselves."""
    swap = {"left": "right", "right": "left"}
    names = []
    for joint in joints:
        side, _, rest = joint.partition("_")
        names.append(f"{swap[side]}_{rest}" if side in swap else joint)
    return tuple(joints.index(name) for name in names)


_ARMS_AND_LEGS = tuple(
    (kind, f"{side}_{a}", f"{side}_{b}")
    for kind, a, b in (
        ("upper_arm", "shoulder", "elbow"),
        ("lower_arm", "elbow", "wrist"),
        ("upper_leg", "hip", "knee"),
        ("lower_leg", "knee", "ankle"),
    )
    for side in ("left", "right")
)
_SIDES = (
    ("torso", "left_shoulder", "left_hip"),
    ("torso", "right_shoulder", "right_hip"),
)
_FACE = (("head", "left_eye", "nose"), ("head", "right_eye", "nose"))


def _skeleton(name, joints, limbs):
    joints = tuple(joints.split())
    return Skeleton(name, joints, mirror_of(joints), limbs)


# Johnson & Everingham, BMVC 2010 and CVPR 2011: the order of joints.mat.
LSP = _skeleton(
    "lsp",
    "right_ankle right_knee right_hip left_hip left_knee left_ankle "
    "right_wrist right_elbow right_shoulder "
    "left_shoulder left_elbow left_wrist neck head_top",
    (*_ARMS_AND_LEGS, *_SIDES, ("head", "neck", "head_top")),
)
# Sapp & Taskar, CVPR 2013: the 11 annotated ones of 29.
FLIC = _skeleton(
    "flic",
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow "
    "right_wrist left_hip right_hip left_eye right_eye nose",
    (
        *(limb for limb in _ARMS_AND_LEGS if limb[0].endswith("arm")),
        *_SIDES,
        *_FACE,
    ),
)
# Andriluka et al., CVPR 2014.
MPII = _skeleton(
    "mpii",
    "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis "
    "thorax upper_neck head_top right_wrist right_elbow right_shoulder "
    "left_shoulder left_elbow left_wrist",
    (*_ARMS_AND_LEGS, *_SIDES, ("head", "upper_neck", "head_top")),
)
# Lin et al., ECCV 2014: person_keypoints.
COCO = _skeleton(
    "coco",
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder "
    "left_elbow right_elbow left_wrist right_wrist left_hip right_hip "
    "left_knee right_knee left_ankle right_ankle",
    (*_ARMS_AND_LEGS, *_SIDES, *_FACE),
)
KNOWN = {skeleton.name: skeleton for skeleton in (LSP, FLIC, MPII, COCO)}
