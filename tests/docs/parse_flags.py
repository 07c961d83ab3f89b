"""Parses command lines of one program, as `--only_check_args` would.

python -m tests.docs.parse_flags PROGRAM '[["argument", ...], ...]'

Two programs cannot be imported into one process, since they define the same
flags. Prints {"flags": [...], "parsed": [[error, positional arguments], ...]}.
"""

import importlib
import json
import sys

from absl import flags
from absl.testing import flagsaver


def main(program, lines):
    """Prints the answer."""
    json.dump(_answer(program, json.loads(lines)), sys.stdout)


def _answer(name, lines):
    importlib.import_module(name)
    ours = ("deeppose_tf", "data_prep", "benchmarks")
    defined = flags.FLAGS.flags_by_module_dict()
    return {
        "flags": [
            flag.name
            for module, its_flags in defined.items()
            for flag in its_flags
            if module.split(".")[0] in ours
        ],
        "parsed": [_parse(name, line) for line in lines],
    }


def _parse(name, arguments):
    with flagsaver.flagsaver():
        try:
            return ["", flags.FLAGS([name, *arguments])[1:]]
        except (flags.Error, OSError) as error:
            return [f"{type(error).__name__}: {error}", []]


if __name__ == "__main__":
    main(*sys.argv[1:])
