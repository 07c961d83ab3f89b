"""The program `export`."""

import shutil

import pytest

from deeppose_tf.serving import litert_runtime
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], ["--run_dir", "--model"]),
        (["--run_dir=r", "--model=m"], ["--run_dir", "not both"]),
        (["--run_dir=r"], ["--data_dir is missing"]),
        (
            ["--model=m", "--format=litert", "--dtype=int8"],
            ["--data_dir is missing", "any that data_prep wrote"],
        ),
        (["--model=m"], ["--model=m: no SavedModel"]),
    ],
)
def test_what_is_exported_is_to_be_said(tmp_path, arguments, said):
    done = run(
        "deeppose_tf.export", f"--export_dir={tmp_path / 'm'}", *arguments
    )
    assert refused(done, *said)
    assert not (tmp_path / "m").exists()


@pytest.mark.slow(20)
def test_a_model_is_exported_for_litert(exported, records_dir, tmp_path):
    pytest.importorskip("ai_edge_litert")
    for dtype, data in (
        ("float32", []),
        ("int8", [f"--data_dir={records_dir}"]),
    ):
        done = run(
            "deeppose_tf.export",
            f"--model={exported}",
            f"--export_dir={tmp_path / dtype}",
            "--format=litert",
            f"--dtype={dtype}",
            *data,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"wrote {tmp_path / dtype / '1'}\n"
        assert litert_runtime.load(tmp_path / dtype / "1").networks
    done = run(
        "deeppose_tf.export",
        f"--model={tmp_path / 'int8'}",
        f"--export_dir={tmp_path / 'again'}",
    )
    assert refused(done, "no SavedModel of a cascade")
