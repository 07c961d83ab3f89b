import sys

import pytest

from deeppose_tf import errors
from deeppose_tf import extras


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(
        errors.InputError,
        match=r"--protocol=grpc needs the package grpc: .*\[serving\]",
    ):
        extras.load("grpc", wanted_by="--protocol=grpc", extra="serving")


def test_a_package_that_fails_is_not_called_missing(monkeypatch, tmp_path):
    (tmp_path / "broken_for_tests.py").write_text(
        'raise ImportError("libGL.so.1: cannot open")'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        errors.InputError, match="cannot import broken_for_tests .libGL.so.1"
    ):
        extras.load("broken_for_tests", wanted_by="--people", extra="people")


def test_what_is_there_is_imported():
    assert extras.load("json", wanted_by="a test", extra="none").dumps(1) == "1"
    assert extras.is_installed("json")
    assert not extras.is_installed("no_such_package_at_all")


def test_a_wheel_is_told_of_itself(monkeypatch, tmp_path):
    clone = extras.installation("video")
    assert clone == 'pip install -e ".[video]"'
    monkeypatch.setattr(extras, "_ROOT", tmp_path)
    wheel = extras.installation("video", "--force-reinstall ")
    assert wheel == (
        "pip install --force-reinstall "
        '"deeppose_tf-0.1.0-py3-none-any.whl[video]"'
    )
