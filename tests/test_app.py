import os

import pytest

from deeppose_tf import app


@pytest.mark.parametrize(
    ("word", "want"),
    [
        ("--output_dir=~/out", "--output_dir={home}/out"),
        ("--output_dir=~", "--output_dir={home}"),
        ("--output_dir=a~/out", "--output_dir=a~/out"),
        ("~/photo=~.jpg", "~/photo=~.jpg"),
        ("--norecursive", "--norecursive"),
    ],
)
def test_the_home_folder_stands_for_a_tilde(word, want, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert app.home_expanded(word) == want.format(home=os.path.expanduser("~"))
    assert os.path.expanduser("~") == str(tmp_path)
