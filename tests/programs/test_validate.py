"""The program `validate`."""

import pytest

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


@pytest.mark.parametrize("name", ["thesis.tex", "card", "html"])
def test_only_a_page_is_replaced_by_a_page(records_dir, tmp_path, name):
    path = tmp_path / name
    path.write_text("mine")
    done = launcher.run(
        "data_prep.validate", f"--data_dir={records_dir}", f"--html={path}"
    )
    assert launcher.refused(done, f"--html={path}", "must end in .html or .htm")
    assert path.read_text() == "mine"


def test_a_folder_is_no_page(records_dir, tmp_path):
    folder = tmp_path / "pages.html"
    folder.mkdir()
    done = launcher.run(
        "data_prep.validate", f"--data_dir={records_dir}", f"--html={folder}"
    )
    assert launcher.refused(
        done, f"--html={folder}: is a folder", f"{folder}/card.html"
    )
