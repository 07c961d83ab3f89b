"""The program `sigma_sweep`."""

import pytest

from tests.launcher import refused
from tests.launcher import run


@pytest.mark.slow(15)
def test_sigma_sweep_prints_a_row_a_size(stage1, stage2, records_dir):
    common = (f"--data_dir={records_dir}", "--sigmas=0.5,2,50")
    sweep = "deeppose_tf.sigma_sweep"
    done = run(sweep, f"--run_dir={stage2}", *common, fresh=True)
    assert done.returncode == 0, done.stderr
    rows = [
        line.replace("(trained)", "").split()
        for line in done.stdout.splitlines()[2:5]
    ]
    assert [row[0] for row in rows] == ["0.5", "2", "50"]
    inside = [float(row[1]) for row in rows]
    # Larger boxes hold more; one of 50 torsos holds everything.
    assert 0.0 <= inside[0] <= inside[1] <= inside[2] == 1.0
    best = max(float(row[2]) for row in rows)
    assert f"PDJ@0.2 {best:.3f}" in done.stdout.splitlines()[5]
    done = run(sweep, f"--run_dir={stage1}", *common)
    assert refused(done, f"--run_dir={stage1}", "stage 1 has no sigma")
