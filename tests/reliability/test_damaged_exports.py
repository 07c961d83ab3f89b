"""Damaged files of exports: named, with digests and without."""

import json
import pathlib
import shutil

import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeleton_files
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import metadata
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import signatures
from deeppose_tf.serving import versions
from deeppose_tf.storage import digests
from tests.reliability.test_damage import COUNTS
from tests.reliability.test_damage import damaged

VARIABLES = "variables/variables.data-00000-of-00001"
FILES = [
    "saved_model.pb",
    VARIABLES,
    "variables/variables.index",
    interface.METADATA,
    digests.NAME,
]
SHIPPED = [
    "lsp_extended/3",
    "lsp_extended_fast/3",
    "lsp_extended_lite/1",
    "person_finder/1",
]
ROOT = pathlib.Path(__file__).parents[2] / "saved_models"


@pytest.fixture
def version(exported, tmp_path):
    """A copy of an export."""
    return shutil.copytree(exported / "1", tmp_path / "tiny" / "1")


@pytest.fixture
def old_version(version):
    """One of an earlier version, which noted no digests."""
    (version / digests.NAME).unlink()
    return version


def named(path, read, *arguments):
    """Whether reading raises an error that begins with a path."""
    with pytest.raises(errors.InputError) as caught:
        read(*arguments)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["cut", "flip"])
@pytest.mark.parametrize("seeds", COUNTS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(version, name, seeds, kind):
    path = version / name
    sound = path.read_bytes()
    for seed in seeds:
        path.write_bytes(sound)
        damaged(path, seed, kind)
        named(path, saved_models.load, str(version))
        named(path, exported_weights.load_network, version, 1, "all")


def test_a_missing_file_is_named(version):
    (version / VARIABLES).unlink()
    said = named(version / VARIABLES, saved_models.load, str(version))
    assert "missing; copy the export again" in said


def test_warm_up_requests_may_go(version):
    shutil.rmtree(version / "assets.extra")
    digests.check_all(version, "")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_models_of_this_repository_are_sound(name):
    digests.check_all(ROOT / name, "")
    known = json.loads((ROOT / name / digests.NAME).read_text())["sha256"]
    if name == "lsp_extended_lite/1":
        held = {"stage1_all.tflite", interface.LITERT_METADATA}
    else:
        held = {"saved_model.pb", VARIABLES, interface.METADATA}
    assert held <= known.keys()


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_finder_is_named(tmp_path, name):
    shutil.copytree(versions.FINDER / "1", tmp_path / "1")
    damaged(tmp_path / "1" / name, 0, "flip")
    said = named(tmp_path / "1" / name, saved_models.load_finder, str(tmp_path))
    assert ("export_finder" in said) == (name != digests.NAME)


@pytest.mark.parametrize("content", ["{}", "[]", "null", "1"])
def test_what_is_no_finder_s_metadata_is_named(tmp_path, content):
    folder = tmp_path / "1"
    shutil.copytree(versions.FINDER / "1", folder)
    (folder / digests.NAME).unlink()
    (folder / interface.METADATA).write_text(content)
    with pytest.raises(
        errors.InputError, match="person_finder|is no finder|no"
    ):
        saved_models.load_finder(str(tmp_path))


@pytest.mark.parametrize(
    "seeds",
    [range(2), pytest.param(range(2, 16), marks=pytest.mark.slow(120))],
)
@pytest.mark.parametrize("kind", ["cut", "flip"])
def test_without_digests_a_damaged_graph_is_named_or_loads(
    old_version, seeds, kind
):
    path = old_version / "saved_model.pb"
    sound = path.read_bytes()
    for seed in seeds:
        path.write_bytes(sound)
        damaged(path, seed, kind)
        try:
            saved_models.load(str(old_version))
        except errors.InputError as error:
            assert str(error).startswith(f"{old_version}: damaged (")


def test_without_digests_damaged_constants_are_named(old_version):
    path = old_version / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:-100])
    named(path, exported_weights.load_network, old_version, 1, "all")


@pytest.mark.parametrize("name", [VARIABLES, "variables/variables.index"])
def test_without_digests_damaged_variables_are_named(
    old_version, run_dir, name
):
    model = cascade.load(run_dir)
    fitted = confidence.load(run_dir, model.stages[0].spec.skeleton.joints)
    tf.train.Checkpoint(root=signatures.Server(model, fitted)).write(
        str(old_version / "variables" / "variables")
    )
    # Which holds no constants then.
    (old_version / "saved_model.pb").write_bytes(b"")
    exported_weights.load_network(old_version, 1, "all")
    path = old_version / name
    path.write_bytes(path.read_bytes()[:100])
    named(old_version, saved_models.load, str(old_version))
    named(
        old_version / "variables",
        *(exported_weights.load_network, old_version, 1, "all"),
    )


def test_without_digests_no_flipped_bit_of_metadata_gives_a_traceback(
    old_version,
):
    path = old_version / interface.METADATA
    sound, refused = path.read_bytes(), 0
    for i in range(len(sound)):
        content = bytearray(sound)
        content[i] ^= 1 << i % 8
        path.write_bytes(content)
        try:
            metadata.load(path)
        except errors.InputError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
    assert refused > len(sound) / 2


@pytest.mark.parametrize(
    "change",
    [
        {"skeleton": {}},
        {"skeleton": []},
        {"stages": []},
        {"stages": [{}]},
        {"stages": [None]},
        {"stages": {}},
        {"training_data": {}},
        {"training_data": {"box": {"kind": "image", "scale": True}}},
        {"validation_pdj@0.2": 3},
        {"validation_pdj@0.2": ["much"]},
        {"validation_pdj@0.2": [float("nan")]},
    ],
)
def test_metadata_that_cannot_be_is_refused(old_version, change):
    path = old_version / interface.METADATA
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    named(path, saved_models.load, str(old_version))


@pytest.mark.parametrize(
    "change",
    [
        {"sigma": "x"},
        {"sigma": -1.0},
        {"step_size": None},
        {"image_size": 64.5},
        {"weights": {"all": "many"}},
        {"weights": 5},
    ],
)
def test_a_stage_of_the_metadata_that_cannot_be_is_refused(old_version, change):
    path = old_version / interface.METADATA
    card = json.loads(path.read_text())
    card["stages"][0] |= change
    path.write_text(json.dumps(card))
    named(path, metadata.load, path)


@pytest.mark.parametrize("content", ["{}", "[]", "null", "3", "{"])
def test_what_is_no_metadata_is_refused(old_version, content):
    path = old_version / interface.METADATA
    path.write_text(content)
    named(path, saved_models.load, str(old_version))
    named(path, exported_weights.load_network, old_version, 1, "all")


@pytest.mark.parametrize(
    "networks",
    [
        None,
        {"all": None},
        {"all": {"file": "a.tflite"}},
        {"all": {"file": "../a.tflite", "batch": 1}},
        {"all": {"file": "a.tflite", "batch": 0}},
    ],
)
def test_networks_for_litert_that_cannot_be_are_refused(version, networks):
    path = version / interface.METADATA
    values = metadata.load(path)
    for stage in values["stages"]:
        stage["networks"] = networks
    named(path, metadata.networks, path, values)


def test_a_skeleton_out_of_damaged_metadata_is_refused(version):
    path = version / interface.METADATA
    assert skeleton_files.load(str(path)).name == "lsp"
    path.write_text(path.read_text().replace("neck", "nick"))
    named(path, skeleton_files.load, str(path))


def remove(version, *names):
    for name in names:
        path = version / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize(
    "gone",
    [
        ["saved_model.pb", "variables"],
        ["saved_model.pb"],
        ["variables"],
        [VARIABLES],
        [interface.METADATA],
    ],
)
def test_half_a_version_is_not_counted(version, caplog, gone, noted):
    folder = version.parent
    half = shutil.copytree(version, folder / "2")
    remove(half, *gone, *([] if noted else [digests.NAME]))
    assert versions.versions(folder) == [1]
    assert versions.newest(folder) == version
    assert f"{half}: not a complete export" in caplog.text
    # Nor is it deleted: nobody knows what it is.
    versions.keep_newest(folder, 1)
    assert half.exists()
    shutil.rmtree(version)
    with pytest.raises(errors.InputError, match="no exported cascade there"):
        saved_models.load(str(folder))


def test_half_an_export_for_litert_is_not_counted(tmp_path):
    for number in (1, 2, 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in ("deeppose.json", "stage1_all.tflite", "stage2.tflite"):
            (folder / name).write_text(name)
        digests.note_all(folder)
    assert sorted(versions.versions(tmp_path)) == [1, 2, 3]
    remove(tmp_path / "2", "stage2.tflite")
    remove(tmp_path / "3", "stage1_all.tflite", "stage2.tflite", digests.NAME)
    assert versions.versions(tmp_path) == [1]
