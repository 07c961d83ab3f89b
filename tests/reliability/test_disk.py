"""Full disks and folders that may not be written to: a line, nothing half."""

import os
import shutil
import subprocess

import pytest

from deeppose_tf.models import run_paths
from tests.launcher import refused
from tests.launcher import run
from tests.tiny import train


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a file system of some kilobytes; skipped without the right to."""
    mounted = []

    def mount(kilobytes):
        folder = tmp_path / f"disk{kilobytes}"
        folder.mkdir()
        done = subprocess.run(
            [
                "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={kilobytes}k",
                "tmpfs",
                folder,
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            pytest.skip(f"may not mount: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    if shutil.which("mount") is None:
        pytest.skip("no mount here")
    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def ended_in_a_line(done):
    """Whether it failed in one line that speaks of space."""
    last = done.stderr.strip().splitlines()[-1]
    said = last.startswith("error: ") and "Traceback" not in done.stderr
    return done.returncode == 1 and said, done.stderr[-3000:]


@pytest.mark.parametrize(
    "kilobytes",
    [pytest.param(k, marks=pytest.mark.slow(20)) for k in (8, 32, 64, 120)],
)
def test_a_training_on_a_full_disk(
    small_disk, records_dir, tmp_path, kilobytes
):
    disk = small_disk(kilobytes)
    flags = [f"--export_dir={tmp_path / 'exported'}", "--steps=8"]
    done = train(disk / "run", records_dir, *flags)
    sound, said = ended_in_a_line(done)
    assert sound, said
    subprocess.run(["mount", "-o", "remount,size=50m", disk], check=True)
    # It goes on, or begins, in what was left.
    again = train(disk / "run", records_dir, *flags)
    assert again.returncode == 0, again.stderr
    folder = run_paths.RunFolder(disk / "run")
    assert folder.metrics.exists()
    assert not list(folder.path.glob(".*"))


@pytest.mark.slow(10)
def test_an_export_on_a_full_disk(small_disk, stage1, records_dir):
    disk = small_disk(200)
    done = run(
        "deeppose_tf.export",
        f"--run_dir={stage1}",
        f"--data_dir={records_dir}",
        f"--export_dir={disk / 'm'}",
    )
    sound, said = ended_in_a_line(done)
    assert sound, said
    assert not any(disk.rglob("*.pb"))
    assert not list((disk / "m").iterdir())


def test_a_builder_on_a_full_disk(small_disk, people):
    disk = small_disk(40)
    done = run(
        "data_prep.build_lsp",
        f"--source={people}",
        f"--output_dir={disk / 'records'}",
    )
    sound, said = ended_in_a_line(done)
    assert sound, said
    assert not list(disk.iterdir())


@pytest.fixture
def read_only(tmp_path):
    """A folder that may not be written to, whoever asks."""
    folder = tmp_path / "read_only"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder],
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        yield folder
        subprocess.run(["umount", "-l", folder], check=True)
        return
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere, and may not mount here")
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


@pytest.mark.slow(7)
def test_read_only_folders_are_named(
    read_only, stage1, records_dir, people, exported
):
    photo = people / "images" / "im00001.jpg"
    data = f"--data_dir={records_dir}"
    for done in (
        train(read_only / "run", records_dir),
        run(
            "data_prep.build_lsp",
            f"--source={people}",
            f"--output_dir={read_only / 'records'}",
        ),
        run(
            "data_prep.synthesize_lsp",
            f"--output_dir={read_only / 'people'}",
            "--people=1",
        ),
        run(
            "deeppose_tf.export",
            f"--run_dir={stage1}",
            data,
            f"--export_dir={read_only / 'm'}",
        ),
        run(
            "deeppose_tf.evaluate",
            f"--model={exported}",
            data,
            f"--output_dir={read_only / 'report'}",
        ),
        run(
            "deeppose_tf.predict",
            f"--model={exported}",
            f"--output_dir={read_only / 'out'}",
            photo,
        ),
    ):
        assert refused(done, read_only), done.stderr
