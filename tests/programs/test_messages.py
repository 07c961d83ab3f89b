"""What programs say while they work: nothing of the libraries' own."""

import re

import pytest

from tests import launcher
from tests import tiny

# absl's line of a module of ours: I1128 03:31:59.058550 1404 train.py:31] ...
OURS = re.compile(r"[IW]\d{4} [\d:.]+ \d+ (\w+)\.py:\d+\] ")
MODULES = {path.stem for path in launcher.ROOT.glob("deeppose_tf/**/*.py")}


@pytest.mark.keras3
@pytest.mark.slow(20)
def test_a_training_says_what_concerns_its_user(records_dir, tmp_path):
    run_dir = tmp_path / "run" / "stage1"
    done = tiny.train(run_dir, records_dir, "--noflip", fresh=True)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    flags = [line for line in lines if line.startswith("--")]
    assert set(flags) == {
        f"--data_dir={records_dir}",
        f"--run_dir={run_dir}",
        f"--export_dir={tmp_path / 'run' / 'exported'}",
        # Others of tiny.TINY are at their defaults, or of refinement.
        *(f for f in tiny.TINY if f != "--clip_norm=1"),
        "--clip_norm=1.0",
        "--noflip",
    }
    modules = [OURS.match(line) for line in lines if line not in flags]
    assert all(modules), done.stderr
    assert {match[1] for match in modules} <= MODULES


@pytest.mark.slow(8)
def test_predict_says_where_it_wrote(tmp_path):
    done = launcher.run(
        "deeppose_tf.predict",
        f"--output_dir={tmp_path}",
        "docs/images/firefighter.jpg",
        fresh=True,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == f"wrote {tmp_path / 'firefighter.pose.jpg'}\n"
