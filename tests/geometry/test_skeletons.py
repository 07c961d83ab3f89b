import pytest

from deeppose_tf.geometry import skeletons

ALL = (skeletons.LSP, skeletons.FLIC, skeletons.MPII, skeletons.COCO)


@pytest.mark.parametrize(
    "skeleton, count", list(zip(ALL, (14, 11, 16, 17), strict=True))
)
def test_number_of_joints(skeleton, count):
    assert len(set(skeleton.joints)) == count


@pytest.mark.parametrize("skeleton", ALL)
def test_mirror_swaps_left_and_right_and_nothing_else(skeleton):
    for i, name in enumerate(skeleton.joints):
        other = skeleton.joints[skeleton.mirror[i]]
        if name.startswith("left_"):
            assert other == name.replace("left_", "right_")
        elif not name.startswith("right_"):
            assert other == name
        assert skeleton.mirror[skeleton.mirror[i]] == i


def test_torso_of_lsp_is_left_shoulder_to_right_hip():
    # joints.mat: 10th and 3rd row; the fallback is the 9th and the 4th.
    assert skeletons.LSP.torsos == ((9, 2), (8, 3))


@pytest.mark.parametrize("skeleton", ALL)
def test_json_round_trip(skeleton):
    assert skeletons.from_json(skeleton.to_json()) == skeleton


def test_common_joints_keep_the_pairs_that_both_name():
    torso = ("left_shoulder", "right_hip")
    lsp = skeletons.LSP
    joints = (*torso, "left_wrist", "neck")
    one_sided = skeletons.Skeleton("one", joints, (0, 1, 2, 3), (), torso)
    shared = skeletons.common(lsp, one_sided)
    assert shared.joints == ("right_hip", "left_shoulder", "left_wrist", "neck")
    assert shared.mirror == (0, 1, 2, 3)

    def paws(joints):
        swap = {"fore": "aft", "aft": "fore"}
        mirror = tuple(joints.index(swap.get(j, j)) for j in joints)
        return skeletons.Skeleton("paws", joints, mirror, (), ("fore", "aft"))

    shared = skeletons.common(
        paws(("tail", "fore", "aft")), paws(("aft", "fore", "ear"))
    )
    assert shared.joints == ("fore", "aft")
    assert shared.mirror == (1, 0)
