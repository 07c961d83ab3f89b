"""Skeletons of users, as small JSON files.

{"name": "hand", "joints": ["wrist", "left_thumb", "right_thumb"],
 "mirror": [["left_thumb", "right_thumb"]],
 "limbs": [["thumb", "wrist", "left_thumb"]],
 "torso": ["left_thumb", "right_thumb"]}

The distance between the two joints of "torso" is the length that errors and
refinement boxes are measured in. Without "mirror" left_* and right_* pair up;
with it, it names the pairs of all of them.
"""

import pathlib

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

_SEE = "deeppose_tf/geometry/skeleton_files.py shows one"
_SIDES = ("left_", "right_")


def from_flag(value: str) -> skeletons.Skeleton:
    """The skeleton of --skeleton=NAME or =FILE.

    A file is one as above, or deeppose.json of an export.

    Raises:
        InputError: there is neither such a name nor such a file.
    """
    return skeletons.KNOWN.get(value) or load(value)


def box_rule(value: str) -> dict | None:
    """How boxes of training people were made, if --skeleton=FILE says it.

    Args:
        value: as of `from_flag`; only deeppose.json of an export has a rule.

    Raises:
        InputError: the file is damaged.
    """
    if value in skeletons.KNOWN:
        return None
    path, hint = pathlib.Path(value), "copy it out of the export again"
    values = json_files.load(path, hint)
    if "training_data" not in values:
        return None
    json_files.expect(path, values["training_data"], {"box": dict}, hint)
    rule = values["training_data"]["box"]
    kinds = {"kind": str, "scale": float, "square": bool}
    json_files.expect(path, rule, kinds, hint)
    return rule


def load(path: str) -> skeletons.Skeleton:
    """Reads a skeleton.

    Raises:
        InputError: something is missing, or names a joint that is not there.
    """
    values = json_files.load(
        pathlib.Path(path),
        f"--skeleton wants one of {', '.join(skeletons.KNOWN)}, or a file; "
        f"{_SEE}",
    )
    if isinstance(values, dict) and "skeleton" in values:
        return _of_export(pathlib.Path(path), values["skeleton"])
    return make(path, values)


def make(path: str, values: dict) -> skeletons.Skeleton:
    """A skeleton of what its file holds.

    Raises:
        InputError: names the file; something is missing, or names a joint that
            is not there.
    """
    with json_files.parsing(path, _SEE):
        joints = _names(path, values, "joints")
        _check(path, joints, "joints", len(set(joints)) == len(joints) > 1)
        limbs = _limbs(path, values.get("limbs") or [])
        torso = _names(path, values, "torso")
        _check(path, torso, "torso", len(set(torso)) == 2)
        named = {*torso, *(j for _, a, b in limbs for j in (a, b))}
        _check(path, sorted(named - {*joints}), "joints", named <= {*joints})
        skeleton = skeletons.Skeleton(
            name=str(values["name"]),
            joints=joints,
            mirror=_mirror(path, joints, values.get("mirror")),
            limbs=limbs,
            torso=torso,
        )
        skeletons.check(skeleton)
        return skeleton


def _of_export(path, values):
    """The skeleton in an export's deeppose.json."""
    # Digests of an export for LiteRT lie beside it; of others, one higher.
    for folder in path.absolute().parents[:2]:
        digests.check(path, "copy it again", folder)
    with json_files.parsing(path, _SEE):
        return skeletons.from_json(values)


def _check(path, names, field, valid):
    if not valid:
        raise errors.InputError(
            f"{path}: {field} {list(names)}: want two or more names, each "
            "once, and no other names in limbs and torso"
        )


def _names(path, values, field):
    """A list of names; a mere string would pass as a list of letters."""
    names = values[field]
    if not isinstance(names, list) or not all(
        isinstance(name, str) for name in names
    ):
        raise errors.InputError(
            f"{path}: {field} is {names!r}, want a list of names; {_SEE}"
        )
    return tuple(names)


def _limbs(path, limbs):
    for limb in limbs if isinstance(limbs, list) else [limbs]:
        words = isinstance(limb, list) and all(isinstance(w, str) for w in limb)
        if not words or len(limb) != 3 or limb[1] == limb[2]:
            raise errors.InputError(
                f"{path}: limb {limb!r:.80}, want [kind, one joint, another]; "
                f"{_SEE}"
            )
    return tuple(map(tuple, limbs))


def _mirror(path, joints, pairs):
    if pairs is None:
        swap = dict(filter(None, (_by_name(joint, joints) for joint in joints)))
        wrong = []
    else:
        swap = {a: b for a, b in pairs} | {b: a for a, b in pairs}
        named = [joint for pair in pairs for joint in pair]
        wrong = [j for j in named if named.count(j) > 1 or j not in joints]
    forgotten = [
        joint
        for joint in joints
        if joint.startswith(_SIDES) and joint not in swap
    ]
    if wrong or forgotten:
        raise errors.InputError(
            f"{path}: mirror: {', '.join(dict.fromkeys(wrong or forgotten))} "
            "has no counterpart of its own; name a left_NAME for each "
            'right_NAME, or give all pairs as "mirror"'
        )
    return tuple(joints.index(swap.get(joint, joint)) for joint in joints)


def _by_name(joint, joints):
    for side, other in (_SIDES, _SIDES[::-1]):
        counterpart = joint.replace(side, other, 1)
        if joint.startswith(side) and counterpart in joints:
            return joint, counterpart
    return None
