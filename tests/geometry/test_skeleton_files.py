import json

import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons

HAND = {
    "name": "hand",
    "joints": ["wrist", "left_tip", "right_tip", "middle"],
    "limbs": [["finger", "wrist", "middle"]],
    "torso": ["wrist", "middle"],
}


def written(tmp_path, **changes):
    path = tmp_path / "hand.json"
    path.write_text(json.dumps(HAND | changes))
    return str(path)


def test_left_and_right_pair_up_by_name(tmp_path):
    hand = skeleton_files.from_flag(written(tmp_path))
    assert hand.joints == ("wrist", "left_tip", "right_tip", "middle")
    assert hand.mirror == (0, 2, 1, 3)
    assert hand.torsos[0] == (0, 3)
    assert hand.limb_indices == ((0, 3),)


def test_mirror_pairs_may_be_named(tmp_path):
    pairs = [["wrist", "middle"], ["left_tip", "right_tip"]]
    path = written(tmp_path, mirror=pairs)
    assert skeleton_files.load(path).mirror == (3, 2, 1, 0)
    path = written(tmp_path, joints=["wrist", "middle"], limbs=None, mirror=[])
    assert skeleton_files.load(path).mirror == (0, 1)


@pytest.mark.parametrize("name", ["lsp", "flic", "mpii", "coco"])
def test_known_skeletons_come_by_name(name):
    assert skeleton_files.from_flag(name).name == name
    assert skeleton_files.from_flag("lsp") is skeletons.LSP


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"joints": ["wrist", "left_tip", "middle"]}, "left_tip has no"),
        ({"joints": ["wrist", "wrist", "middle"]}, "each once"),
        ({"mirror": []}, "left_tip, right_tip has no"),
        ({"mirror": [["wrist", "left_tip"]]}, "mirror: right_tip has no"),
        ({"joints": "wrist"}, "joints is 'wrist', want a list of names"),
        ({"joints": ["wrist", 5]}, "joints is .*want a list of names"),
        ({"torso": "wm"}, "torso is 'wm', want a list of names"),
        ({"mirror": [["wrist", "thumb"]]}, "thumb has no counterpart"),
        (
            {"mirror": [["wrist", "middle"], ["middle", "left_tip"]]},
            "middle has no counterpart",
        ),
        ({"limbs": [["finger", "wrist", "thumb"]]}, "thumb"),
        ({"torso": ["wrist"]}, "torso"),
        ({"torso": None}, "torso is None, want a list"),
        ({"limbs": "abc"}, "limb 'abc', want .kind, one joint, another"),
        ({"limbs": [["finger", "wrist", "wrist"]]}, "one joint, another"),
        ({"name": "\ud800"}, "wrong content"),
        ({"joints": ["wrist", "middle", "\0"]}, "wrong content"),
        ({"limbs": [[None, "wrist", "middle"]]}, "one joint, another"),
    ],
)
def test_a_wrong_skeleton_is_refused(tmp_path, changes, words):
    with pytest.raises(errors.InputError, match=words) as caught:
        skeleton_files.load(written(tmp_path, **changes))
    assert "hand.json" in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(errors.InputError, match="nowhere.json: missing"):
        skeleton_files.from_flag("nowhere.json")


def test_an_export_s_own_file_will_do(tmp_path):
    path = tmp_path / "deeppose.json"
    path.write_text(json.dumps({"skeleton": skeletons.MPII.to_json()}))
    assert skeleton_files.from_flag(str(path)) == skeletons.MPII
    path.write_text(json.dumps({"skeleton": {"name": "lsp"}}))
    with pytest.raises(errors.InputError, match="deeppose.json: wrong"):
        skeleton_files.from_flag(str(path))
