"""Source -> records -> three stages, by the flag files of each data set."""

import json

import numpy as np
import pytest
import scipy.io
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.evaluation import evaluator
from deeppose_tf.geometry import skeletons
from deeppose_tf.serving import saved_models
from tests.launcher import run

_PEOPLE = 8
SIDES = ("left", "right")
_SIZE = (80, 100)


def pictures(folder):
    """Noise, and where each person's joints are said to be: [8, 17, 2]."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(_PEOPLE):
        noise = rng.integers(0, 256, (*_SIZE[::-1], 3)).astype(np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.jpg")
    return rng.uniform(20, 60, (_PEOPLE, 17, 2))


def flic(folder):
    joints = pictures(folder / "images")
    people = []
    for i in range(_PEOPLE):
        coords = np.full((2, 29), np.nan)
        coords[:, :17] = joints[i].T
        people.append(
            {
                "coords": coords,
                "filepath": f"{i}.jpg",
                "imgdims": np.array([*_SIZE[::-1], 3]),
                "torsobox": np.array([20.0, 20.0, 60.0, 60.0]),
                "istrain": int(i < 6),
                "istest": int(i >= 6),
            }
        )
    scipy.io.savemat(folder / "examples.mat", {"examples": people})
    return ()


def mpii(folder):
    joints = pictures(folder / "images")
    people = [
        {
            "image": f"{i}.jpg",
            "joints": joints[i, :16].tolist(),
            "joints_vis": [1] * 16,
            "center": [40.0, 40.0],
            "scale": 0.3,
        }
        for i in range(_PEOPLE)
    ]
    (folder / "list.json").write_text(json.dumps(people))
    names = folder / "test.txt"
    names.write_text("6.jpg\n7.jpg\n")
    return (f"--test_list={names}",)


def coco(folder):
    (folder / "annotations").mkdir(parents=True)
    for name, chosen in (("train2017", range(6)), ("val2017", (6, 7))):
        joints = pictures(folder / name)
        size = {"width": _SIZE[0], "height": _SIZE[1]}
        content = {
            "images": [
                {"id": i, "file_name": f"{i}.jpg", **size} for i in chosen
            ],
            "annotations": [
                {
                    "id": i,
                    "image_id": i,
                    "keypoints": np.insert(joints[i], 2, 2, axis=1)
                    .ravel()
                    .tolist(),
                    "num_keypoints": 17,
                    "bbox": [15.0, 15.0, 50.0, 50.0],
                    "area": 2000.0,
                    "iscrowd": 0,
                }
                for i in chosen
            ],
        }
        path = folder / "annotations" / f"person_keypoints_{name}.json"
        path.write_text(json.dumps(content))
    return ()


def build(name, folder):
    more = {"flic": flic, "mpii": mpii, "coco": coco}[name](folder / "source")
    done = run(
        f"data_prep.build_{name}",
        f"--source={folder / 'source'}",
        f"--output_dir={folder / 'records'}",
        "--num_shards=1",
        "--val_fraction=0",
        *more,
        fresh=True,
    )
    assert done.returncode == 0, done.stderr
    return dataset.load(str(folder / "records"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("mpii", "tiny"), marks=pytest.mark.slow(70)),
        pytest.param(("flic", "compact"), marks=pytest.mark.slow(80)),
        pytest.param(("coco", "compact"), marks=pytest.mark.slow(80)),
    ],
    ids=["mpii", "flic", "coco"],
)
def trained(request, tmp_path_factory):
    """A data set's name, its records, and three stages by its flag files."""
    name, network = request.param
    folder = tmp_path_factory.mktemp(name)
    data = build(name, folder)
    for stage in (1, 2, 3):
        previous = f"--previous={folder}/stage{stage - 1}"
        done = run(
            "deeppose_tf.train",
            f"--flagfile=flags/{name}/stage{stage}.cfg",
            f"--data_dir={folder / 'records'}",
            f"--run_dir={folder}/stage{stage}",
            f"--export_dir={folder}/exported",
            *([previous] if stage > 1 else []),
            # Only the size differs from the recipe.
            f"--network={network}",
            "--weights=none",
            "--image_size=32",
            "--batch_size=4",
            "--steps=2",
            "--notensorboard_pictures",
        )
        assert done.returncode == 0, done.stderr
    return name, data, folder / "exported"


def test_the_recipe_of_a_data_set_trains_all_stages(trained):
    name, data, exported = trained
    assert data.splits["train"].persons == 6
    assert data.splits["test"].persons == 2
    assert data.skeleton == skeletons.KNOWN[name]
    people = evaluator.evaluate(saved_models.load(str(exported)), data, "test")
    assert people.joints.shape == (2, 3, len(data.skeleton.joints), 2)
    assert np.isfinite(people.joints).all()


@pytest.mark.slow(7)
def test_a_model_is_evaluated_on_another_skeleton_s_people(
    exported, exported_model, tmp_path
):
    """Trained on LSP's joints, judged on MPII's."""
    data = build("mpii", tmp_path)
    people = evaluator.evaluate(exported_model, data, "test")
    common = skeletons.common(exported_model.skeleton, data.skeleton)
    assert len(common.joints) == 13  # Neither neck is the other's.
    list_of = json.loads((tmp_path / "source" / "list.json").read_text())
    for joint in ("left_wrist", "head_top"):
        truth = list_of[6]["joints"][skeletons.MPII.index(joint)]
        np.testing.assert_allclose(
            people.truth[0, common.index(joint)],
            np.array(truth) - 0.5,
            atol=1e-3,
        )
    done = run(
        "deeppose_tf.evaluate",
        f"--model={exported}",
        f"--data_dir={tmp_path / 'records'}",
        f"--output_dir={tmp_path / 'report'}",
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report" / "report.html").read_text()
    assert "evaluated on the 13 joints that both name" in page


def test_skeletons_without_a_common_torso_are_refused():
    hand = skeletons.Skeleton("hand", ("a", "b"), (0, 1), (), ("a", "b"))
    with pytest.raises(errors.InputError, match="hand and lsp share only"):
        skeletons.common(hand, skeletons.LSP)
