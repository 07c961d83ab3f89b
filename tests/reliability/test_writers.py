"""Two programs that write to one folder, and folders of others' files."""

import json
import subprocess
import sys

import pytest

from deeppose_tf import errors
from deeppose_tf.data import dataset
from tests.launcher import ROOT
from tests.launcher import refused
from tests.launcher import run
from tests.tiny import TINY
from tests.tiny import train

COUNTS = [
    pytest.param(2, id="sample"),
    pytest.param(30, id="all", marks=pytest.mark.slow(120)),
]


def started(*command):
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    out, said = process.communicate()
    return process.returncode, out, said


@pytest.mark.parametrize("pairs", COUNTS)
def test_two_builders_never_break_a_data_set(people, tmp_path, pairs):
    for i in range(pairs):
        folder = tmp_path / str(i) / "records"
        both = [
            started(
                "data_prep.build_lsp",
                f"--source={people}",
                f"--output_dir={folder}",
                "--num_shards=2",
                f"--test_fraction={share}",
            )
            for share in (0.1, 0.3)
        ]
        results = [ended(process) for process in both]
        codes = [code for code, _, _ in results]
        assert 0 in codes and set(codes) <= {0, 1}, results
        for code, _, said in results:
            assert "Traceback" not in said
            if code:
                assert "--output_dir=" in said
        data = dataset.load(str(folder))
        card = json.loads((folder / "dataset.json").read_text())
        named = {
            shard["name"]
            for split in card["splits"].values()
            for shard in split["shards"]
        }
        present = {path.name for path in folder.iterdir()}
        assert present == named | {"dataset.json"}
        assert data.split("train").persons > 0
        assert [p.name for p in folder.parent.iterdir()] == ["records"]


@pytest.mark.slow(60)
def test_of_two_trainings_in_a_folder_one_is_refused(records_dir, tmp_path):
    folder = tmp_path / "run"
    both = [
        started(
            "deeppose_tf.train",
            *TINY,
            f"--data_dir={records_dir}",
            f"--run_dir={folder}",
            f"--export_dir={tmp_path / 'exported'}",
        )
        for _ in range(2)
    ]
    results = sorted(ended(process) for process in both)
    assert [code for code, _, _ in results] == [0, 1], results
    said = results[1][2]
    assert "writes there" in said and "Traceback" not in said
    versions = [p.name for p in (tmp_path / "exported").iterdir()]
    assert versions == ["1"]
    assert not (folder / ".deeppose.lock").exists()


def test_a_training_leaves_a_folder_of_other_files_alone(records_dir, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    # A diverging training, which used to take the folder with it.
    done = train(tmp_path, records_dir, "--learning_rate=1e30")
    assert refused(done, tmp_path, "thesis.tex", "empty folder")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.slow(10)
def test_a_diverging_training_leaves_what_came_meanwhile(records_dir, tmp_path):
    folder = tmp_path / "run"
    done = train(folder, records_dir, "--learning_rate=1e30")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not folder.exists()


@pytest.mark.parametrize("program", ["build_lsp", "synthesize_lsp"])
def test_a_builder_leaves_a_stranger_s_file_alone(people, tmp_path, program):
    """Beside its own files of an earlier run, at any depth."""
    folder = tmp_path / "built"
    flags = [f"--output_dir={folder}"]
    flags += (
        [f"--source={people}"] if program == "build_lsp" else ["--people=2"]
    )
    done = run(f"data_prep.{program}", *flags)
    assert done.returncode == 0, done.stderr
    again = run(f"data_prep.{program}", *flags)
    assert again.returncode == 0, again.stderr
    places = [folder / "mine.tfrecord", folder / "notes.txt"]
    if program == "synthesize_lsp":
        places.append(folder / "images" / "im1.jpg")
    for place in places:
        place.write_text("mine")
        before = sorted(p.name for p in folder.rglob("*"))
        done = run(f"data_prep.{program}", *flags)
        assert refused(done, f"--output_dir={folder}", "other files")
        assert sorted(p.name for p in folder.rglob("*")) == before
        place.unlink()


def test_a_build_that_was_killed_while_it_replaced_one_is_brought_back(
    people, tmp_path
):
    folder = tmp_path / "records"
    flags = [f"--source={people}", f"--output_dir={folder}"]
    assert run("data_prep.build_lsp", *flags).returncode == 0
    before = (folder / "dataset.json").read_bytes()
    # Killed after the earlier build was set aside; this run then fails.
    folder.rename(tmp_path / f".records.{'0' * 32}.replaced")
    done = run("data_prep.build_lsp", f"--source={tmp_path / 'no'}", flags[1])
    assert done.returncode == 1
    done = run("data_prep.build_lsp", *flags, "--test_fraction=2")
    assert done.returncode != 0
    assert run("data_prep.build_lsp", *flags).returncode == 0
    assert (folder / "dataset.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["records"]


def test_a_builder_leaves_what_is_set_aside_of_another_folder(people, tmp_path):
    """records.v2 begins with the same name; its builder was killed."""
    aside = tmp_path / f".records.v2.{'0' * 32}.replaced"
    aside.mkdir()
    (aside / "dataset.json").write_text("the only copy")
    done = run(
        "data_prep.build_lsp",
        f"--source={people}",
        f"--output_dir={tmp_path / 'records'}",
    )
    assert done.returncode == 0, done.stderr
    assert (aside / "dataset.json").read_text() == "the only copy"


@pytest.mark.parametrize(
    "name", ["dataset.json", "train-77777-of-77777.tfrecord"]
)
def test_a_builder_leaves_files_alone_that_are_named_as_its_own(
    people, tmp_path, name
):
    folder = tmp_path / "records"
    flags = [f"--source={people}", f"--output_dir={folder}"]
    if name == "dataset.json":
        folder.mkdir()
    else:
        assert run("data_prep.build_lsp", *flags).returncode == 0
    (folder / name).write_text('{"my": "own"}')
    assert refused(run("data_prep.build_lsp", *flags), folder, "other files")
    assert (folder / name).read_text() == '{"my": "own"}'


def test_made_up_people_leave_a_stranger_s_picture_alone(tmp_path):
    flags = [f"--output_dir={tmp_path / 'people'}", "--people=2"]
    assert run("data_prep.synthesize_lsp", *flags).returncode == 0
    mine = tmp_path / "people" / "images" / "im09999.jpg"
    mine.write_bytes(b"mine")
    done = run("data_prep.synthesize_lsp", *flags)
    assert refused(done, "people", "other files")
    assert mine.read_bytes() == b"mine"
    mine.unlink()
    assert run("data_prep.synthesize_lsp", *flags).returncode == 0


def test_records_that_are_built_anew_end_a_training_that_reads_them(
    people, tmp_path
):
    records = tmp_path / "records"
    flags = [f"--source={people}", f"--output_dir={records}"]
    done = run("data_prep.build_lsp", *flags, "--val_fraction=0.3")
    assert done.returncode == 0, done.stderr
    data = dataset.load(str(records))
    dataset.check_unchanged(data)
    done = run("data_prep.build_lsp", *flags, "--val_fraction=0.2")
    assert done.returncode == 0, done.stderr
    with pytest.raises(errors.InputError, match="records: built anew"):
        dataset.check_unchanged(data)


@pytest.mark.slow(10)
def test_exports_leave_a_stranger_s_file_alone(stage1, records_dir, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "half.txt").write_text("mine")
    done = run(
        "deeppose_tf.export",
        f"--run_dir={stage1}",
        f"--data_dir={records_dir}",
        f"--export_dir={tmp_path}",
        "--keep=1",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "1" / "half.txt").exists()


@pytest.mark.slow(10)
def test_reports_and_predictions_leave_a_stranger_s_file_alone(
    exported, records_dir, people, tmp_path
):
    (tmp_path / "notes.txt").write_text("mine")
    photo = people / "images" / "im00001.jpg"
    for done in (
        run(
            "deeppose_tf.evaluate",
            f"--model={exported}",
            f"--data_dir={records_dir}",
            f"--output_dir={tmp_path}",
        ),
        run(
            "deeppose_tf.predict",
            f"--model={exported}",
            f"--output_dir={tmp_path}",
            photo,
        ),
    ):
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "notes.txt").read_text() == "mine"
