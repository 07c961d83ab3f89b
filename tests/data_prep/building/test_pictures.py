import io

import numpy as np
import pytest
from PIL import Image

from data_prep.building import pictures


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_pictures_become_grey_or_rgb_jpegs(tmp_path, mode):
    path = tmp_path / "im.jpg"
    Image.new("RGB", (8, 6), (90, 90, 90)).convert(mode).save(path)
    encoded, size, scale, _ = pictures.load_jpeg(path, None)
    assert (size, scale) == ((8, 6), 1.0)
    with Image.open(io.BytesIO(encoded)) as image:
        assert image.mode == ("L" if mode == "L" else "RGB")
    assert (encoded == path.read_bytes()) == (mode != "CMYK")


def test_of_sixteen_bits_the_upper_ones_are_kept(tmp_path):
    path = tmp_path / "im.png"
    grey = np.full((6, 8), 0x5A00, np.uint16)
    Image.fromarray(grey).save(path)
    encoded, *_ = pictures.load_jpeg(path, None)
    with Image.open(io.BytesIO(encoded)) as image:
        pixels = np.asarray(image).astype(int)
    assert pixels.shape == (6, 8, 3)
    np.testing.assert_allclose(pixels, 0x5A, atol=2)


def test_a_turned_picture_stays_as_it_is_stored(tmp_path):
    path = tmp_path / "im.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # To be shown turned by 90 degrees.
    Image.new("RGB", (8, 6)).save(path, exif=exif)
    _, size, _, turned = pictures.load_jpeg(path, None)
    assert (size, turned) == ((8, 6), True)


def test_broken_pictures_have_a_reason(tmp_path):
    path = tmp_path / "im.jpg"
    with pytest.raises(pictures.Unreadable, match="missing"):
        pictures.load_jpeg(path, None)
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(pictures.Unreadable, match="unreadable"):
        pictures.load_jpeg(path, None)
    path.write_bytes(b"no picture")
    with pytest.raises(pictures.Unreadable, match="unreadable"):
        pictures.load_jpeg(path, None)
