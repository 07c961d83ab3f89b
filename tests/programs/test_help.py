import pytest

from tests.launcher import ROOT
from tests.launcher import run

PROGRAMS = sorted(
    f"{folder}.{path.stem}"
    for folder in ("deeppose_tf", "data_prep", "benchmarks")
    for path in (ROOT / folder).glob("*.py")
    if "app.run(main)" in path.read_text()
)


def test_all_programs_are_looked_at():
    assert len(PROGRAMS) == 10 + 7 + 22


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_shows_the_flags_and_exits_with_0(program):
    done = run(program, "--help")
    assert done.returncode == 0, done.stderr
    assert "flags:" in done.stdout
    assert f"{program.partition('.')[2]}.py:" in done.stdout


def test_help_speaks_of_videos_where_they_are_read():
    predict, client = (
        " ".join(run(f"deeppose_tf.{name}", "--help").stdout.split())
        for name in ("predict", "client")
    )
    box = "Box of the person: cx,cy,w,h in pixels of the upright photo"
    assert f"{box}; in a video, for all frames. " in predict
    assert f"{box}. " in client


def test_a_wrong_flag_exits_with_1_and_no_traceback():
    done = run("deeppose_tf.train", "--no_such_flag=1")
    assert done.returncode == 1
    assert "Unknown command line flag 'no_such_flag'" in done.stderr
    assert "Traceback" not in done.stderr


def test_words_without_dashes_are_refused():
    done = run(
        "deeppose_tf.export",
        "stage=2",
        "--run_dir=a",
        "--data_dir=b",
        "--export_dir=c",
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "error: stray words ['stage=2']: flags are written --name=value, on "
        "the command line and in flag files"
    )
