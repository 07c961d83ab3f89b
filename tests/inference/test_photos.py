import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.geometry import crops
from deeppose_tf.inference import photos


def test_a_turned_photo_is_loaded_upright(tmp_path):
    pixels = np.zeros((10, 20, 3), np.uint8)
    pixels[:, 15:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn clockwise to show it: the right becomes the bottom.
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    found = photos.load(tmp_path / "a.png")
    assert found.shape == (20, 10, 3)
    assert found[15:].min() == 255
    assert found[:15].max() == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_format_is_turned_once(tmp_path, kind, orientation):
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:10, :10] = 255  # Where EXIF says that the upper left corner is.
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a"
    Image.fromarray(pixels).save(path, kind, exif=exif)
    found = photos.load(path)
    assert found.shape == ((40, 20, 3) if orientation >= 5 else (20, 40, 3))
    rows, columns = np.nonzero(found[..., 0] > 128)
    # Above, and left, of the middle.
    corner = rows.mean() < len(found) / 2, columns.mean() < len(found[0]) / 2
    assert (
        corner
        == {
            1: (True, True),
            2: (True, False),
            3: (False, False),
            4: (False, True),
            5: (True, True),
            6: (True, False),
            7: (False, False),
            8: (False, True),
        }[orientation]
    )


def test_damaged_exif_data_costs_no_photo(tmp_path):
    path = tmp_path / "a.jpg"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x09\xff\xff"
    Image.new("RGB", (8, 6), (255, 255, 255)).save(path, exif=exif)
    assert photos.load(path).min() > 250


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((4, 6), 0.5, np.float32), "32 bits have no known range"),
        (np.full((4, 6), 200, np.int32), "32 bits have no known range"),
        (np.full((4, 6), 4000, np.uint16), "12 bits of 16 at most"),
    ],
)
def test_pixels_of_unknown_range_are_refused(tmp_path, pixels, reason):
    path = tmp_path / "a.tif"
    Image.fromarray(pixels).save(path)
    with pytest.raises(errors.InputError, match=f"a.tif: picture .*{reason}"):
        photos.load(path)


def test_large_photos_are_refused_by_their_header():
    encoded = io.BytesIO()
    Image.new("1", (8, 8)).save(encoded, "PNG")
    for width, said in ((14_000, "megapixels: save"), (9_000, "damaged or")):
        content = bytearray(encoded.getvalue())
        struct.pack_into(">II", content, 16, width, 12_000)
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
        with pytest.raises(errors.InputError, match=said):
            photos.decode(bytes(content))


def test_lines_on_a_terminal_are_printable(tmp_path, capsys):
    path = tmp_path / "a\x1b[31m\nb.jpg"
    path.write_text("")
    with pytest.raises(errors.InputError, match="1 of 1 files failed"):
        photos.each([path], photos.load)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable() and r"a\x1b[31m\nb.jpg: picture" in line
    full = OSError(28, "No space left on device", "a.jpg")
    assert errors.line(full) == "error: a.jpg: No space left on device"


def test_heic_names_the_way_out():
    heic = b"\0\0\0\x18ftypheic" + bytes(400)
    with pytest.raises(errors.InputError, match="HEIC.: convert it to JPEG"):
        photos.decode(heic)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK"])
def test_any_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new("RGB", (6, 4), (255, 255, 255)).convert(mode).save(path)
    found = photos.load(path)
    assert found.shape == (4, 6, 3)
    assert found.min() >= 250


def test_truncated_and_fake_photos_are_named(tmp_path):
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(errors.InputError, match="a.jpg: picture unreadable"):
        photos.load(path)
    path.write_text("hello")
    with pytest.raises(errors.InputError, match="a.jpg: picture unreadable"):
        photos.load(path)


def test_sixteen_bits_look_as_they_do_to_a_server(tmp_path):
    path = tmp_path / "deep.png"
    values = np.arange(0, 65536, 256, np.uint16).reshape(16, 16) + 200
    Image.fromarray(values).save(path)
    found = photos.load(path)
    assert found.max() == 255 and found.min() == 0
    np.testing.assert_array_equal(found, crops.decode(path.read_bytes()))


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    file = tmp_path / "out"
    file.touch()
    said = f"error: {file}: a file, where a folder is wanted; name another"
    for path in (file, file / "a" / "b"):
        with pytest.raises(OSError) as raised:
            path.mkdir(parents=True)
        assert errors.line(raised.value) == said
    (tmp_path / "made").mkdir()
    with pytest.raises(OSError) as raised:
        (tmp_path / "made").rename(file)
    assert errors.line(raised.value) == said
    with pytest.raises(OSError) as raised:
        (tmp_path / "made").mkdir()
    assert errors.line(raised.value).endswith("made: File exists")
    assert errors.line(FileExistsError("words")) == "error: words"
