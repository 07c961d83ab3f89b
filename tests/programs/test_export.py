"""The program `export`."""

import shutil

import pytest

from tests.launcher import refused
from tests.launcher import run


@pytest.mark.slow(12)
def test_export_writes_the_next_version_and_keeps_as_many_as_it_is_told(
    run_dir, exported, records_dir, tmp_path
):
    for number in ("1", "2", "3"):
        shutil.copytree(exported / "1", tmp_path / "m" / number)
    done = run(
        "deeppose_tf.export",
        f"--run_dir={run_dir}",
        f"--data_dir={records_dir}",
        f"--export_dir={tmp_path / 'm'}",
        "--keep=2",
        fresh=True,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(path.name for path in (tmp_path / "m").iterdir())
    assert left == ["3", "4"]
    assert (tmp_path / "m" / "4" / "saved_model.pb").exists()


def test_export_keeps_servers_folders_and_others_apart(
    run_dir, records_dir, exported
):
    done = run(
        "deeppose_tf.export",
        f"--run_dir={run_dir}",
        f"--data_dir={records_dir}",
        f"--export_dir={exported}",
        "--format=litert",
    )
    assert refused(done, f"--export_dir={exported}", "--format=litert")
    assert [path.name for path in exported.iterdir()] == ["1"]
