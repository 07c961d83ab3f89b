"""Gives readers inputs that are changed at random, and counts what happens.

python -m tests.fuzz --cases=20000
python -m tests.fuzz --only=COCO --cases=1000 --seed=7

It exits with 1 where a reader ended in a traceback, made a record that is not
finite, or took longer than half a minute of CPU time. A case is named by
reader, seed and number, and comes again with the same ones, however many there
are.
"""

import sys

from absl import flags

from deeppose_tf.launch import app
from tests.fuzz import attempts
from tests.fuzz import cases

_CASES = flags.DEFINE_integer("cases", 1000, "In all.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Other seeds give other cases.")
_ONLY = flags.DEFINE_enum("only", None, list(cases.ALL), "One reader.")


def main(argv):
    """Prints a row a reader."""
    app.refuse_arguments(argv)
    readers = [_ONLY.value] if _ONLY.value else list(cases.ALL)
    each = -(-_CASES.value // len(readers))
    print(f"{'reader':20} {'  '.join(attempts.ENDS)}")
    bad = 0
    for reader in readers:
        ends = attempts.run(reader, each, _SEED.value)
        row = "  ".join(f"{ends[end]:{len(end)}}" for end in attempts.ENDS)
        print(f"{reader:20} {row}", flush=True)
        bad += sum(ends[end] for end in attempts.BAD)
    if bad:
        sys.exit(f"error: {bad} cases ended badly; see above")


if __name__ == "__main__":
    app.run(main)
