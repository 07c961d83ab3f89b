import pytest

from deeppose_tf import extras
from tests import launcher
from tests import tiny

INSTALLED = extras.is_installed("tensorflow_addons")
NAME = "addons:Lookahead:LAMB"


@pytest.mark.skipif(not INSTALLED, reason="tensorflow-addons is another stack")
def test_a_training_with_an_optimizer_of_addons_resumes(records_dir, tmp_path):
    """In processes that import it themselves, as a user's do."""
    stage1 = tmp_path / "run" / "stage1"
    flags = stage1, records_dir, f"--optimizer={NAME}", "--eval_every=2"
    done = tiny.train(*flags, fresh=True)
    assert done.returncode == 0, done.stderr
    done = tiny.train(*flags, "--steps=6", fresh=True)
    assert done.returncode == 0, done.stderr
    assert "Goes on at step 4" in done.stderr
    assert (tmp_path / "run" / "exported" / "1" / "saved_model.pb").exists()


@pytest.mark.skipif(INSTALLED, reason="tensorflow-addons is installed")
def test_without_addons_one_line_says_how_to_get_it(records_dir, tmp_path):
    done = tiny.train(tmp_path / "stage1", records_dir, f"--optimizer={NAME}")
    assert launcher.refused(
        done, f"--optimizer={NAME}", "pip install -c constraints/addons.txt"
    )
    assert not (tmp_path / "stage1").exists()
