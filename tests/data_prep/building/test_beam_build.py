import json

import numpy as np
import pytest
import tensorflow as tf

from tests import launcher
from tests.data_prep import layouts


@pytest.fixture
def source(tmp_path):
    """Nine people, of whom two cannot be used."""
    joints = layouts.extended(9)
    joints[:, 2, 1] = 0.0
    source = layouts.write_source(tmp_path / "lspet", joints)
    (source / "images" / "im00004.jpg").unlink()
    return source


def records_in(folder):
    card = json.loads((folder / "dataset.json").read_text())
    names = {
        split: [shard["name"] for shard in card["splits"][split]["shards"]]
        for split in card["splits"]
    }
    assert {p.name for p in folder.iterdir()} == {
        "dataset.json",
        *(name for shards in names.values() for name in shards),
    }
    records = {
        split: sorted(
            record.numpy()
            for name in shards
            for record in tf.data.TFRecordDataset(str(folder / name))
        )
        for split, shards in names.items()
    }
    return card, records


@pytest.mark.slow(10)
@pytest.mark.parametrize(
    "box", [["--box=image"], ["--box=joints", "--box_scale=1.3"]]
)
def test_a_pipeline_writes_the_records_of_a_local_build(source, tmp_path, box):
    pytest.importorskip("apache_beam", reason="extra beam")
    flags = ("--test_fraction=0.4", "--val_fraction=0.4", *box)
    for name, more in (("local", []), ("beam", ["--beam"])):
        done = layouts.build(source, tmp_path / name, *flags, *more)
        assert done.returncode == 0, done.stderr
    one, local = records_in(tmp_path / "local")
    other, beam = records_in(tmp_path / "beam")
    assert beam == local
    assert sum(map(len, beam.values())) == 7
    assert min(len(beam["train"]), len(beam["test"])) > 0
    reasons = {"image missing": 1, "no labeled joint": 1}
    assert other["skipped"] == one["skipped"] == reasons
    for split, entry in other["splits"].items():
        for key in ("persons", "images"):
            assert entry[key] == one["splits"][split][key]


def test_a_pipeline_that_cannot_run_is_a_line_and_leaves_nothing(
    source, tmp_path
):
    pytest.importorskip("apache_beam", reason="extra beam")
    output = tmp_path / "records"
    done = layouts.build(
        source, output, "--beam", "--beam_option=runner=NoRunner"
    )
    assert launcher.refused(done, "--beam", "NoRunner", "--beam_option")
    assert {p.name for p in tmp_path.iterdir()} == {"lspet"}


def test_without_beam_the_way_out_is_told(source, tmp_path):
    absent = tmp_path / "absent" / "apache_beam"
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text(
        "raise ModuleNotFoundError('', name='apache_beam')"
    )
    done = launcher.run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={tmp_path / 'records'}",
        "--beam",
        PYTHONPATH=str(absent.parent),
    )
    assert launcher.refused(done, "apache_beam", "pip install -e .[beam]")
    assert not (tmp_path / "records").exists()


def test_beam_s_options_want_beam(source, tmp_path):
    done = layouts.build(source, tmp_path / "records", "--beam_option=runner=X")
    assert launcher.refused(done, "--beam_option", "--beam")
    assert np.all([p.name == "lspet" for p in tmp_path.iterdir()])
