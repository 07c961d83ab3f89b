"""Source folders as their owners lay them out, with made-up people."""

import json

import numpy as np
import scipy.io
from PIL import Image

from data_prep.building import encoding
from data_prep.building import person_box
from tests import launcher

IMAGE_RULE = person_box.Rule("image", 1.0, square=False)
OWN_BOX = person_box.Rule("annotated", 1.0, square=False)


def write_source(folder, joints, size=(80, 60), digits=5):
    """A source folder with one flat picture a person."""
    (folder / "images").mkdir(parents=True)
    scipy.io.savemat(folder / "joints.mat", {"joints": joints})
    people = joints.shape[2] if joints.ndim == 3 else 1
    for i in range(people):
        name = f"im{i + 1:0{digits}d}.jpg"
        Image.new("RGB", size, (i, 50, 90)).save(folder / "images" / name)
    return folder


def extended(people=4):
    joints = np.random.default_rng(0).uniform(5, 55, (14, 3, people))
    joints[:, 2] = 1.0
    return joints


def build(source, output_dir, *more):
    return launcher.run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={output_dir}",
        "--num_shards=2",
        *more,
    )


def made(annotation, rule=OWN_BOX):
    """The record's content, or why there is none."""
    [found] = encoding.to_persons([annotation], rule, None)
    return found


def picture(path, size=(80, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (9, 50, 90)).save(path)


def flic_person(i, train):
    coords = np.full((2, 29), np.nan)
    coords[:, :7] = [[10.0 + i] * 7, range(7)]
    coords[:, 9] = [21.0, 31.0]
    return {
        "coords": coords,
        "filepath": f"film-{i}.jpg",
        "imgdims": np.array([60, 80, 3]),
        "torsobox": np.array([11.0, 21.0, 31.0, 51.0]),
        "istrain": train,
        "istest": 1 - train,
    }


def mpii_list(folder):
    joints = [[float(i), 2.0 * i + 1.0] for i in range(16)]
    person = {
        "image": "a.jpg",
        "joints": joints,
        "joints_vis": [0] + [1] * 15,
        "center": [41.0, 21.0],
        "scale": 0.1,
    }
    folder.mkdir(exist_ok=True)
    other = {**person, "center": [43.0, 21.0]}
    (folder / "list.json").write_text(json.dumps([person, other]))
    picture(folder / "images" / "a.jpg")
    return folder


def release():
    """MPII's struct with its quirks: one or many, empty, missing."""
    point = {"x": 11.0, "y": 21.0, "id": 0, "is_visible": 1}
    hidden = {**point, "id": 1, "is_visible": 0}
    # The head's points have no visibility.
    head = {**point, "id": 9, "is_visible": np.array([])}
    place = {"scale": 0.2, "objpos": {"x": 31.0, "y": 41.0}}
    box = {"x1": 10.0, "y1": 10.0, "x2": 13.0, "y2": 14.0}
    whole = {**box, "annopoints": {"point": [point, hidden, head]}, **place}
    single = {**box, "annopoints": {"point": point}, **place}
    nobody = {**box, "annopoints": np.array([]), **place}
    nowhere = {**whole, "scale": np.array([]), "objpos": np.array([])}

    def image(name, people):
        return {"image": {"name": name}, "annorect": people}

    annolist = [
        image("many.jpg", [whole, nobody, single]),
        image("one.jpg", whole),
        image("none.jpg", np.array([])),
        image("nowhere.jpg", nowhere),
        image("test.jpg", {"scale": 1.0, "objpos": {"x": 1.0, "y": 1.0}}),
    ]
    return {"annolist": annolist, "img_train": np.array([1, 1, 1, 1, 0])}


def write_flic(folder, people):
    scipy.io.savemat(folder / "examples.mat", {"examples": people})
