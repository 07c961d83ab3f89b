"""Damaged files of a run folder and of records: named, never believed.

Each file that a program reads is cut short and has bits flipped; whoever reads
it must say which file it is, or do without it.
"""

import dataclasses
import json
import pathlib
import random
import shutil

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.data import displacements
from deeppose_tf.data import example_options
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.runs import run_folder
from tests.training.test_trainer import fit

COUNTS = [
    pytest.param(range(3), id="sample"),
    pytest.param(range(3, 20), id="all", marks=pytest.mark.slow(200)),
]


def damaged(path: pathlib.Path, seed: int, kind: str):
    """Cuts a file short, or flips a bit of it; leaves its times alone."""
    rng = random.Random(f"{path.name}{seed}")
    content = bytearray(path.read_bytes())
    if kind == "cut":
        content = content[: rng.randrange(len(content))]
    else:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def finished(stage1, tmp_path_factory):
    """A finished run folder, for all tests here."""
    folder = tmp_path_factory.mktemp("finished") / "stage1"
    shutil.copytree(stage1, folder)
    return folder


def readers(data):
    """By file of a run folder, a program's reading of it."""

    def claim(folder):
        plan = dataclasses.replace(
            _plan(folder, data), spec=stage_specs.load_spec(folder)
        )
        run_folder.claim(plan, "")

    return {
        "stage.json": stage_specs.load_spec,
        "best.weights.h5": cascade.load,
        "displacements.json": lambda folder: displacements.load(
            folder / "displacements.json", data.skeleton.joints
        ),
        "confidence.json": confidence.load,
        "training.json": claim,
        "digests.json": cascade.load,
    }


def _plan(folder, data):
    from deeppose_tf.runs.plan import Plan
    from deeppose_tf.training import training_options

    return Plan(
        spec=stage_specs.load_spec(folder),
        data=data,
        run_dir=folder,
        examples=example_options.ExampleOptions(),
        loss=training_options.LossOptions(),
        optimizer=training_options.OptimizerOptions(),
        schedule=training_options.Schedule(),
    )


@pytest.mark.parametrize("kind", ["cut", "flip"])
@pytest.mark.parametrize("seeds", COUNTS)
@pytest.mark.parametrize(
    "name",
    [
        "stage.json",
        "best.weights.h5",
        "displacements.json",
        "confidence.json",
        "training.json",
        "digests.json",
    ],
)
def test_a_damaged_file_of_a_run_folder_is_named(
    finished, data, tmp_path, name, seeds, kind
):
    read = readers(data)[name]
    for seed in seeds:
        folder = tmp_path / str(seed)
        shutil.copytree(finished, folder)
        damaged(folder / name, seed, kind)
        with pytest.raises(errors.InputError) as caught:
            read(folder)
        assert f"{folder / name}: " in str(caught.value), seed
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", ["cut", "flip"])
@pytest.mark.parametrize("seeds", COUNTS)
def test_damaged_predictions_are_computed_again(
    finished, data, tmp_path, monkeypatch, seeds, kind
):
    """Or read where the damage is in a byte that nobody reads."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    want = training_predictions.of_stage(folder, data)
    sound = (folder / "predictions.npz").read_bytes()
    monkeypatch.setattr(
        training_predictions.stage_predictions, "predict", lambda *_: want
    )
    for seed in seeds:
        (folder / "predictions.npz").write_bytes(sound)
        damaged(folder / "predictions.npz", seed, kind)
        found = training_predictions.of_stage(folder, data)
        np.testing.assert_array_equal(found.joints, want.joints)
        np.testing.assert_array_equal(found.person_ids, want.person_ids)


@pytest.mark.parametrize("kind", ["cut", "flip"])
@pytest.mark.parametrize("seeds", COUNTS)
@pytest.mark.parametrize(
    "file", ["ckpt-20.index", "ckpt-20.data-00000-of-00001"]
)
def test_a_damaged_checkpoint_is_left_for_the_one_before(
    tmp_path, caplog, file, seeds, kind
):
    unbroken = fit(tmp_path / "unbroken", 30)
    fit(tmp_path / "run", 20)
    for seed in seeds:
        folder = tmp_path / str(seed)
        shutil.copytree(tmp_path / "run", folder)
        damaged(folder / "checkpoints" / file, seed, kind)
        caplog.clear()
        model = fit(folder, 30)
        assert str(folder / "checkpoints" / file) in caplog.text
        assert "the one before" in caplog.text
        for ours, theirs in zip(model.weights, unbroken.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_without_a_sound_checkpoint_nothing_begins_anew(tmp_path):
    fit(tmp_path, 20)
    folder = tmp_path / "checkpoints"
    for path in folder.glob("*.index"):
        damaged(path, 0, "cut")
    with pytest.raises(errors.InputError, match=r"ckpt-\d+.index.*train anew"):
        fit(tmp_path, 30)
    shutil.rmtree(folder)
    with pytest.raises(errors.InputError, match="no checkpoint there"):
        fit(tmp_path, 30)


@pytest.mark.parametrize("kind", ["cut", "flip"])
@pytest.mark.parametrize("seeds", COUNTS)
def test_a_damaged_dataset_json_is_named(records_dir, tmp_path, seeds, kind):
    for seed in seeds:
        folder = tmp_path / str(seed)
        shutil.copytree(records_dir, folder)
        damaged(folder / "dataset.json", seed, kind)
        with pytest.raises(errors.InputError) as caught:
            dataset.load(str(folder))
        assert f"{folder / 'dataset.json'}: " in str(caught.value), seed


def test_weights_that_are_no_numbers_are_refused(finished, tmp_path):
    """Of an older version, which noted no digests."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "digests.json").unlink()
    model = stages.build(stage_specs.load_spec(folder), "all")
    model.load_weights(folder / "best.weights.h5")
    weights = model.get_weights()
    weights[0][0] = np.nan
    model.set_weights(weights)
    model.save_weights(folder / "best.weights.h5")
    with pytest.raises(errors.InputError, match="best.weights.h5.*no numbers"):
        cascade.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 31},
        {"image_size": 64.5},
        {"stage": 0},
        {"network": "octopus"},
        {"step_size": 1.5},
        {"spread": "yes"},
    ],
)
def test_a_stage_that_cannot_be_is_refused(finished, tmp_path, change):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "digests.json").unlink()
    path = folder / "stage.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (name,) = change
    with pytest.raises(errors.InputError, match=f"stage.json: .*{name}"):
        stage_specs.load_spec(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"box": {"kind": "circle", "scale": 1.0, "square": True}},
        {"box": {"kind": "image", "scale": 0.0, "square": True}},
        {"box": {"kind": "image", "scale": 1.0}},
        {"splits": {"train": {"persons": -1, "images": 1, "shards": []}}},
        {"splits": {"train": {"persons": 9, "images": 9, "shards": []}}},
    ],
)
def test_a_data_set_that_cannot_be_is_refused(records_dir, tmp_path, change):
    folder = tmp_path / "records"
    shutil.copytree(records_dir, folder)
    path = folder / "dataset.json"
    card = json.loads(path.read_text())
    del card["digest"]
    path.write_text(json.dumps(card | change))
    with pytest.raises(errors.InputError, match="dataset.json: "):
        dataset.load(str(folder))
