"""The programs that build records."""

import json
import resource
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf.data import parsing
from deeppose_tf.geometry import skeletons
from tests import launcher
from tests.data_prep import layouts


def test_two_sources_and_bad_people_are_counted(tmp_path, lsp_like):
    joints = layouts.extended(5)
    joints[:, 2, 1] = 0.0
    other = layouts.write_source(tmp_path / "lspet", joints)
    (other / "images" / "im00004.jpg").unlink()
    output = tmp_path / "records"
    done = layouts.build(
        lsp_like, output, f"--source={other}", "--val_fraction=0"
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((output / "dataset.json").read_text())
    assert card["skipped"] == {"image missing": 1, "no labeled joint": 1}
    counts = {name: split["persons"] for name, split in card["splits"].items()}
    assert counts == {"train": 6, "val": 0, "test": 3}
    ids = set()
    for shard in card["splits"]["train"]["shards"]:
        for serialized in tf.data.TFRecordDataset(str(output / shard["name"])):
            person = parsing.decode(serialized, len(skeletons.LSP.joints))
            ids.add(person["person_id"].numpy().decode())
    assert ids == {f"lsp/im000{i}.jpg" for i in (1, 2, 3)} | {
        f"lspet/im0000{i}.jpg" for i in (1, 3, 5)
    }


def test_joints_of_another_shape_are_refused(tmp_path):
    source = layouts.write_source(tmp_path / "s", np.zeros((16, 3, 2)))
    output = tmp_path / "records"
    assert launcher.refused(
        layouts.build(source, output), "joints.mat", "(16, 3, 2)", "(14, 3, N)"
    )
    assert not output.exists()


def test_a_split_that_came_to_nobody_is_told(tmp_path):
    """A tenth of three pictures: the hash takes none of them."""
    source = layouts.write_source(tmp_path / "s", layouts.extended(3))
    output = tmp_path / "records"
    done = layouts.build(source, output, "--test_fraction=0.0001")
    assert done.returncode == 0, done.stderr
    assert "warning: nobody for test: --test_fraction=0.0001" in done.stdout
    done = layouts.build(
        source, output, "--test_fraction=0", "--val_fraction=0"
    )
    assert "warning" not in done.stdout


def test_not_one_usable_person_leaves_no_folder(tmp_path):
    joints = layouts.extended(2)
    joints[:, 2] = 0.0
    source = layouts.write_source(tmp_path / "s", joints)
    output = tmp_path / "records"
    done = layouts.build(source, output)
    first = source / "images" / "im00001.jpg"
    assert launcher.refused(done, "not one usable person", f"should be {first}")
    assert not output.exists()


def test_a_source_folder_is_never_written_over(lsp_like):
    assert refused_and_kept(layouts.build(lsp_like, lsp_like), lsp_like)
    done = launcher.run(
        "data_prep.synthesize_lsp", f"--output_dir={lsp_like}", "--people=1"
    )
    assert refused_and_kept(done, lsp_like)


def refused_and_kept(done, source):
    kept = (source / "images" / "im0001.jpg").exists()
    return launcher.refused(done, "holds other files") and kept


def test_two_sources_of_one_name_are_refused(tmp_path, lsp_like):
    output = tmp_path / "records"
    done = layouts.build(lsp_like, output, f"--source={lsp_like}")
    assert launcher.refused(done, "share the id lsp/im0001.jpg")
    assert not output.exists()


def test_a_link_to_a_folder_is_built_into(lsp_like, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    done = layouts.build(lsp_like, tmp_path / "link")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "dataset.json").exists()


def test_dataset_json_has_all_that_was_asked_for(lsp_like, tmp_path):
    done = layouts.build(
        lsp_like, tmp_path / "d", "--max_side=40", "--nosquare"
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "d" / "dataset.json").read_text())
    asked = {"num_shards": 2, "max_side": 40, "square": False, "box": "image"}
    assert asked.items() <= card["arguments"].items()


@pytest.mark.parametrize("num_shards", [1, 4])
def test_a_full_disk_ends_in_a_line_and_leaves_nothing(
    people, tmp_path, num_shards
):
    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    output = tmp_path / "records"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "data_prep.build_lsp"),
            *(f"--source={people}", f"--output_dir={output}"),
            f"--num_shards={num_shards}",
        ],
        cwd=launcher.ROOT,
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
    )
    assert launcher.refused(done, f"-of-0000{num_shards}", "--output_dir")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["lsp", "flic", "mpii", "coco", "csv"])
def test_builders_start_without_tensorflow(name):
    code = (
        f"import sys, data_prep.build_{name}\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=launcher.ROOT, timeout=600
    )
    assert done.returncode == 0


def test_the_builder_fits_the_scale_to_training_people(flic_dir, tmp_path):
    people = [layouts.flic_person(i, i % 2) for i in range(4)]
    people[0]["coords"][:, 0] = 79.0  # Tested on.
    layouts.write_flic(flic_dir, people)
    output = tmp_path / "records"
    done = launcher.run(
        *("data_prep.build_flic", f"--source={flic_dir}"),
        f"--output_dir={output}",
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((output / "dataset.json").read_text())
    # The torso's square of 30 pixels ends at 20.5 and 50.5, about 35.5; the
    # farthest joints of training people lie at -0.5.
    assert card["box"]["scale"] == pytest.approx(2.4, abs=0.011)
    for person in people:
        person["istrain"], person["istest"] = 0, 1
    layouts.write_flic(flic_dir, people)
    done = launcher.run(
        *("data_prep.build_flic", f"--source={flic_dir}"),
        f"--output_dir={output}",
    )
    assert launcher.refused(done, "--box_scale", "no training person")


def test_a_fraction_of_images_is_tested_on_without_a_list(tmp_path):
    folder = tmp_path / "m"
    [person] = json.loads(
        (layouts.mpii_list(folder) / "list.json").read_text()
    )[:1]
    people = [person | {"image": f"{i}.jpg"} for i in range(60)]
    (folder / "list.json").write_text(json.dumps(people))
    for one in people:
        layouts.picture(folder / "images" / one["image"])
    done = launcher.run(
        *("data_prep.build_mpii", f"--source={folder}"),
        f"--output_dir={tmp_path / 'records'}",
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert 1 <= card["splits"]["test"]["images"] <= 15


@pytest.mark.parametrize(
    ("builder", "more", "words"),
    [
        ("flic", [], "FLIC has an official split"),
        ("coco", [], "val folders"),
        ("mpii", ["--test_list=val.txt"], "--test_list names the test images"),
    ],
)
def test_a_fraction_to_no_effect_is_refused(tmp_path, builder, more, words):
    done = launcher.run(
        *(f"data_prep.build_{builder}", f"--source={tmp_path}", *more),
        *(f"--output_dir={tmp_path / 'records'}", "--test_fraction=0.2"),
    )
    assert launcher.refused(done, "--test_fraction=0.2", words, "leave it out")
