"""Pictures as people have them: turned, damaged, of other kinds."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from data_prep.building import jpegs
from data_prep.building import pictures
from data_prep.validation import checks
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons
from tests.data_prep import layouts
from tests.data_prep import made_records


def turned(path, orientation):
    image = Image.new("RGB", (80, 60))
    image.paste((255, 0, 0), (0, 0, 40, 30))  # Upper left, as stored.
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_where_asked_for(tmp_path, orientation):
    path = tmp_path / "a.jpg"
    turned(path, orientation)
    stored = pictures.load_jpeg(path, None)
    assert stored.size == (80, 60)
    assert stored.turned == (orientation != 1)
    assert stored.encoded == path.read_bytes()
    upright = pictures.load_jpeg(path, None, upright=True)
    assert upright.size == ((60, 80) if orientation >= 5 else (80, 60))
    assert not upright.turned
    # Where EXIF puts the stored upper left corner.
    with Image.open(io.BytesIO(upright.encoded)) as image:
        red = np.asarray(image)[..., 0] > 128
    if orientation == 1:
        assert upright.encoded == path.read_bytes()
    rows, columns = np.nonzero(red)
    top, left = (
        rows.mean() < red.shape[0] / 2,
        columns.mean() < red.shape[1] / 2,
    )
    assert (top, left) == {
        1: (True, True),
        2: (True, False),
        3: (False, False),
        4: (False, True),
        5: (True, True),
        6: (True, False),
        7: (False, False),
        8: (False, True),
    }[orientation]


def test_a_tiff_is_turned_once(tmp_path):
    # Pillow turns TIFF files by itself.
    path = tmp_path / "a.tif"
    turned(path, 6)
    with Image.open(path) as image:
        seen = np.asarray(image.convert("RGB"))
    for upright, want in ((True, seen), (False, np.rot90(seen))):
        found = pictures.load_jpeg(path, None, upright=upright)
        assert found.size == want.shape[1::-1]
        assert found.turned == (not upright)
        with Image.open(io.BytesIO(found.encoded)) as image:
            difference = np.asarray(image).astype(int) - want
        assert np.abs(difference).mean() < 20
        assert pictures.load_jpeg(path, None, found.size, upright=upright)
        with pytest.raises(pictures.Unreadable, match="another size"):
            pictures.load_jpeg(path, None, found.size[::-1], upright=upright)


def test_the_reason_names_exif_where_it_explains_the_size(tmp_path):
    path = tmp_path / "a.jpg"
    turned(path, 6)
    with pytest.raises(pictures.Unreadable, match="EXIF.*--upright"):
        pictures.load_jpeg(path, None, (60, 80))
    assert pictures.load_jpeg(path, None, (60, 80), upright=True)


def test_turned_pictures_are_counted(tmp_path):
    source = layouts.write_source(tmp_path / "s", layouts.extended(3))
    turned(source / "images" / "im00002.jpg", 3)
    done = layouts.build(source, tmp_path / "records")
    assert "warning: 1 persons: picture taken as stored" in done.stdout
    card = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert list(card["warnings"].values()) == [1]
    done = layouts.build(source, tmp_path / "records", "--upright")
    assert "warning" not in done.stdout


def noise(size=(160, 120), **how):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **how)
    return buffer.getvalue()


def cut_and_closed():
    whole = noise()
    return whole[: len(whole) // 2] + b"\xff\xd9"


@pytest.mark.parametrize("how", [{}, {"progressive": True}])
def test_damage_inside_of_a_jpeg_is_noticed(tmp_path, how):
    whole = noise(**how)
    assert jpegs.damage(whole) is None
    assert jpegs.damage(cut_and_closed())
    path = tmp_path / "a.jpg"
    path.write_bytes(cut_and_closed())
    pictures.load_jpeg(path, None)  # Passed through, for its speed.
    with pytest.raises(pictures.Unreadable, match="damaged"):
        pictures.load_jpeg(path, None, check=True)
    with pytest.raises(pictures.Unreadable, match="damaged"):
        pictures.load_jpeg(path, 100)
    person = made_records.person(image=cut_and_closed(), width=160, height=120)
    found = checks.check(records.encode(person), skeletons.LSP)
    assert found.errors == ("picture is damaged",)


def test_what_decoders_say_of_whole_jpegs_is_no_damage():
    whole = noise()
    # Spectral selection of a baseline scan, which nobody reads.
    start = whole.index(b"\xff\xda")
    length = struct.unpack(">H", whole[start + 2 : start + 4])[0]
    end = start + 2 + length
    odd = whole[: end - 3] + b"\0\0\0" + whole[end:]
    assert jpegs.damage(odd) is None
    padded = whole[:-2] + bytes(40) + whole[-2:]
    assert jpegs.damage(padded) is None


def test_a_phone_s_mpo_is_a_jpeg(tmp_path):
    first, second = (Image.new("RGB", (80, 60), (9, 9, c)) for c in (1, 2))
    path = tmp_path / "a.jpg"
    first.save(path, "MPO", save_all=True, append_images=[second])
    picture = pictures.load_jpeg(path, None, check=True)
    assert picture.encoded == path.read_bytes()
    person = made_records.person(image=picture.encoded)
    assert not checks.check(records.encode(person), skeletons.LSP).errors


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((6, 8), 0.5, np.float32), "32 bits have no known range"),
        (np.full((6, 8), 70_000, np.int32), "32 bits have no known range"),
        (np.full((6, 8), 4000, np.uint16), "12 bits of 16"),
    ],
)
def test_pixels_of_unknown_range_are_refused(tmp_path, pixels, reason):
    path = tmp_path / "a.tif"
    Image.fromarray(pixels).save(path)
    with pytest.raises(pictures.Unreadable, match=reason):
        pictures.load_jpeg(path, None)


def test_large_pictures_are_refused_or_shrunk(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("L", (20_000, 2_600), 100).save(path, quality=20)  # 52 million.
    with pytest.raises(pictures.Unreadable, match="50 mega.*--max_side"):
        pictures.load_jpeg(path, None)
    assert pictures.load_jpeg(path, 200).size == (200, 26)


def test_eps_starts_no_other_program(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (8, 6)).save(path, "EPS")
    with pytest.raises(pictures.Unreadable, match="none of JPEG, PNG"):
        pictures.load_jpeg(path, None)
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(20))
    with pytest.raises(pictures.Unreadable, match="HEIC.*convert it to JPEG"):
        pictures.load_jpeg(path, None)
