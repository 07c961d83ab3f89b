"""Every benchmark runs, on a few made-up people; its figures are not looked at.

docs/benchmarks.md has figures and the commands that give them.
"""

import json
import pathlib

import pytest
from PIL import Image

from benchmarks.tools import subsets
from deeppose_tf.data import dataset
from deeppose_tf.data import person_records
from tests.launcher import ROOT
from tests.launcher import run

COMMANDS = {
    "annotation_memory": ["--people=200"],
    "data_prep": ["--source={people}"],
    "evaluation": ["--model={exported}", "--data_dir={records_dir}"],
    "finetune": [
        "--source={people}",
        "--movenet=unused.json",
        "--start=nothing",
        "--people=24",
        "--steps=1",
        "--more=--network=tiny",
        "--more=--image_size=64",
        "--more=--batch_size=4",
    ],
    "first_photo": ["--model={exported}", "docs/images/firefighter.jpg"],
    "found_boxes": [
        "--model={exported}",
        "--data_dir={records_dir}",
        "--people=3",
        "--scales=1.1",
    ],
    "growth": ["--source={people}", "--model={exported}", "--people=24"],
    "input_pipeline": [
        "--data_dir={records_dir}",
        "--image_size=32",
        "--batch_size=4",
        "--seconds=0.1",
        "--rounds=1",
    ],
    "latency": [
        "--data_dir={records_dir}",
        "--model={exported}",
        "--people=1,2",
        "--rounds=1",
        "--requests=1",
    ],
    "litert": [
        "--run_dir={run_dir}",
        "--data_dir={records_dir}",
        "--repeats=1",
    ],
    "networks": [
        "--network=compact",
        "--way=float32",
        "--batch_size=2",
        "--seconds=0.1",
        "--rounds=1",
    ],
    "nobody": [
        "--model={exported}",
        "--source={coco}",
        "--data_dir={records_dir}",
        "--people=4",
    ],
    "protocols": [
        "--model={exported}",
        "--people=1",
        "--requests=1",
        "docs/images/firefighter.jpg",
    ],
    "refiners": [
        "--network=tiny",
        "--crop_size=32",
        "--person_size=32",
        "--people=1",
        "--rounds=1",
    ],
    "scaling": [
        "--network=tiny",
        "--image_size=32",
        "--batch_size=4",
        "--rounds=1",
    ],
    "scaling_plan": ["--gradient_mb=100", "--step_seconds=0.5"],
    "serving": [
        "--network=tiny",
        "--image_size=32",
        "--stages=2",
        "--people=1",
        "--seconds=1",
    ],
    "serving_load": [
        "--model={exported}",
        "--seconds=2",
        "--every=1",
        "{people}/images",
    ],
    "serving_memory": ["--model={exported}"],
    "training": ["--network=compact", "--image_size=32", "--rounds=1"],
    "validation": ["--source={people}"],
    "videos": ["--model={exported}", "--frames=3"],
}


def test_no_benchmark_is_missing():
    files = (ROOT / "benchmarks").glob("*.py")
    assert {path.stem for path in files} == {"__init__", *COMMANDS}


def test_who_tests_does_not_train_in_a_subset(people, tmp_path):
    """Finetuning learns from few, and is measured on the test people of all."""
    few = subsets.first(people.resolve(), 40, tmp_path / "few")
    trained, tested = (
        pictures(records(source, tmp_path / name), split)
        for name, source, split in (
            ("of_few", few, "train"),
            ("of_all", people, "test"),
        )
    )
    assert trained
    assert tested
    assert not trained & tested


def records(source, folder):
    done = run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={folder}",
        "--test_fraction=0.4",
    )
    assert done.returncode == 0, done.stderr
    return folder


def pictures(folder, split):
    """The bytes of the pictures of a split."""
    people = person_records.undecoded(dataset.load(folder), split)
    return {person["image"].numpy() for person in people}


def street(folder):
    """A folder of COCO's layout: one picture, with room beside its person."""
    for name in ("annotations", "val2017"):
        (folder / name).mkdir(parents=True)
    Image.new("RGB", (320, 240), "grey").save(folder / "val2017" / "1.jpg")
    person = {
        "image_id": 1,
        "bbox": [10, 10, 40, 80],
        "num_keypoints": 17,
        "iscrowd": 0,
    }
    content = {
        "images": [{"id": 1, "file_name": "1.jpg"}],
        "annotations": [person],
    }
    path = folder / "annotations" / "person_keypoints_val2017.json"
    path.write_text(json.dumps(content))


@pytest.mark.slow(25)
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_benchmark_runs(
    name, people, records_dir, run_dir, exported, tmp_path
):
    street(tmp_path / "coco")
    places: dict[str, pathlib.Path] = {
        "people": people,
        "coco": tmp_path / "coco",
        "records_dir": records_dir,
        "run_dir": run_dir,
        "exported": exported,
    }
    arguments = [word.format(**places) for word in COMMANDS[name]]
    done = run(f"benchmarks.{name}", *arguments, fresh=True)
    # How much memory grows in two seconds says nothing.
    grew = name == "serving_load" and "memory grew" in done.stderr
    assert done.returncode == 0 or grew, done.stderr
    assert any(character.isdigit() for character in done.stdout)
