import logging
import os
import subprocess
import sys

import pytest

from deeppose_tf.launch import startup
from tests.launcher import ROOT

TENSORFLOW = "/site-packages/tensorflow/python/saved_model/save.py"


def said(code):
    """stderr of a process that runs `code` after `startup` is imported."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os\nfrom deeppose_tf.launch import startup\n{code}",
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k[:6] != "TF_CPP"},
        capture_output=True,
        text=True,
    )
    return done.stderr


def passes(level, path, message):
    record = logging.LogRecord("absl", level, path, 1, message, None, None)
    return startup._concerns_the_user(record)


def test_tensorflows_infos_are_dropped_and_its_warnings_stay():
    assert not passes(logging.INFO, TENSORFLOW, "Sharding callback duration")
    assert passes(logging.WARNING, TENSORFLOW, "The variable is not used")
    assert not passes(
        logging.WARNING,
        TENSORFLOW,
        "Function `%s` contains input name(s) %s with unsupported characters",
    )
    assert not passes(
        logging.WARNING,
        TENSORFLOW,
        "5 out of the last 6 calls to <function graph_of.<locals>.run at 0x7f> "
        "triggered tf.function retracing. Tracing is expensive",
    )


def test_our_own_infos_stay():
    assert passes(logging.INFO, "/home/me/deeppose_tf/train.py", "Exported")


def test_control_codes_of_names_are_made_visible():
    code = r"""if True:
        import pathlib
        from absl import logging
        startup.setup()
        path = pathlib.Path("a\x1b[2Jb.jpg")
        logging.warning("%s: %d\n%s", path, 3, "two\nlines\r")
    """
    found = said(code)
    assert r"a\x1b[2Jb.jpg: 3" in found
    assert found.endswith("\ntwo\nlines\\r\n")


def test_what_is_written_while_tensorflow_is_imported():
    """Infos of C++ go; errors, and what Python writes, stay in their order."""
    code = r"""if True:
        import sys
        with startup.without_infos():
            os.write(2, b"I0000 00:00:17.1 1 port.cc:153] oneDNN is on\n")
            os.write(2, b"E0000 00:00:17.1 1 x.cc:1] no memory\n")
            os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate\n")
            print("a warning", file=sys.stderr)
        print("afterwards", file=sys.stderr)
    """
    assert said(code).splitlines() == [
        "E0000 00:00:17.1 1 x.cc:1] no memory",
        "a warning",
        "afterwards",
    ]


def test_an_import_that_fails_says_why():
    code = r"""if True:
        with startup.without_infos():
            raise ImportError("libcuda is broken")
    """
    assert said(code).endswith("ImportError: libcuda is broken\n")


def test_tensorflow_is_imported_without_a_word():
    code = r"""if True:
        startup.setup()
        import tensorflow as tf
        tf.constant(1) + 1
    """
    assert said(code) == ""


@pytest.mark.keras3
def test_everything_is_shown_to_who_asks_for_it():
    code = r"""if True:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
        startup.setup()
        import tensorflow
    """
    assert "All log messages before absl" in said(code)


@pytest.mark.keras3
def test_keras_is_imported_by_those_who_use_it():
    code = r"""if True:
        import pkgutil
        import sys
        startup.setup()
        import tensorflow as tf
        assert not {"keras", "matplotlib"} & set(sys.modules)
        assert "TF_USE_LEGACY_KERAS" not in os.environ
        assert any(pkgutil.iter_modules(tf.__path__))
        import keras
        assert tf.keras.__version__ == keras.__version__
        assert keras.ops.sum(keras.ops.ones(3)).numpy() == 3.0
    """
    assert said(code) == ""
