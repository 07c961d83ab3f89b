import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deeppose_tf.geometry import crops
from deeppose_tf.inference import photos
from deeppose_tf.remote import photo_bytes


def sent(path):
    """What a server sees of a photo."""
    return crops.decode(photo_bytes.encode(path, photos.load(path))).numpy()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_bytes_of_an_upright_photo_are_sent_as_they_are(
    tmp_path, checkerboard, suffix, orientation
):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(checkerboard).save(path, exif=turned(orientation))
    image = photos.load(path)
    assert photo_bytes.encode(path, image) == path.read_bytes()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_photo_is_sent_upright(tmp_path, checkerboard, orientation):
    path = tmp_path / "a.png"
    Image.fromarray(checkerboard).save(path, exif=turned(orientation))
    np.testing.assert_array_equal(sent(path), photos.load(path))


def test_a_turned_jpeg_stays_a_jpeg_and_nearly_itself(tmp_path):
    rows = np.linspace(0, 255, 60)[:, None, None]
    image = np.broadcast_to(rows, (60, 80, 3)).astype(np.uint8)
    path = tmp_path / "a.jpg"
    Image.fromarray(image).save(path, exif=turned(6))
    upright = photos.load(path)
    assert upright.shape == (80, 60, 3)
    encoded = photo_bytes.encode(path, upright)
    assert Image.open(io.BytesIO(encoded)).format == "JPEG"
    found = tf.cast(crops.decode(encoded), tf.int32)
    np.testing.assert_allclose(found, upright, atol=6)


@pytest.mark.parametrize("suffix", ["bmp", "tif", "webp"])
def test_what_a_server_cannot_read_is_sent_as_png(
    tmp_path, checkerboard, suffix
):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(checkerboard).save(path)
    image = photos.load(path)
    assert photo_bytes.encode(path, image).startswith(b"\x89PNG")
    np.testing.assert_array_equal(sent(path), image)


def test_the_name_of_a_file_does_not_matter(tmp_path, checkerboard):
    """Photos are often named .jpg without being any."""
    path = tmp_path / "a.jpg"
    Image.fromarray(checkerboard).save(path, "BMP")
    np.testing.assert_array_equal(sent(path), checkerboard)
