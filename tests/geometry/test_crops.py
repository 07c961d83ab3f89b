import io
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deeppose_tf.geometry import crops
from deeppose_tf.geometry import windows
from tests.launcher import ROOT


def cut(image, box, size):
    boxes = tf.constant([[box]], tf.float32)
    return crops.cut(tf.constant(image[None]), boxes, size)[0, 0].numpy()


def test_constant_image_gives_constant_crop():
    image = np.full((20, 30, 3), 77, np.uint8)
    np.testing.assert_allclose(cut(image, [15, 10, 10, 8], 4), 77.0)


def test_crop_of_each_pixel_is_between_its_neighbors():
    # A ramp comes back unchanged: pixel j of the crop is pixel 3 + j.
    ramp = np.tile(np.arange(20, dtype=np.uint8)[:, None] * 10, (20, 1, 3))
    found = cut(ramp, [7, 10, 8, 8], 8)
    np.testing.assert_allclose(found[0, :, 0], np.arange(3, 11) * 10, atol=1e-3)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_shrinking_averages_blocks(factor):
    rng = np.random.default_rng(0)
    side = 4 * factor
    image = rng.integers(0, 256, (side, side, 3)).astype(np.uint8)
    found = cut(image, [side / 2, side / 2, side, side], 4)
    blocks = image.reshape(4, factor, 4, factor, 3).mean((1, 3))
    np.testing.assert_allclose(found, blocks, atol=1e-3)


def test_boxes_of_all_sizes_together_are_cut_as_alone(checkerboard):
    boxes = np.float32(
        [[[40, 30, s, s], [20, 20, 70 - s, 70 - s]] for s in (4, 17, 60)]
    )
    images = np.stack([np.roll(checkerboard, i, axis=0) for i in range(3)])
    found = crops.cut(tf.constant(images), tf.constant(boxes), 8)
    assert found.shape == (3, 2, 8, 8, 3)
    for i in range(3):
        for j in range(2):
            alone = cut(images[i], boxes[i, j], 8)
            np.testing.assert_allclose(found[i, j], alone, atol=0.02)


def test_no_boxes_give_no_crops(checkerboard):
    image = tf.constant(checkerboard[None])
    assert crops.cut(image, tf.zeros([1, 0, 4]), 8).shape == (1, 0, 8, 8, 3)


def test_outside_the_image_is_grey():
    image = np.zeros((10, 10, 3), np.uint8)
    found = cut(image, [100, 100, 10, 10], 4)
    np.testing.assert_allclose(found, crops.FILL)
    assert np.isfinite(cut(image, [0, 0, 1e9, 1e9], 4)).all()


def test_padding_on_the_right_and_below_changes_nothing(checkerboard):
    padded = np.pad(
        checkerboard, [(0, 9), (0, 31), (0, 0)], constant_values=crops.FILL
    )
    box = [70, 50, 40, 44]
    np.testing.assert_allclose(
        cut(padded, box, 16), cut(checkerboard, box, 16), atol=0.02
    )


def test_window_keeps_what_crops_need(checkerboard):
    big = np.tile(checkerboard, (10, 10, 1))  # 600 x 800.
    box = np.array([400, 300, 40, 50], np.float32)
    image, origin, factor = windows.window(tf.constant(big), tf.constant(box))
    assert factor == 1.0
    # 325 and 225, and back to a multiple of 8.
    np.testing.assert_allclose(origin, [320, 224])
    assert image.shape == (151, 155, 3)
    inner = windows.box_into_window(box, origin, factor).numpy()
    np.testing.assert_allclose(
        cut(image.numpy(), inner, 16), cut(big, box, 16), atol=0.02
    )


def test_window_averages_a_large_box_down_by_a_whole_factor():
    image = np.zeros((1500, 1500, 3), np.uint8)
    image[0::2] = 200
    box = tf.constant([750.0, 750.0, 1500.0, 1500.0])
    found, origin, factor = windows.window(tf.constant(image), box)
    assert factor == 3.0  # 1500 / 3 = 500 <= 512 < 1500 / 2.
    assert found.shape == (500, 500, 3)
    np.testing.assert_allclose(origin, [0, 0])
    # Three rows of 200, 0, 200 or of 0, 200, 0.
    assert set(np.unique(found)) == {67, 133}
    point = tf.constant([123.0, 456.0])
    there = windows.into_window(point, origin, factor)
    np.testing.assert_allclose(
        windows.out_of_window(there, origin, factor), point
    )


@pytest.mark.parametrize(
    "box", [[1e12, 1e12, 5, 5], [-1e6, 3, 5, 5], [5, 5, 1e12, 3]]
)
def test_window_of_an_absurd_box_is_never_empty(checkerboard, box):
    image, origin, factor = windows.window(
        tf.constant(checkerboard), tf.constant(box, tf.float32)
    )
    assert min(image.shape[:2]) >= 1
    assert np.isfinite([*origin.numpy(), factor.numpy()]).all()


@pytest.mark.parametrize("shape", [(8000, 1), (1, 8000), (40_000, 1200)])
@pytest.mark.parametrize(
    "sides", [None, (1e9, 1e9), (1e9, 1e-3), (3, 1e9), (600, 2)]
)
def test_each_side_of_a_window_is_bounded(shape, sides):
    height, width = shape
    sides = sides or [max(shape)] * 2
    image, _, factor = windows.window(
        tf.zeros([*shape, 3], tf.uint8),
        tf.constant([width / 2, height / 2, *sides], tf.float32),
    )
    # Three box sides, and what the corner moves to a multiple of 8 pixels.
    assert max(image.shape) <= 3 * windows.MAX_BOX_SIDE + 8
    assert min(image.shape) >= 1
    assert np.isfinite(factor)


def test_a_picture_thinner_than_a_block_is_filled_up():
    image = tf.zeros([2000, 2, 3], tf.uint8)
    found, _, factor = windows.window(
        image, tf.constant([1.0, 1000.0, 2000.0, 2000.0])
    )
    assert factor == 4.0  # 2000 / 4 = 500 <= 512.
    assert found.shape == (500, 1, 3)
    # Half of a block is black, the other half is mid-grey.
    assert set(np.unique(found)) == {64}


def encoded(kind, size=(64, 40)):
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_header_says_how_many_pixels(kind):
    content = encoded(kind)
    same = crops.within_limit(tf.constant(content), 64 * 40)
    assert same.numpy() == content
    with pytest.raises(tf.errors.InvalidArgumentError, match="too many pixels"):
        crops.within_limit(tf.constant(content), 64 * 40 - 1)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "none"])
def test_other_formats_are_not_decoded(kind):
    content = b"" if kind == "none" else encoded(kind)
    with pytest.raises(tf.errors.InvalidArgumentError, match="no JPEG or PNG"):
        crops.within_limit(tf.constant(content), 10**9)


def test_jpegs_are_decoded_as_pillow_does():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (61, 83, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    with Image.open(buffer) as image:
        want = np.asarray(image)
    found = crops.decode(tf.constant(buffer.getvalue()))
    np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize(
    "mode, kind",
    [(m, "JPEG") for m in ("L", "RGB", "CMYK")]
    + [("L", "PNG"), ("RGB", "PNG")],
)
def test_decode_takes_grey_rgb_and_cmyk(mode, kind):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), (90, 90, 90)).convert(mode).save(buffer, kind)
    image = crops.decode(buffer.getvalue())
    assert image.shape == (6, 8, 3)
    assert np.abs(image.numpy().astype(int) - 90).max() <= 3


@pytest.mark.slow(10)
def test_a_large_picture_is_averaged_down_within_its_own_bytes():
    code = """if True:
        import resource
        import tensorflow as tf
        from deeppose_tf.geometry import windows
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        small = tf.zeros([1300, 1300, 3], tf.uint8)
        windows.window(small, tf.constant([650.0, 650.0, 1300.0, 1300.0]))
        image = tf.fill([7000, 6000, 3], tf.constant(9, tf.uint8))
        before = peak()
        windows.window(image, tf.constant([3000.0, 3500.0, 6000.0, 7000.0]))
        print((peak() - before) * 2**20 / (7000 * 6000 * 3))
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    # The slice of the picture, once more; as floats it would be four times.
    assert float(done.stdout) < 1.5
