"""The program `validate`."""

from tests import launcher
from tests.data_prep import made_records


def test_the_program_passes_sound_records_and_fails_others(
    records_dir, tmp_path
):
    page = tmp_path / "card.html"
    done = launcher.run(
        *("data_prep.validate", f"--data_dir={records_dir}", f"--html={page}"),
        fresh=True,
    )
    assert "data:image/png;base64," in page.read_text()
    assert done.returncode == 0, done.stderr
    assert "left_wrist" in done.stdout
    folder = made_records.write(
        tmp_path / "d", {"train": [made_records.person(1, image=b"none")]}
    )
    done = launcher.run("data_prep.validate", f"--data_dir={folder}")
    assert launcher.refused(done, folder, "1 faults")
    assert "picture cannot be decoded: 1 (p1)" in done.stdout
