import json
import shutil

from tests.launcher import ROOT
from tests.launcher import refused
from tests.launcher import run


def rows(done):
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_the_models_of_the_package():
    folder, columns, *models = rows(run("deeppose_tf.list_models"))
    assert folder == [str(ROOT / "saved_models")]
    assert " ".join(columns) == (
        "model version size predicts validation PDJ@0.2 license"
    )
    by_name = {model[0]: model for model in models}
    for name, model in by_name.items():
        assert (ROOT / "saved_models" / name / model[1]).is_dir()
        assert "Apache-2.0" in " ".join(model)
    assert set(by_name) >= {
        "lsp_extended",
        "lsp_extended_fast",
        "lsp_extended_lite",
        "person_finder",
    }
    card = ROOT / "saved_models/lsp_extended/3/assets/deeppose.json"
    (pdj,) = json.loads(card.read_text())["validation_pdj@0.2"]
    assert f"{pdj:.3f}" in by_name["lsp_extended"]
    assert "joints (lsp)" in " ".join(by_name["lsp_extended"])
    assert by_name["lsp_extended_lite"][2:7] == "3.1 MB 14 joints (lsp)".split()
    assert " ".join(by_name["person_finder"][4:7]) == "boxes of people"


def test_ones_own_models(exported, tmp_path):
    shutil.copytree(exported / "1", tmp_path / "mine" / "1")
    shutil.copytree(exported / "1", tmp_path / "mine" / "10")
    shutil.copytree(exported / "1", tmp_path / "mine" / "9")
    _, _, *models = rows(run("deeppose_tf.list_models", f"--folder={tmp_path}"))
    assert [model[:2] for model in models] == [
        ["mine", "1"],
        ["mine", "9"],
        ["mine", "10"],
    ]
    # Neither trained nor licensed.
    assert models[0][-2:] == ["-", "-"]


def test_a_folder_without_models(tmp_path):
    done = run("deeppose_tf.list_models", f"--folder={tmp_path}")
    assert refused(done, f"--folder={tmp_path}")
