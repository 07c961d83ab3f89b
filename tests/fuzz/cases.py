"""What is fuzzed: for each reader a sound input, and how it is changed."""

import io
import json
import os
import pathlib
import warnings
from collections.abc import Callable

import numpy as np
import scipy.io
from PIL import Image

from data_prep.building import encoding
from data_prep.building import person_box
from data_prep.building import splits
from data_prep.building.build_options import Options
from data_prep.sources import coco
from data_prep.sources import csv_table
from data_prep.sources import flic
from data_prep.sources import lsp
from data_prep.sources import mpii
from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import records
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.geometry import skeletons
from deeppose_tf.inference import photo_boxes
from deeppose_tf.networks import tfjs_files
from deeppose_tf.networks import torch_weights
from deeppose_tf.storage import digests
from tests.data_prep import layouts
from tests.data_prep import made_records
from tests.fuzz import changes
from tests.fuzz import inference_cases
from tests.fuzz import program_cases
from tests.fuzz.changes import NotFinite
from tests.networks import torch_files

_RULES = [
    person_box.Rule(kind, 1.25, square)
    for kind in ("annotated", "joints", "image")
    for square in (True, False)
]
_HAND = {
    "name": "hand",
    "joints": ["wrist", "left_tip", "right_tip"],
    "limbs": [["finger", "wrist", "left_tip"]],
    "torso": ["wrist", "left_tip"],
    "mirror": [["left_tip", "right_tip"]],
}
_COLUMNS = [
    "image", "wrist_x", "wrist_y", "wrist_visible", "left_tip_x", "left_tip_y",
    "right_tip_x", "right_tip_y", "box_x", "box_y", "box_w", "box_h", "split",
]  # fmt: skip


def _check(people, rng):
    """Encodes people as a builder does, and looks at the numbers."""
    options = Options(
        *("o", rng.choice(_RULES), 1, 0.1, 0.1, rng.choice([None, 32]), {}),
        upright=rng.random() < 0.3,
        check_pictures=rng.random() < 0.3,
    )
    for annotation in people:
        splits.of_person(annotation, options)
    for person in encoding.to_persons(people, *_arguments(options)):
        if isinstance(person, str):
            continue
        records.encode(person)
        numbers = [person.joints, person.box, person.head_size, person.area]
        if not all(np.isfinite(np.float32(n)).all() for n in numbers):
            raise NotFinite(person.person_id)


def _arguments(options):
    return (
        *(options.rule, options.max_side),
        *(options.upright, options.check_pictures),
    )


def of_coco(folder: pathlib.Path) -> Callable:
    """COCO's JSON file, with and without names of joints."""
    layouts.picture(folder / "train" / "a.jpg")
    path = folder / "annotations" / "person_keypoints_train.json"
    path.parent.mkdir(parents=True)
    person = {
        "id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 9.0,
        "keypoints": [5, 7, 2, 6, 8, 1] + [0, 0, 0] * 15, "num_keypoints": 2,
        "bbox": [1, 2, 30, 40], "segmentation": [[1, 2, 3, 4]],
    }  # fmt: skip
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 80, "height": 60}],
        "annotations": [person, person | {"id": 2}],
        "categories": [
            {
                "id": 1,
                "name": "person",
                "keypoints": list(skeletons.COCO.joints),
                "skeleton": [[1, 2], [3, 4]],
            },
            {"id": 2, "name": "dog"},
        ],
    }

    def attempt(rng):
        _write_json(rng, path, content)
        _check(coco.read(str(folder), allow_outside=_outside(rng)).people, rng)

    return attempt


def of_mpii_list(folder: pathlib.Path) -> Callable:
    """MPII's people in a JSON list, which names the test people too."""
    path = layouts.mpii_list(folder) / "list.json"
    content = json.loads(path.read_text())

    def attempt(rng):
        _write_json(rng, path, content)
        test = str(path) if rng.random() < 0.3 else None
        _check(mpii.read(str(folder), test, _outside(rng)).people, rng)

    return attempt


def of_mpii_mat(folder: pathlib.Path) -> Callable:
    """MPII's own file."""
    layouts.picture(folder / "images" / "one.jpg")
    release = layouts.release()

    def attempt(rng):
        _write_mat(rng, folder / mpii.MAT, {"RELEASE": release})
        _check(mpii.read(str(folder), None, _outside(rng)).people, rng)

    return attempt


def of_flic(folder: pathlib.Path) -> Callable:
    """FLIC's file."""
    layouts.picture(folder / "images" / "film-0.jpg")
    people = [layouts.flic_person(i, i % 2) for i in range(3)]

    def attempt(rng):
        _write_mat(rng, folder / "examples.mat", {"examples": people})
        _check(flic.read(str(folder), None, _outside(rng)).people, rng)

    return attempt


def of_lsp(folder: pathlib.Path) -> Callable:
    """The file of LSP and LSP Extended."""
    layouts.write_source(folder, layouts.extended(3))
    joints = layouts.extended(3)

    def attempt(rng):
        _write_mat(rng, folder / "joints.mat", {"joints": joints})
        _check(lsp.read(str(folder)), rng)

    return attempt


def of_csv(folder: pathlib.Path) -> Callable:
    """A table, and its skeleton."""
    layouts.picture(folder / "a.jpg")
    rows = [_COLUMNS, ["a.jpg", 5, 7, 1, 9, 8, 20, 30, 1, 2, 30, 40, "train"]]
    path, hand = folder / "people.csv", folder / "hand.json"
    hand.write_text(json.dumps(_HAND))

    def attempt(rng):
        text = changes.of_table(rng, rows)
        content = text.encode(errors="surrogatepass")
        if rng.random() < 0.2:
            content = changes.of_bytes(rng, content)
        path.write_bytes(content)
        skeleton = skeleton_files.load(str(hand))
        first = rng.choice([0.0, 0.5, 1.0])
        source = csv_table.read(str(path), skeleton, first, _outside(rng))
        _check(source.people, rng)

    return attempt


def of_skeleton(folder: pathlib.Path) -> Callable:
    """A skeleton file, and an export's."""
    path = folder / "hand.json"
    export = {"skeleton": skeletons.COCO.to_json()}

    def attempt(rng):
        _write_json(rng, path, rng.choice([_HAND, export]))
        made = skeleton_files.load(str(path))
        # What is accepted works wherever it is used.
        json.dumps(made.to_json()).encode()
        assert len({*made.torsos[0]}) == 2
        assert len(made.limb_indices) == len(made.limbs)

    return attempt


def of_boxes(folder: pathlib.Path) -> Callable:
    """The file of --boxes."""
    path, photo = folder / "boxes.json", pathlib.Path("a.jpg")
    image = np.zeros((20, 30, 3), np.uint8)

    def attempt(rng):
        _write_json(rng, path, {"a.jpg": [[5, 6, 7, 8], [1, 2, 3.5, 4]]})
        boxes = photo_boxes.from_file(str(path), [photo])(photo, image)
        if not np.isfinite(boxes).all():
            raise NotFinite(path)

    return attempt


def of_pictures(folder: pathlib.Path) -> Callable:
    """Pictures of each format that is opened."""
    source = folder / "s"
    annotation = lsp.read(
        str(layouts.write_source(source, layouts.extended(1)))
    )
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    contents = []
    for kind in ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF"):
        buffer = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6
        more = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}
        Image.fromarray(noise).save(buffer, kind, **more)
        contents.append(buffer.getvalue())

    def attempt(rng):
        content = changes.of_bytes(rng, rng.choice(contents))
        annotation[0].image_path.write_bytes(content)
        _check(annotation, rng)

    return attempt


def of_torch(folder: pathlib.Path) -> Callable:
    """Weights of an older PyTorch."""
    path = folder / "weights.pth"
    sound = torch_files.saved(path, [1, 2, 3, 4], (1, 2), (2, 2)).read_bytes()

    def attempt(rng):
        path.write_bytes(changes.of_bytes(rng, sound))
        torch_weights.load(path)

    return attempt


def of_tfjs(folder: pathlib.Path) -> Callable:
    """MoveNet's weights: a JSON file, and numbers beside it."""
    path = folder / "weights.json"
    numbers = np.arange(10, dtype="<f4").tobytes()
    weights = [
        {"name": "a", "shape": [2, 3], "dtype": "float32"},
        {"name": "b", "shape": [2], "dtype": "int32"},
        {
            "name": "c",
            "shape": [4],
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        },
    ]
    content = {"weightsManifest": [{"weights": weights}]}

    def attempt(rng):
        _write_json(rng, path, content)
        changed = rng.random() < 0.3
        path.with_suffix(".bin").write_bytes(
            changes.of_bytes(rng, numbers) if changed else numbers
        )
        tensors = tfjs_files.read(path).tensors
        if not all(np.isfinite(each).all() for each in tensors.values()):
            raise NotFinite(path)

    return attempt


def _write_json(rng, path, content):
    text = json.dumps(changes.of_json(rng, content))
    encoded = text.encode(errors="surrogatepass")
    if rng.random() < 0.15:
        encoded = changes.of_bytes(rng, encoded)
    path.write_bytes(encoded)


def _write_mat(rng, path, content):
    """Values that are changed, or bytes of the file that are."""
    buffer = io.BytesIO()
    if rng.random() < 0.6:
        content = changes.of_json(rng, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scipy.io.savemat(buffer, content)
    except Exception as error:  # MATLAB has no such value.
        raise errors.InputError("not to be written") from error
    encoded = buffer.getvalue()
    if rng.random() < 0.5:
        encoded = changes.of_bytes(rng, encoded)
    path.write_bytes(encoded)


def _outside(rng):
    return rng.random() < 0.5


def of_card(folder: pathlib.Path) -> Callable:
    """dataset.json, whose digest fits."""
    people = {"train": [made_records.person(i) for i in range(2)]}
    data_dir = made_records.write(folder / "records", people)
    card = json.loads((data_dir / dataset.CARD).read_text())
    unsealed = {key: card[key] for key in card if key != "digest"}

    def attempt(rng):
        changed = changes.of_json(rng, unsealed)
        if isinstance(changed, dict):
            changed = digests.sealed(changed)
        (data_dir / dataset.CARD).write_text(json.dumps(changed))
        for split in dataset.load(str(data_dir)).splits.values():
            assert all(map(os.path.isfile, split.files))

    return attempt


ALL = {
    "COCO": of_coco,
    "MPII lists": of_mpii_list,
    "MPII's MAT file": of_mpii_mat,
    "FLIC": of_flic,
    "LSP": of_lsp,
    "CSV": of_csv,
    "dataset.json": of_card,
    "skeletons": of_skeleton,
    "boxes": of_boxes,
    "pictures": of_pictures,
    "PyTorch's weights": of_torch,
    "MoveNet's weights": of_tfjs,
    **inference_cases.ALL,
    **program_cases.ALL,
}
