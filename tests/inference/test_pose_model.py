import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import deeppose_tf
from deeppose_tf import errors
from deeppose_tf.inference import photos
from tests.launcher import ROOT


@pytest.fixture(scope="module")
def model(exported):
    return deeppose_tf.load(exported)


BOXES = [[60, 70, 90, 110.5], [40, 30, 50, 60]]


def test_a_photo_is_a_path_bytes_or_pixels(model, people):
    path = people / "images" / "im00001.jpg"
    pixels = photos.load(path)
    want = model.predict(path, BOXES)
    assert len(want) == 2
    for photo in (str(path), path.read_bytes(), pixels):
        for person, other in zip(
            model.predict(photo, BOXES), want, strict=True
        ):
            np.testing.assert_array_equal(person.joints, other.joints)
    both = model.predict([path, pixels], [BOXES, BOXES[:1]])
    assert [len(found) for found in both] == [2, 1]


def test_a_person_knows_its_joints(model, people):
    (person,) = model.predict(people / "images" / "im00001.jpg", BOXES[:1])
    assert person.box.tolist() == BOXES[0]
    assert person.joints.shape == (14, 2)
    assert person.scores.shape == (14,)
    values = person.to_dict()
    assert values["score"] == pytest.approx(person.score, abs=1e-4)
    assert tuple(values["joints"]) == person.names == model.skeleton.joints
    np.testing.assert_allclose(
        values["joints"]["neck"],
        person.joints[person.names.index("neck")],
        atol=0.01,
    )
    image = np.zeros((300, 200, 3), np.uint8)
    assert person.draw(image).max() > 0 == image.max()


def test_nobody_is_found_on_a_wall(model):
    assert model.predict(np.full((90, 70, 3), 127, np.uint8)) == []


def test_photos_are_turned_upright(model, people):
    with Image.open(people / "images" / "im00001.jpg") as photo:
        exif = Image.Exif()
        exif[0x0112] = 6  # Turned by a quarter.
        buffer = io.BytesIO()
        photo.transpose(Image.Transpose.ROTATE_90).save(
            buffer, "PNG", exif=exif
        )
        upright = np.asarray(photo)
    (found,) = model.predict(buffer.getvalue(), BOXES[:1])
    (want,) = model.predict(upright, BOXES[:1])
    np.testing.assert_array_equal(found.joints, want.joints)


@pytest.mark.parametrize(
    ("photo", "boxes", "words"),
    [
        (b"no photo", None, "photo: picture unreadable"),
        ("nowhere.jpg", None, "nowhere.jpg"),
        (np.zeros((4, 4)), None, "float64 .4, 4., want uint8"),
        (7, None, "int, want a path"),
        (np.zeros((9, 9, 3), np.uint8), [[1, 2, 3]], "boxes: "),
        (np.zeros((9, 9, 3), np.uint8), [[1, 2, 3, 0]], "above 0"),
        (np.zeros((9, 9, 3), np.uint8), [[1, 2, np.nan, 4]], "finite"),
        (np.zeros((9, 9, 3), np.uint8), [[1e30, 2, 3, 4]], "finite"),
        (np.zeros((9, 9, 3), np.uint8), [[1, 2, 1e-60, 4]], "above 0"),
        (np.zeros((9, 9, 3), np.uint8), [[10**400, 2, 3, 4]], "want .people"),
        (np.zeros((0, 9, 3), np.uint8), None, "no pixels"),
        ("a\0.jpg", None, "no file name"),
        ([], [[1, 2, 3, 4]], "1 entries for 0 photos"),
    ],
)
def test_what_cannot_be_is_refused(model, photo, boxes, words):
    with pytest.raises(errors.InputError, match=words):
        model.predict(photo, boxes)


def test_importing_the_package_imports_nothing_large():
    code = "import sys, deeppose_tf; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for module in ("tensorflow", "keras", "numpy", "absl"):
        assert f"'{module}'" not in done.stdout
    assert deeppose_tf.__version__


def test_a_box_outside_the_photo_is_refused(model, people):
    path = people / "images" / "im00001.jpg"
    with pytest.raises(errors.InputError, match="boxes: -9,9,9,9 lies outside"):
        model.predict(path, [BOXES[0], [-9, 9, 9, 9]])


def test_who_loads_nothing_is_told_so():
    with pytest.raises(errors.InputError, match="^nowhere: no exported"):
        deeppose_tf.load("nowhere")
