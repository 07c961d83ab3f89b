"""A run folder of an earlier version goes on.

run_of_06606e3.tgz was left by commit 06606e3 after 2 steps on the people of
the fixture `records_dir`. To that commit the network `tiny` was added, and its
heads were given 2 channels, so that the checkpoint has a few kB.
"""

import json
import pathlib
import tarfile

import keras
import numpy as np
import pytest

from deeppose_tf.models import heads
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from tests import launcher

FIXTURE = pathlib.Path(__file__).with_name("run_of_06606e3.tgz")
CODE = """if True:
    import runpy
    from deeppose_tf.models import heads
    heads.CHANNELS = 2
    runpy.run_module("deeppose_tf.train", run_name="__main__")
"""
# Sums of the absolute weights that commit 06606e3 itself had after 4 steps.
AFTER_4_STEPS = [
    *[68.74928, 8.00259, 0.01491, 0.0486, 7.17798],
    *[59.95918, 8.00383, 0.01756, 0.1884, 7.36972],
    *[6.50842, 5.41082, 2.00358, 0.0065, 0.02525, 1.87355],
    *[1.99998, 0.0065, 0.05736, 1.82923],
    *[8.05122, 1.99326, 0.00668, 0.0126, 1.80694, 8.28624, 8e-05],
]


@pytest.mark.keras3
@pytest.mark.slow(20)
def test_it_goes_on_and_ends_as_it_would_have(
    records_dir, data, tmp_path, monkeypatch
):
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = run_paths.RunFolder(tmp_path / "stage1")
    begun = json.loads(folder.training.read_text())
    same_people = begun["data_dir"] == data.split("train").digest
    # Another Pillow may draw the people of `records_dir` in other bytes.
    begun["data_dir"] = data.split("train").digest
    folder.training.write_text(json.dumps(begun))
    done = launcher.run_code(
        CODE,
        # It names flags that are no more.
        "--undefok=freeze_steps,trunk_rate_scale",
        f"--flagfile={folder.flags}",
        f"--data_dir={records_dir}",
        f"--run_dir={folder.path}",
        f"--export_dir={tmp_path / 'exported'}",
        "--steps=4",
        "--notensorboard_pictures",
    )
    assert done.returncode == 0, done.stderr
    assert "Goes on at step 2" in done.stderr
    monkeypatch.setattr(heads, "CHANNELS", 2)
    keras.utils.set_random_seed(1)
    spec = stage_specs.load_spec(folder.path)
    model = stages.build(spec, "all", str(folder.last_weights))
    sums = [float(np.abs(weight).sum()) for weight in model.get_weights()]
    if same_people:
        np.testing.assert_allclose(sums, AFTER_4_STEPS, atol=1e-3)
    assert (tmp_path / "exported" / "1" / "saved_model.pb").exists()
