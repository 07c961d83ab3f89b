"""Every flag file under flags/."""

import pathlib
import re

from tests.launcher import ROOT
from tests.launcher import run_code

FLAG_FILES = sorted(
    str(path.relative_to(ROOT))
    for name in ("stage*", "context", "taught")
    for path in ROOT.glob(f"flags/**/{name}.cfg")
)


def test_flag_files_are_understood():
    # All in one process: each would import what trains.
    code = """if True:
        import sys
        from absl import flags
        from absl.testing import flagsaver
        from deeppose_tf import train

        for path in sys.argv[1:]:
            with flagsaver.flagsaver():
                flags.FLAGS(["train", f"--flagfile={path}"])
                print(flags.FLAGS.stage, path)
    """
    done = run_code(code, *FLAG_FILES)
    assert done.returncode == 0, done.stderr
    # Others than stageN.cfg are of stage 1.
    numbers = [re.search(r"stage(\d)\.cfg", name) for name in FLAG_FILES]
    stages = [number[1] if number else "1" for number in numbers]
    assert done.stdout.splitlines() == [
        f"{stage} {name}"
        for stage, name in zip(stages, FLAG_FILES, strict=True)
    ]


def test_there_are_flag_files_for_every_stage():
    folders = {str(pathlib.Path(name).parent) for name in FLAG_FILES}
    cascades = {"flags"} | {
        f"flags/{name}" for name in ("coco", "cpu", "demo", "flic", "mpii")
    }
    # From MoveNet, for which refinement has not helped: docs/ablations.md.
    single = {
        f"flags/{name}"
        for name in ("finetune", "lsp_extended", "lsp_extended_fast")
    }
    assert folders == cascades | single
    for folder in cascades:
        for stage in (1, 2, 3):
            assert f"{folder}/stage{stage}.cfg" in FLAG_FILES
    for folder in single:
        assert f"{folder}/stage1.cfg" in FLAG_FILES
    # Stage 1 once more.
    assert "flags/lsp_extended/context.cfg" in FLAG_FILES
    assert "flags/lsp_extended_fast/taught.cfg" in FLAG_FILES
