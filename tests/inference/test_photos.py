import pathlib

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
    with pytest.raises(errors.InputError, match="a.jpg: not a readable"):
        photos.load(path)
    path.write_text("hello")
    with pytest.raises(errors.InputError, match="a.jpg: not a readable"):
        photos.load(path)


def test_find_goes_through_folders_and_refuses_what_would_clash(tmp_path):
    for name in ("b.JPG", "a.png", "a.pose.png", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [p.name for p in photos.find([str(tmp_path)])] == ["a.png", "b.JPG"]
    (tmp_path / "a.jpg").write_text("")
    with pytest.raises(errors.InputError, match="both be written as a"):
        photos.find([str(tmp_path)])
    with pytest.raises(errors.InputError, match="no such picture"):
        photos.find([str(tmp_path / "c.jpg")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.InputError, match="holds no picture"):
        photos.find([str(tmp_path / "empty")])


def test_folders_inside_of_folders_are_searched_on_demand(tmp_path):
    for name in (
        "a.png",
        "in/a.png",
        "in/deep/b.jpg",
        ".hid/c.png",
        "in/.d.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    names = [str(tmp_path)]
    assert photos.find(names) == [tmp_path / "a.png"]
    found = photos.find(names, recursive=True)
    below = {str(photos.below(path, names) / path.stem) for path in found}
    # Of one name, each in a folder of its own.
    assert below == {"a", "in/a", "in/deep/b"}
    single = str(tmp_path / "in" / "a.png")
    assert photos.below(photos.find([single])[0], [single]) == pathlib.Path()


def test_bad_paths_among_good_ones_are_named_and_the_rest_goes_on(
    tmp_path, capsys
):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("")
    (tmp_path / "empty").mkdir()
    bad = {
        str(tmp_path / "missing.png"): "no such picture",
        str(tmp_path / "empty"): "--recursive searches",
        "https://example.org/c.jpg": "download it",
        "rtsp://camera/1": "record a stream",
        "0": "cameras are not read; record one",
    }
    names = [str(tmp_path / "a.png"), *bad, str(tmp_path / "b.png")]
    worked = []
    with pytest.raises(errors.InputError, match="5 of 7 files failed"):
        photos.each(photos.find(names), worked.append)
    assert worked == [tmp_path / "a.png", tmp_path / "b.png"]
    lines = capsys.readouterr().err.splitlines()
    for line, words in zip(lines, bad.values(), strict=True):
        assert line.startswith("error: ") and words in line
    for name, words in bad.items():
        with pytest.raises(errors.InputError, match=words):
            photos.find([name])


def test_sixteen_bits_look_as_they_do_to_a_server(tmp_path):
    path = tmp_path / "deep.png"
    values = np.arange(0, 65536, 256, np.uint16).reshape(16, 16) + 200
    Image.fromarray(values).save(path)
    found = photos.load(path)
    assert found.max() == 255 and found.min() == 0
    np.testing.assert_array_equal(found, crops.decode(path.read_bytes()))
