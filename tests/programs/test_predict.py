"""The program `predict`, and what it asks of an exported cascade."""

import json

import numpy as np
import pytest
from PIL import Image

from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import pose_files
from deeppose_tf.inference import predictor
from deeppose_tf.videos import video_files
from tests.launcher import refused
from tests.launcher import run


@pytest.fixture(scope="module")
def model(exported_model):
    return exported_model


def predict(exported, output_dir, *more):
    return run(
        "deeppose_tf.predict",
        f"--model={exported}",
        f"--output_dir={output_dir}",
        *more,
    )


def test_predict_draws_everybody_of_a_boxes_file(exported, people, tmp_path):
    photo, unnamed = sorted((people / "images").iterdir())[:2]
    bad, video = tmp_path / "bad.jpg", tmp_path / "film.avi"
    bad.write_bytes(b"no photo")
    with video_files.Writer(video, 5.0) as writer:
        for _ in range(3):
            writer.add(np.zeros((48, 64, 3), np.uint8))
    boxes = {
        photo.name: [[60, 70, 90, 110.5], [20, 30, 40, 50]],
        str(bad): [[1, 1, 2, 2]],
        "film.avi": [[32, 24, 40, 40]],
    }
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    out = tmp_path / "out"
    done = predict(
        exported,
        out,
        f"--boxes={tmp_path / 'boxes.json'}",
        *(bad, unnamed, photo, video),
    )
    assert refused(done, "2 of 4 files")
    assert f"{bad}: picture unreadable" in done.stderr
    assert f"{unnamed}: --boxes=" in done.stderr
    lines = [f"wrote {out / photo.stem}.pose.jpg"]
    lines += [f"wrote {out / 'film.pose.mp4'}"]
    assert done.stdout.splitlines() == lines
    answer = json.loads((out / f"{photo.stem}.pose.json").read_text())
    first, second = answer["people"]
    assert first["box"] == [60.0, 70.0, 90.0, 110.5]
    assert second["box"] == [20.0, 30.0, 40.0, 50.0]
    assert tuple(first["joints"]) == skeletons.LSP.joints
    assert np.isfinite(list(first["joints"].values())).all()
    assert all(0.0 <= score <= 1.0 for score in first["scores"].values())
    with Image.open(photo) as image:
        assert (answer["width"], answer["height"]) == image.size
    assert (out / f"{photo.stem}.pose.jpg").exists()
    assert len((out / "film.pose.jsonl").read_text().splitlines()) == 3


def test_predict_draws_nobody_where_nobody_is_found(exported, tmp_path):
    wall, video = tmp_path / "wall.png", tmp_path / "walls.mp4"
    Image.new("RGB", (90, 70), "grey").save(wall)
    with video_files.Writer(video, 5.0) as writer:
        writer.add(np.full((48, 64, 3), 127, np.uint8))
    done = predict(exported, tmp_path, wall, video)
    assert done.returncode == 0, done.stderr
    assert "wall.pose.png (nobody was found; --people=whole" in done.stdout
    people = json.loads((tmp_path / "wall.pose.json").read_text())["people"]
    assert people == []
    # A film has frames that nobody is in.
    line = json.loads((tmp_path / "walls.pose.jsonl").read_text())
    assert line == {"time": 0.0, "people": []}
    assert "walls.pose.mp4 (1 frames without people)" in done.stdout


def test_the_whole_photo_may_be_one_person(exported, tmp_path):
    wall = tmp_path / "wall.png"
    Image.new("RGB", (90, 70), "grey").save(wall)
    done = predict(exported, tmp_path, "--people=whole", wall)
    assert done.returncode == 0, done.stderr
    (person,) = json.loads((tmp_path / "wall.pose.json").read_text())["people"]
    assert person["box"] is None


def test_all_photos_below_a_folder_make_one_file_for_coco(
    exported, people, tmp_path
):
    first, second = sorted((people / "images").iterdir())[:2]
    for name, source in (("790.jpg", first), ("in/139.jpg", second)):
        target = tmp_path / "photos" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    out = tmp_path / "out"
    done = predict(
        exported,
        out,
        "--format=coco",
        "--recursive",
        "--box=60,70,90,110",
        tmp_path / "photos",
        tmp_path / "missing.jpg",
    )
    assert refused(done, "1 of 3 files")
    assert f"{tmp_path / 'missing.jpg'}: no such picture" in done.stderr
    assert done.stdout.splitlines()[-1] == f"wrote {out / 'keypoints.json'}"
    results = json.loads((out / "keypoints.json").read_text())
    assert [person["image_id"] for person in results] == [790, 139]
    files = sorted(str(p.relative_to(out)) for p in out.rglob("*.*"))
    assert files == ["790.pose.jpg", "in/139.pose.jpg", "keypoints.json"]


def test_coco_s_results_are_of_photos(tmp_path):
    (tmp_path / "a.mp4").write_text("")
    video = tmp_path / "a.mp4"
    done = predict("nowhere", tmp_path, "--format=coco", video)
    assert refused(done, "a.mp4: --format=coco is for photos")
    # A folder's are left out.
    done = predict("nowhere", tmp_path, "--format=coco", tmp_path)
    assert refused(done, f"{tmp_path}: holds no picture")


def test_predict_makes_no_folder_for_nothing(exported, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    done = predict(exported, tmp_path / "none", "--format=coco", bad)
    assert refused(done, "1 of 1 files")
    assert not (tmp_path / "none").exists()


def test_predict_wants_one_way_to_the_people(tmp_path):
    (tmp_path / "a.png").write_text("")
    done = predict(
        "nowhere", tmp_path, "--box=1,2,3,4", "--people=find", tmp_path
    )
    assert refused(done, "--box, --boxes and --people", "give one")


def test_people_of_one_picture_are_answered_as_if_alone(model, checkerboard):
    box = np.array([[40, 30, 50, 60], [30, 20, 20, 20], [0] * 4], np.float32)
    together = predictor.of_picture(model, checkerboard, box)
    for i, one in enumerate(box):
        alone = predictor.of_picture(model, checkerboard, one[None])
        for name in ("box", "joints", "scores"):
            np.testing.assert_allclose(
                getattr(together, name)[i], getattr(alone, name)[0], atol=1e-2
            )


def test_people_keep_to_their_pictures(model, checkerboard):
    images = np.stack([checkerboard, checkerboard[::-1]])
    box = np.array([[40, 30, 50, 60]], np.float32)
    nobody = np.zeros((0, 4), np.float32)
    second = predictor.of_picture(model, images[1], box)
    found = predictor.of_pictures(model, images, [nobody, box.repeat(2, 0)])
    assert found[0].joints.shape == (0, 14, 2)
    assert found[0].scores.shape == (0, 14)
    np.testing.assert_allclose(found[1].joints[1], second.joints[0], atol=1e-2)
    assert pose_files.to_json(found[0], model.skeleton) == []


def test_a_crowd_in_a_large_picture_goes_through_in_parts():
    assert predictor.people_per_call(640 * 480 * 3) == 16
    # 2**28 bytes hold 7 pictures of 36 MB.
    assert predictor.people_per_call(4000 * 3000 * 3) == 7
    assert predictor.people_per_call(2**40) == 1


def test_a_file_in_the_place_of_a_folder_is_named(exported, people, tmp_path):
    file = tmp_path / "out"
    file.touch()
    for folder in (file, file / "more"):
        done = run(
            "deeppose_tf.predict",
            f"--model={exported}",
            "--people=whole",
            f"--output_dir={folder}",
            people / "images" / "im00003.jpg",
        )
        said = f"error: {file}: a file, where a folder is wanted; name another"
        assert done.stderr.strip().splitlines()[-1] == said


def test_a_person_finder_is_no_cascade(people):
    photo = people / "images" / "im00003.jpg"
    finder = "--model=saved_models/person_finder"
    assert refused(
        run("deeppose_tf.predict", finder, photo),
        "person_finder",
        "is a person finder, which predicts no joints",
    )
    assert refused(
        run("deeppose_tf.export", finder, "--export_dir=nowhere"),
        "is a person finder, which predicts no joints",
    )
