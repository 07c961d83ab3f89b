import numpy as np
import pytest
from PIL import Image

from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predicted_poses
from deeppose_tf.visualization import pose_colors
from deeppose_tf.visualization import pose_overlay

LSP = skeletons.LSP
WRIST, ANKLE = LSP.index("left_wrist"), LSP.index("right_ankle")


def person(wrist=(40.0, 400.0)):
    joints = np.full((14, 2), 120.0)
    joints[WRIST] = wrist
    joints[ANKLE] = [200.0, 440.0]
    return joints


def with_poses(image, joints, *scores):
    canvas = pose_overlay.Canvas(image)
    canvas.add_poses(joints, LSP, *scores)
    return canvas.pixels()


def with_boxes(image, box, labels):
    canvas = pose_overlay.Canvas(image)
    canvas.add_boxes(box, labels)
    return canvas.pixels()


def drawn(scores=None, size=(480, 240), joints=None):
    image = np.zeros((*size, 3), np.uint8)
    joints = person()[None] if joints is None else joints
    return with_poses(image, joints, scores).astype(int)


def test_a_pose_is_drawn_where_its_joints_are():
    pixels = drawn()
    red, _, blue = pixels[400, 40]
    assert red > 200 > blue  # Left is warm.
    red, _, blue = pixels[440, 200]
    assert blue > 200 > red
    assert pixels[100, 200].max() == 0


def test_joints_in_doubt_are_faint():
    scores = np.ones((1, 14))
    scores[0, WRIST] = 0.1
    faint, sure = drawn(scores), drawn()
    assert 40 < faint[400, 40].max() < 0.6 * sure[400, 40].max()
    np.testing.assert_array_equal(faint[440, 200], sure[440, 200])


def test_lines_grow_with_the_person():
    small = person() / 4
    large = drawn(size=(480, 240))
    tiny = drawn(size=(120, 60), joints=small[None])
    shares = [(pixels.max(axis=-1) > 0).mean() for pixels in (large, tiny)]
    assert shares[1] < 2.5 * shares[0]


def test_both_shoulders_are_joined():
    joints = np.full((14, 2), 10.0)
    joints[LSP.index("left_shoulder")] = [200.0, 240.0]
    joints[LSP.index("right_shoulder")] = [40.0, 240.0]
    joints[LSP.index("neck")] = [120.0, 100.0]
    assert drawn(joints=joints[None])[240, 120].min() > 150


@pytest.mark.parametrize(
    "wrist", [(-1e9, 1e9), (5e3, -40.0), (239.9, 479.9), (0.0, 0.0)]
)
def test_joints_anywhere_do_no_harm(wrist):
    assert drawn(joints=person(wrist)[None]).shape == (480, 240, 3)
    away = np.full((1, 14, 2), 1e4)
    assert drawn(joints=away).max() == 0


def test_the_picture_itself_stays_and_nobody_is_nothing():
    image = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    before = image.copy()
    found = with_poses(image, np.zeros((0, 14, 2)))
    np.testing.assert_array_equal(found, before)
    with_poses(image, person()[None] / 10)
    np.testing.assert_array_equal(image, before)


def test_joints_below_the_least_score_are_not_drawn():
    scores = np.ones((1, 14))
    scores[0, WRIST] = 0.3
    image = np.zeros((480, 240, 3), np.uint8)
    joints = person()[None]
    for least, is_drawn in ((0.3, True), (0.31, False)):
        found = with_poses(image, joints, scores, least)
        assert (found[400, 40].max() > 0) == is_drawn
        # Nor the line to it, halfway from the elbow.
        assert (found[260, 80].max() > 0) == is_drawn
        assert found[440, 200].max() > 200
    assert with_poses(image, joints, scores * 0, 0.1).max() == 0


def test_hips_are_joined():
    joints = np.full((14, 2), 10.0)
    joints[LSP.index("left_hip")] = [200.0, 240.0]
    joints[LSP.index("right_hip")] = [40.0, 240.0]
    assert drawn(joints=joints[None])[240, 120].min() > 150


def test_boxes_are_drawn_with_their_labels():
    image = np.full((400, 600, 3), 90, np.uint8)
    box = np.array([[300.0, 200.0, 200.0, 100.0], [0.0, 0.0, 0.0, 0.0]])
    found = with_boxes(image, box[:1], ["0.75"])
    for x, y in ((300, 150), (300, 250), (200, 200), (400, 200)):
        assert found[y, x].min() > 200
    assert (found[300:] == 90).all() and (found[200, 300] == 90).all()
    other = with_boxes(image, box[:1], ["0.25"])
    # Above the box, where they hide nothing of the person.
    changed = np.argwhere((found != other).any(axis=-1))
    assert len(changed) and changed[:, 0].max() < 150
    assert changed[:, 0].min() > 120 and changed[:, 1].min() >= 200
    # There is no room above.
    high = box[:1] - [0, 150, 0, 0]
    assert (with_boxes(image, high, ["0.75"]) != 90)[5:25].any()
    whole = with_boxes(image, box[1:], ["0.75"])
    assert (whole[:30, :60] > 200).any() and (whole[40:] == 90).all()


def test_boxes_beyond_the_picture_do_no_harm():
    image = np.full((40, 60, 3), 90, np.uint8)
    for box in ([1e6, 1e6, 10, 10], [30, 20, 1e9, 1e9], [-50, 20, 9, 1e-3]):
        found = with_boxes(image, np.array([box]), ["1"])
        assert found.shape == image.shape


@pytest.mark.parametrize(
    ("name", "drawing", "kind"),
    [
        ("a.jpg", "a.pose.jpg", "JPEG"),
        ("a.JPEG", "a.pose.jpg", "JPEG"),
        ("a.png", "a.pose.png", "PNG"),
        ("a.webp", "a.pose.png", "PNG"),
    ],
)
def test_a_jpeg_stays_one(tmp_path, name, drawing, kind):
    image = np.zeros((480, 240, 3), np.uint8)
    image[:, :, 1] = np.arange(240)
    nobody = predicted_poses.Poses(
        np.zeros((0, 4)), np.zeros((0, 14, 2)), np.zeros((0, 14))
    )
    path = pose_files.write(
        tmp_path, tmp_path / name, image, nobody, LSP, "model"
    )
    assert path.name == drawing
    with Image.open(path) as found:
        assert found.format == kind
        np.testing.assert_allclose(np.asarray(found), image, atol=3)


def test_drawings_of_small_pictures_are_enlarged(tmp_path):
    poses = predicted_poses.Poses(
        np.zeros((1, 4)), person()[None] / 10, np.ones((1, 14))
    )
    image = np.zeros((48, 24, 3), np.uint8)
    path = pose_files.write(
        tmp_path, tmp_path / "a.png", image, poses, LSP, "model"
    )
    with Image.open(path) as found:
        assert found.size == (240, 480)
        red, _, blue = np.asarray(found)[400, 40]
    assert red > 150 > blue


def test_joints_without_sides_have_hues_of_their_own():
    names = ("wrist", "thumb", "index", "little")
    hand = skeletons.Skeleton(
        name="hand",
        joints=names,
        mirror=(0, 1, 2, 3),
        limbs=tuple((name, "wrist", name) for name in names[1:]),
        torso=("wrist", "little"),
    )
    dots = pose_colors.of_joints(hand)
    assert len({*dots}) == 4
    assert pose_colors.of_limbs(hand) == dots[1:]
    left, middle = pose_colors.COLORS["left"], pose_colors.COLORS[""]
    assert pose_colors.of_joints(LSP)[WRIST] == left
    kinds = [kind for kind, *_ in LSP.limbs]
    assert pose_colors.of_limbs(LSP)[kinds.index("head")] == middle
    canvas = pose_overlay.Canvas(np.zeros((90, 90, 3), np.uint8))
    at = [[45, 80], [10, 40], [45, 10], [80, 40]]
    canvas.add_poses(np.array([at], float), hand)
    for (x, y), color in zip(at, dots, strict=True):
        wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        np.testing.assert_allclose(canvas.pixels()[y, x], wanted, atol=40)
