import os
import pathlib
import re

import pytest
from absl import flags

from deeppose_tf import errors
from deeppose_tf.launch import installed
from tests.launcher import ROOT


def expanded(*arguments):
    return list(installed.expand_flag_files(arguments))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_working_folder_comes_first(elsewhere):
    name = pathlib.Path("flags/lsp.cfg")
    assert installed.find(name) == ROOT / name
    (elsewhere / "flags").mkdir()
    (elsewhere / name).write_text("--stage=7\n")
    assert installed.find(name) == name
    assert expanded("--flagfile=flags/lsp.cfg") == ["--stage=7"]


@pytest.mark.parametrize("name", ["flags/mine.cfg", "setup.py", "docs/data.md"])
def test_what_does_not_come_with_the_package_is_not_found(elsewhere, name):
    assert installed.find(pathlib.Path(name)) == pathlib.Path(name)


def test_a_flag_file_of_ones_own_builds_on_an_installed_one(elsewhere):
    mine = elsewhere / "mine.cfg"
    mine.write_text(
        "# Mine.\n\n  --flagfile=flags/stage1.cfg  \n//\n--steps=3\n"
    )
    found = expanded("--seed=1", "--flagfile=mine.cfg", "--steps=4")
    assert found[0] == "--seed=1"
    assert found[-2:] == ["--steps=3", "--steps=4"]
    # Of flags/lsp.cfg, which flags/stage1.cfg names.
    assert "--data_dir=data/lsp" in found
    assert not [line for line in found if "flagfile" in line]


def test_files_are_read_as_absl_reads_them(monkeypatch):
    monkeypatch.chdir(ROOT)
    paths = list(ROOT.glob("flags/**/*.cfg"))
    assert len(paths) > 20
    for path in paths:
        argument = f"--flagfile={path}"
        absls = flags.FlagValues().read_flags_from_files([argument])
        assert expanded(argument) == absls


def test_the_ways_to_name_a_file():
    written = expanded("--flagfile=flags/lsp.cfg")
    assert expanded("--flagfile", "flags/lsp.cfg") == written
    assert expanded("-flagfile=flags/lsp.cfg") == written
    rest = ["--", "--flagfile=flags/lsp.cfg"]
    assert expanded(*rest) == rest


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("--flagfile=no.cfg", "no such file"),
        ("--flagfile", "no regular file"),
        ("--flagfile=/dev/zero", "no regular file"),
        ("--flagfile=pipe.cfg", "no regular file"),
        ("--flagfile=~nobody_at_all/a.cfg", "no such file"),
        (f"--flagfile={'a' * 300}", "no such file"),
        ("--flagfile=a\0b", "no such file"),
        ("--flagfile=latin.cfg", "latin.cfg: no text in UTF-8"),
        ("--flagfile=utf16.cfg", "utf16.cfg: no text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(elsewhere, argument, words):
    os.mkfifo(elsewhere / "pipe.cfg")
    (elsewhere / "latin.cfg").write_bytes(b"--output_dir=M\xfcller")
    (elsewhere / "utf16.cfg").write_text("--stage=2", "utf-16")
    with pytest.raises(errors.InputError, match=f"^--flagfile=.*{words}"):
        expanded(argument)


def test_a_byte_order_mark_is_no_part_of_a_flag(elsewhere):
    (elsewhere / "mine.cfg").write_text("--stage=2", "utf-8-sig")
    assert expanded("--flagfile=mine.cfg") == ["--stage=2"]


def test_a_file_that_names_itself_is_left_for_absl(elsewhere):
    (elsewhere / "circle.cfg").write_text("--flagfile=circle.cfg\n--stage=2\n")
    assert expanded("--flagfile=circle.cfg") == [
        "--flagfile=circle.cfg",
        "--stage=2",
    ]


def test_the_package_brings_the_models_of_the_repository():
    tracked = re.findall(
        r"^!saved_models/(\w+/\d+)$",
        (ROOT / ".gitignore").read_text(),
        re.MULTILINE,
    )
    assert len(tracked) == 4
    setup = (ROOT / "setup.py").read_text()
    (setup,) = re.findall(r"MODELS = \[(.*?)\]", setup, re.DOTALL)
    assert re.findall(r'"(.*?)"', setup) == tracked
    manifest = (ROOT / "MANIFEST.in").read_text()
    assert re.findall(r"saved_models/(\w+/\d+) \*", manifest) == tracked
