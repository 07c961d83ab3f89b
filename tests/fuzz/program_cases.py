"""What is fuzzed of programs: command lines, flag files, files of boxes.

Like cases.py, whose `ALL` holds these too. A program ends with status 0, or
with one line that says why it does not.
"""

import json
import pathlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from deeppose_tf import errors
from tests import launcher
from tests.data_prep import made_records
from tests.fuzz import changes

_SECONDS = 240  # Of a program; other programs may run beside.
# Runs a program in a folder; `predict` with a model that takes no time.
_CODE = """
import os, runpy, sys
_, module, folder, *arguments = sys.argv
os.chdir(folder)
sys.argv = [module, *arguments]
if module == "deeppose_tf.predict":
    from tests.fuzz import still_model
    still_model.install()
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
_HAND = {
    "name": "hand",
    "joints": ["wrist", "left_tip", "right_tip"],
    "torso": ["wrist", "left_tip"],
}
_TABLE = """image,wrist_x,wrist_y,left_tip_x,left_tip_y,right_tip_x,right_tip_y
a.jpg,5,7,9,8,20,30
"""
_COMMANDS = {
    "deeppose_tf.predict": ["--boxes=boxes.json", "--min_score=0.5", "a.jpg"],
    "deeppose_tf.client": [
        *("--server=127.0.0.1:1", "--retries=0", "--timeout=1"),
        *("--boxes=boxes.json", "--skeleton=hand.json", "a.jpg"),
    ],
    "data_prep.build_csv": [
        *("--source=people.csv", "--skeleton=hand.json", "--output_dir=r"),
        *("--box=joints", "--box_scale=1.2", "--num_shards=1"),
    ],
    "data_prep.validate": ["--data_dir=records"],
    "deeppose_tf.train": [
        *("--data_dir=records", "--run_dir=run", "--stage=1", "--steps=10"),
        "--only_check_args",
    ],
    "deeppose_tf.evaluate": ["--data_dir=records", "--run_dir=run"],
}


def of_command_lines(folder: pathlib.Path) -> Callable:
    """Programs, some of whose words stand in a flag file."""
    inner = folder / "a" / "b"  # What ../../ leaves is still in here.
    inner.mkdir(parents=True)
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(inner / "a.jpg")
    (inner / "hand.json").write_text(json.dumps(_HAND))
    (inner / "people.csv").write_text(_TABLE)
    made_records.write(
        inner / "records", {"train": [made_records.person(i) for i in range(2)]}
    )
    boxes = {"a.jpg": [[5, 6, 7, 8], [1, 2, 3.5, 4]]}
    coco = [{"image_id": "a", "bbox": [1, 2, 30, 40], "score": 0.9}]

    def attempt(rng):
        module = rng.choice([*_COMMANDS])
        words = [_word(rng, word) for word in _COMMANDS[module]]
        if rng.random() < 0.2:
            words.insert(rng.randrange(len(words)), rng.choice(_COMMANDS_MORE))
        content = changes.of_json(rng, rng.choice([boxes, coco]))
        (inner / "boxes.json").write_text(json.dumps(content))
        if rng.random() < 0.5:
            words = [*_in_flag_file(rng, inner / "flags.cfg", words)]
        # A command line cannot have the first; the other is a byte there that
        # is no UTF-8.
        words = [word.replace("\ud800", "\udcff") for word in words]
        words = [word for word in words if "\0" not in word]
        _judge(_run(module, inner, words))

    (inner / "boxes.json").write_text(json.dumps(boxes))
    # A few cases of a thousand get as far as poses: this one always does.
    done = _run("deeppose_tf.predict", inner, _COMMANDS["deeppose_tf.predict"])
    assert done.returncode == 0, done.stderr
    return attempt


def _run(module, folder, words):
    return launcher.zygote().run(
        None, [module, str(folder), *words], _CODE, timeout=_SECONDS
    )


_COMMANDS_MORE = [
    "--nosuch", "--flagfile=no.cfg", "--flagfile=/dev/zero", "stray", "--",
    "--flagfile=flags.cfg", "--help", "--box=1,2,3", "--box=1,2,inf,4", "-x",
    "--noupright", "--people=find", "--people=", "--output_dir=/dev/null/a",
]  # fmt: skip


def _word(rng, word):
    """A word of a command line, its value changed in one of three cases."""
    flag, equals, _ = word.partition("=")
    if rng.random() < 0.7:
        return word
    value = rng.choice(changes.ODD)
    value = value if isinstance(value, str) else json.dumps(value)
    return f"{flag}={value[:3000]}" if equals else rng.choice([value, word])


def _in_flag_file(rng, path, words):
    """Words, of which flags stand in a file that is changed now and then."""
    lines = [word for word in words if word.startswith("--")]
    text = "\n".join(["# A comment.", *lines]) + "\n"
    content = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.5:
        content = changes.of_bytes(rng, content)
    path.write_bytes(content)
    return [f"--flagfile={path.name}", *(w for w in words if w not in lines)]


def _judge(done):
    """Raises InputError for a program that refuses in one line."""
    if done.returncode == 0:
        return
    last = done.stderr.strip().rpartition("\n")[2]
    well = done.returncode == 1 and last.startswith("error: ")
    assert well and "Traceback" not in done.stderr, (
        f"{done.args}: {done.returncode}\n{done.stderr}"
    )
    raise errors.InputError(last)


ALL = {"command lines": of_command_lines}
