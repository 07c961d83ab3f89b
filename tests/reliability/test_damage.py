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
from deeppose_tf.evaluation import cascade_predictions
from deeppose_tf.evaluation import training_predictions
from deeppose_tf.examples import example_options
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.runs import run_folder
from deeppose_tf.serving import export_sources
from deeppose_tf.storage import arrays
from tests.training.test_trainer import fit

COUNTS = [
    pytest.param(range(1), id="sample"),
    pytest.param(range(1, 20), id="all", marks=pytest.mark.slow(220)),
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
        "confidence.json": lambda folder: confidence.load(
            folder, data.skeleton.joints
        ),
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
        training_predictions.stage_predictions,
        "predict",
        lambda *_, **__: want,
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
        {"skeleton": None},
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


def changed(path, *keys, value):
    """Writes another value at a place of a JSON file."""
    card = json.loads(path.read_text())
    if not keys:
        card = value
    else:
        place = card
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
    path.write_text(json.dumps(card))


@pytest.mark.parametrize(
    "name, keys, value",
    [
        ("stage.json", ["skeleton"], {}),
        ("stage.json", ["skeleton", "mirror"], [0]),
        ("stage.json", ["skeleton", "mirror", 0], 5.0),
        ("stage.json", ["skeleton", "joints"], 14),
        ("stage.json", ["skeleton", "torso"], ["neck", "neck"]),
        ("stage.json", ["skeleton", "limbs", 0], ["arm", "neck", "tail"]),
        ("stage.json", [], []),
        ("confidence.json", [], {}),
        ("confidence.json", [], []),
        ("confidence.json", [], None),
        ("confidence.json", ["slope"], "x"),
        ("confidence.json", ["slope"], float("inf")),
        ("confidence.json", ["spread_slope"], None),
        ("confidence.json", ["persons"], True),
        ("confidence.json", ["base"], {"neck": 1.0}),
        ("confidence.json", ["base", "neck"], float("nan")),
        ("confidence.json", ["base", "neck"], 10**400),
        ("confidence.json", ["base", "nick"], 1.0),
        ("displacements.json", [], None),
        ("displacements.json", ["neck"], {}),
        ("displacements.json", ["neck"], None),
        ("displacements.json", ["neck", "count"], -1),
        ("displacements.json", ["neck", "count"], "7"),
        ("displacements.json", ["neck", "mean"], [0.0]),
        ("displacements.json", ["neck", "mean"], [0.0, float("nan")]),
        ("displacements.json", ["neck", "covariance"], [[1, 0], [0, -1]]),
        ("displacements.json", ["neck", "containment"], {}),
        ("displacements.json", ["neck", "containment", "1.0"], 1.5),
    ],
)
def test_without_digests_wrong_values_are_named(
    finished, data, tmp_path, name, keys, value
):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "digests.json").unlink()
    readers(data)[name](folder)
    changed(folder / name, *keys, value=value)
    with pytest.raises(errors.InputError) as caught:
        readers(data)[name](folder)
    assert str(caught.value).startswith(f"{folder / name}: ")


@pytest.mark.parametrize("previous", [5, None, "../stage2", "."])
def test_a_stage_after_none_is_refused(run_dir, tmp_path, previous):
    folder = tmp_path / "stage2"
    shutil.copytree(run_dir, folder)
    (folder / "digests.json").unlink()
    changed(folder / "stage.json", "previous", value=previous)
    with pytest.raises(errors.InputError, match="stage.json: previous is"):
        stage_specs.load_spec(folder)


@pytest.mark.parametrize(
    "values",
    [[], {"validation": 1}, {"validation": {"figures": {"pdj@0.2": "x"}}}],
)
def test_metrics_that_cannot_be_are_named(finished, data, tmp_path, values):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "digests.json").unlink()
    changed(folder / "metrics.json", value=values)
    with pytest.raises(errors.InputError, match="metrics.json: .*delete it"):
        export_sources.of_run(folder, data)


@pytest.mark.parametrize(
    "keys, value",
    [
        (["splits", "train", "persons"], 10**9),
        (["splits", "train", "persons"], True),
        (["splits", "train", "shards", 0], None),
        (["box", "scale"], True),
        (["box", "scale"], float("nan")),
        (["skeleton", "torso"], []),
        (["skeleton", "mirror"], [0]),
        (["skeleton"], {}),
    ],
)
def test_without_its_digest_wrong_values_of_a_data_set_are_named(
    records_dir, tmp_path, keys, value
):
    folder = tmp_path / "records"
    shutil.copytree(records_dir, folder)
    path = folder / "dataset.json"
    card = json.loads(path.read_text())
    del card["digest"]
    path.write_text(json.dumps(card))
    dataset.load(str(folder))
    changed(path, *keys, value=value)
    with pytest.raises(errors.InputError, match="dataset.json: "):
        dataset.load(str(folder))


@pytest.fixture
def baseline(tmp_path):
    """Predictions that evaluate --compare reads, and their file."""
    rng = np.random.default_rng(0)
    predictions = cascade_predictions.CascadePredictions(
        person_ids=np.array(list("abcdef")),
        image_ids=np.array(list("abcdef")),
        joints=rng.random((6, 2, 14, 2), np.float32),
        scores=rng.random((6, 14), np.float32),
        truth=rng.random((6, 14, 2), np.float32),
        labeled=rng.random((6, 14)) > 0.2,
        box=rng.random((6, 4), np.float32),
        head_sizes=np.zeros(6, np.float32),
        areas=np.zeros(6, np.float32),
        mean_pose=rng.random((14, 2), np.float32),
        seconds=1.5,
    )
    cascade_predictions.save(predictions, tmp_path)
    return predictions, tmp_path / "persons.npz"


def test_no_flipped_bit_of_a_report_s_predictions_passes(baseline):
    """Each byte is hit, most by one bit; a few bytes nobody reads."""
    want, path = baseline
    sound, refused = path.read_bytes(), 0
    for i in range(len(sound)):
        content = bytearray(sound)
        content[i] ^= 1 << i % 8
        path.write_bytes(content)
        try:
            found = cascade_predictions.load(path.parent)
        except errors.InputError as error:
            assert str(error).startswith(f"{path}: damaged")
            refused += 1
            continue
        for name, values in vars(want).items():
            np.testing.assert_array_equal(getattr(found, name), values)
    assert refused > 0.7 * len(sound)


@pytest.mark.parametrize("seed", range(5))
def test_a_report_s_predictions_cut_short_are_named(baseline, seed):
    _, path = baseline
    damaged(path, seed, "cut")
    with pytest.raises(errors.InputError, match="persons.npz: damaged.*again"):
        cascade_predictions.load(path.parent)


@pytest.mark.parametrize("kept", ["persons.npz", "predictions.npz"])
def test_an_archive_that_says_it_is_encrypted_is_damaged(tmp_path, kept):
    path = tmp_path / kept
    arrays.save(path, {"joints": np.arange(6.0)})
    np.testing.assert_array_equal(arrays.load(path, "")["joints"], range(6))
    content = bytearray(path.read_bytes())
    # Of the first entry in the list of contents, its flags.
    content[content.index(b"PK\x01\x02") + 8] ^= 1
    path.write_bytes(content)
    with pytest.raises(errors.InputError, match=f"{kept}: damaged.*encrypted"):
        arrays.load(path, "")
