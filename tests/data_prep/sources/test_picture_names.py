"""Where annotations may lead: pipes, other folders, names that are none."""

import os

import pytest

from data_prep.building import pictures
from data_prep.building import splits
from data_prep.sources import picture_names
from deeppose_tf import errors
from tests.data_prep import coco_files
from tests.data_prep import layouts


def test_a_pipe_is_not_waited_for(tmp_path):
    path = coco_files.write(tmp_path, {})
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(errors.InputError, match="no regular file"):
        coco_files.read(tmp_path)
    picture = tmp_path / "pipe.jpg"
    os.mkfifo(picture)
    with pytest.raises(pictures.Unreadable, match="no regular file"):
        pictures.load_jpeg(picture, None)


@pytest.mark.parametrize(
    "name", ["../../secret.jpg", "/etc/hostname", "b/../../../x.jpg"]
)
def test_pictures_outside_the_source_want_a_flag(tmp_path, name):
    coco_files.write(tmp_path, {}, image={"file_name": name})
    assert coco_files.read(tmp_path).skipped == {picture_names.OUTSIDE: 1}
    assert len(coco_files.read(tmp_path, allow_outside=True).people) == 1


def test_a_link_in_the_folder_is_followed(tmp_path):
    layouts.picture(tmp_path / "elsewhere" / "b.jpg")
    source = tmp_path / "s"
    source.mkdir()
    coco_files.write(source, {}, image={"file_name": "link/b.jpg"})
    (source / "train" / "link").symlink_to(tmp_path / "elsewhere")
    [person] = coco_files.read(source).people
    assert not isinstance(layouts.made(person), str)


@pytest.mark.parametrize("name", ["a\0.jpg", "\ud800.jpg", "a" * 5000, 5, ""])
def test_no_name_of_a_picture_stops_the_rest(tmp_path, name):
    coco_files.write(
        *(tmp_path, {"image_id": 2}, {}),
        images=[
            {"id": 1, "file_name": "a.jpg"},
            {"id": 2, "file_name": name},
        ],
    )
    people = [
        layouts.made(person) for person in coco_files.read(tmp_path).people
    ]
    assert len([one for one in people if not isinstance(one, str)]) == 1
    for person in coco_files.read(tmp_path).people:
        assert splits.by_image(person.image_id, 0.0, 0.0, None) == "train"


def test_two_pictures_of_one_id_are_refused(tmp_path):
    images = [{"id": 1, "file_name": n} for n in ("a.jpg", "b.jpg")]
    coco_files.write(tmp_path, {}, images=images)
    with pytest.raises(errors.InputError, match="share the id 1"):
        coco_files.read(tmp_path)
