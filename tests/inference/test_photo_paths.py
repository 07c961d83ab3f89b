import os
import pathlib

import pytest
from PIL import Image

from deeppose_tf import errors
from deeppose_tf import picture_formats
from deeppose_tf.inference import photo_paths
from deeppose_tf.inference import photos


def test_find_goes_through_folders(tmp_path):
    for name in ("b.JPG", "a.png", "a.pose.png", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [p.name for p in photo_paths.find([str(tmp_path)])] == [
        "a.png",
        "b.JPG",
    ]
    with pytest.raises(errors.InputError, match="no such picture"):
        photo_paths.find([str(tmp_path / "c.jpg")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.InputError, match="holds no picture"):
        photo_paths.find([str(tmp_path / "empty")])


def test_one_pair_of_one_name_does_not_stop_the_rest(tmp_path, capsys):
    # A phone's Live Photo: the picture, and a video.
    for name in ("a.JPG", "a.MOV", "b.JPG"):
        (tmp_path / name).write_text("")
    names, worked = [str(tmp_path)], []
    paths = photo_paths.find(names, (".mov",))
    faults = photo_paths.clashes(paths, names)
    with pytest.raises(errors.InputError, match="1 of 3 files failed"):
        photos.each(paths, worked.append, faults)
    assert [path.name for path in worked] == ["a.JPG", "b.JPG"]
    line = capsys.readouterr().err
    assert f"a.MOV: would be written as a.*, like {paths[0]}; give it" in line


def test_a_folder_s_pictures_are_those_that_are_decoded():
    Image.init()
    known = Image.registered_extensions().items()
    formats = {*picture_formats.FORMATS, "MPO"}
    assert {*picture_formats.SUFFIXES} == {
        suffix for suffix, kind in known if kind in formats
    }


def test_what_a_folder_leaves_out_is_told(tmp_path, caplog):
    for name in ("a.jfif", "b.heic", ".hidden", "a.pose.json", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "in").mkdir()
    assert photo_paths.find([str(tmp_path)]) == [tmp_path / "a.jfif"]
    told = "leaves out 2 files that are no pictures here: b.heic, notes.txt; "
    assert told + "convert HEIC to JPEG" in caplog.text
    assert "leaves out 1 folders in it; --recursive searches" in caplog.text
    (tmp_path / "a.jfif").unlink()
    with pytest.raises(errors.InputError, match="convert HEIC to JPEG"):
        photo_paths.find([str(tmp_path)])


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_text("")
    for name in (tmp_path / "a.jpg", "/dev/zero"):
        with pytest.raises(errors.InputError, match="no regular file"):
            photos.load(pathlib.Path(name))
        with pytest.raises(errors.InputError, match="no regular file"):
            photo_paths.find([str(name)])
    with pytest.raises(errors.InputError, match="1 of 2 files failed"):
        photos.each(photo_paths.find([str(tmp_path)]), lambda path: None)


@pytest.mark.parametrize("name", ["a" * 300 + ".jpg", "a\0.jpg", "\ud800.jpg"])
def test_no_name_of_a_photo_stops_the_rest(tmp_path, name):
    (tmp_path / "b.jpg").write_text("")
    names = [str(tmp_path / name), str(tmp_path / "b.jpg")]
    paths, worked = photo_paths.find(names), []
    with pytest.raises(errors.InputError, match="1 of 2 files failed"):
        photos.each(paths, worked.append)
    assert worked == [tmp_path / "b.jpg"]
    with pytest.raises(errors.InputError) as told:
        photos.load(pathlib.Path(names[0]))
    assert str(told.value).isprintable()


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
    assert photo_paths.find(names) == [tmp_path / "a.png"]
    found = photo_paths.find(names, recursive=True)
    below = {str(photo_paths.below(path, names) / path.stem) for path in found}
    # Of one name, each in a folder of its own.
    assert below == {"a", "in/a", "in/deep/b"}
    single = str(tmp_path / "in" / "a.png")
    assert (
        photo_paths.below(photo_paths.find([single])[0], [single])
        == pathlib.Path()
    )


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
        photos.each(photo_paths.find(names), worked.append)
    assert worked == [tmp_path / "a.png", tmp_path / "b.png"]
    lines = capsys.readouterr().err.splitlines()
    for line, words in zip(lines, bad.values(), strict=True):
        assert line.startswith("error: ") and words in line
    for name, words in bad.items():
        with pytest.raises(errors.InputError, match=words):
            photo_paths.find([name])


def test_a_folder_of_drawings_says_so(tmp_path):
    (tmp_path / "a.pose.jpg").touch()
    said = r"holds no picture \(.*\) but drawings, \*\.pose\.\*; --recursive"
    with pytest.raises(errors.InputError, match=said):
        photo_paths.check(tmp_path)
