import dataclasses
import json

import pytest

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.examples import augment
from deeppose_tf.examples import example_options
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import run_folder
from deeppose_tf.runs.plan import Plan
from deeppose_tf.storage import digests
from deeppose_tf.training import training_options


@pytest.fixture
def plan(tmp_path):
    split = dataset.Split(("a.tfrecord",), 5, "digest of the records")
    data = dataset.Dataset("data", "lsp", skeletons.LSP, {}, {"train": split})
    return Plan(
        spec=stage_specs.StageSpec(
            skeleton=skeletons.LSP,
            network="compact",
            head="integral",
            image_size=32,
        ),
        data=data,
        run_dir=tmp_path / "stage1",
        examples=example_options.ExampleOptions(),
        loss=training_options.LossOptions(),
        optimizer=training_options.OptimizerOptions(),
        schedule=training_options.Schedule(steps=4, batch_size=8, eval_every=2),
    )


def with_option(plan, part, **change):
    """The plan with another value of an option of one of its parts."""
    if part == "plan":
        return dataclasses.replace(plan, **change)
    part_changed = dataclasses.replace(getattr(plan, part), **change)
    return dataclasses.replace(plan, **{part: part_changed})


def with_data(plan, digest):
    split = dataclasses.replace(plan.data.splits["train"], digest=digest)
    data = dataclasses.replace(plan.data, splits={"train": split})
    return dataclasses.replace(plan, data=data)


def test_a_stopped_run_may_take_more_steps_and_another_rate(plan):
    run_folder.claim(plan, "--steps=4")
    more = with_option(plan, "schedule", steps=9)
    more = with_option(more, "optimizer", learning_rate=1e-5)
    more = with_option(more, "examples", augmentation=augment.NONE)
    run_folder.claim(more, "--steps=9")
    assert (plan.run_dir / "flags.cfg").read_text() == "--steps=9"


def test_going_on_with_other_records_is_refused(plan):
    run_folder.claim(plan, "")
    with pytest.raises(errors.InputError, match="other records.*data"):
        run_folder.claim(with_data(plan, "another digest"), "")


def test_a_folder_older_than_a_flag_goes_on_without_it(plan):
    run_folder.claim(plan, "")
    path = plan.run_dir / "training.json"
    known = json.loads(path.read_text())
    newer = "weight_average", "map_weight"
    for flag in newer:
        del known[flag]
    digests.save(path, known)
    run_folder.claim(plan, "")
    assert json.loads(path.read_text())["map_weight"] == 0
    known["map_weight"] = None  # As older ones had it.
    digests.save(path, known)
    run_folder.claim(plan, "")


@pytest.mark.parametrize(
    ("flag", "off", "on"),
    [("freeze_steps", 0, 100), ("trunk_rate_scale", None, 0.0)],
)
def test_a_folder_with_an_option_that_is_no_more(plan, flag, off, on):
    run_folder.claim(plan, "")
    path = plan.run_dir / "training.json"
    known = json.loads(path.read_text())
    digests.save(path, known | {flag: off})
    run_folder.claim(plan, "")
    digests.save(path, known | {flag: on})
    with pytest.raises(errors.InputError, match=f"{flag}={on}, which is no"):
        run_folder.claim(plan, "")


@pytest.mark.parametrize(
    "part, flag, value",
    [
        ("plan", "seed", 7),
        ("schedule", "batch_size", 16),
        ("plan", "freeze_until", "blocks_2_bn2"),
        ("schedule", "weight_average", 0.9),
        ("loss", "loss", "l1"),
        ("loss", "map_weight", 0.1),
        ("optimizer", "optimizer", "sgd"),
    ],
)
def test_going_on_as_another_training_is_refused(plan, part, flag, value):
    run_folder.claim(plan, "")
    other = with_option(plan, part, **{flag: value})
    with pytest.raises(errors.InputError, match=f"begun with --{flag}="):
        run_folder.claim(other, "")


@pytest.mark.parametrize("flag", ["crops_from", "crops_per_person", "targets"])
def test_what_crops_are_like_is_kept_by_refinement_alone(plan, flag):
    assert flag not in plan.kept
    refinement = dataclasses.replace(
        plan, spec=dataclasses.replace(plan.spec, stage=2)
    )
    assert flag in refinement.kept


def failing(plan, *written):
    """A training that writes some files, then fails."""
    with pytest.raises(RuntimeError):
        with run_folder.claimed(plan, ""):
            for name in written:
                path = plan.run_dir / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"ours")
            raise RuntimeError


def test_a_failed_training_takes_its_files_with_it(plan):
    failing(plan, "checkpoints/ckpt-0.index", "tensorboard/events")
    assert not plan.run_dir.exists()


def test_checkpoints_stay_after_a_failure(plan):
    failing(plan, "checkpoints/ckpt-3.index")
    assert (plan.run_dir / "checkpoints/ckpt-3.index").exists()


def test_weights_stay_after_a_failure(plan):
    failing(plan, "last.weights.h5")
    assert (plan.run_dir / "last.weights.h5").exists()


def test_a_stranger_s_file_stays_after_a_failure(plan):
    failing(plan, "thesis.tex")
    assert [p.name for p in plan.run_dir.iterdir()] == ["thesis.tex"]


def test_a_folder_that_was_there_stays_after_a_failure(plan):
    plan.run_dir.mkdir()
    failing(plan, "tensorboard/events")
    assert not list(plan.run_dir.iterdir())


def test_a_folder_of_other_files_is_refused_before_anything_is_written(plan):
    plan.run_dir.mkdir()
    (plan.run_dir / "thesis.tex").write_text("x")
    with pytest.raises(errors.InputError, match="other files .thesis.tex"):
        with run_folder.claimed(plan, ""):
            pytest.fail("claimed")
    assert [p.name for p in plan.run_dir.iterdir()] == ["thesis.tex"]


def test_a_second_training_of_a_folder_is_refused(plan):
    with run_folder.claimed(plan, ""):
        before = sorted(p.name for p in plan.run_dir.iterdir())
        with pytest.raises(errors.InputError, match="run_dir.* writes there"):
            with run_folder.claimed(plan, ""):
                pytest.fail("claimed twice")
        assert sorted(p.name for p in plan.run_dir.iterdir()) == before
    with run_folder.claimed(plan, ""):
        pass


@pytest.mark.parametrize(
    "missing",
    [
        ["training.json"],
        ["training.json", "exported.json"],
        ["training.json", "exported.json", "flags.cfg"],
        ["training.json", "exported.json", "flags.cfg", "stage.json"],
    ],
    ids=len,
)
def test_a_claim_that_was_killed_before_its_end_goes_on(plan, missing):
    """It writes stage.json first, training.json last."""
    run_folder.claim(plan, "")
    (plan.run_dir / ".0123abcd.stage.json").write_text("half")
    for name in missing:
        (plan.run_dir / name).unlink()
    with run_folder.claimed(plan, ""):
        present = {path.name for path in plan.run_dir.iterdir()}
    assert present == {
        *("stage.json", "flags.cfg", "exported.json", "training.json"),
        *("digests.json", ".deeppose.lock"),
    }


@pytest.mark.parametrize(
    "name",
    [
        *(".env", "flags.cfg", "training.json", ".lock", ".0123abcd.notes"),
        "tensorboard/examples/notes.txt",
    ],
)
def test_what_lies_in_a_folder_of_no_training_is_refused(plan, name):
    path = plan.run_dir / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(errors.InputError, match="holds other files"):
        with run_folder.claimed(plan, ""):
            pytest.fail("claimed")
    assert path.read_text() == "mine"
    assert len([*plan.run_dir.iterdir()]) == 1


def test_a_lost_training_json_is_no_new_training(plan):
    run_folder.claim(plan, "")
    (plan.run_dir / "training.json").unlink()
    (plan.run_dir / "checkpoints").mkdir()
    (plan.run_dir / "checkpoints/ckpt-0.index").write_bytes(b"")
    with pytest.raises(errors.InputError, match="training.json: missing"):
        run_folder.claim(plan, "")
