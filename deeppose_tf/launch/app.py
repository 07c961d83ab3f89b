"""How programs run: flags are parsed, bad input ends in one line.

Like absl's app, in whose place programs use it.
"""

import atexit
import errno
import functools
import gc
import io
import os
import re
import signal
import sys

from absl import flags
from absl.app import define_help_flags
from absl.app import run as run_absl

from deeppose_tf import errors
from deeppose_tf.launch import installed
from deeppose_tf.launch import path_flags
from deeppose_tf.launch import startup

_SOON = 0.01  # Seconds, by when a callback has ended.
_HELP_FLAGS = ("help", "helpshort", "helpfull", "helpxml")
# What absl says of flags that are not given.
_WANTED = re.compile(r"Flag (--\S+) must have a value other than None")
_signals: list[int] = []  # Those that this program is ending by.


def run(main):
    """Runs a program's main with what the flags leave of sys.argv.

    Bad input (`InputError`) ends it with one line and exit status 1. So does an
    OSError (no permission, disk full), which names its file, and a record file
    that was damaged after it was written. A program that is stopped (Ctrl-C,
    `docker stop`) leaves nothing half-written. --help exits with 0. In flags
    that name files and folders `~` is the home folder; NAME:// is refused.
    """
    startup.setup()
    # Python looks for garbage at its end, which takes it half a second where
    # TensorFlow is; the system takes everything back.
    atexit.register(gc.freeze)
    define_help_flags()
    for name in _HELP_FLAGS:
        flag = flags.FLAGS[name]
        flag.parse = functools.partial(_show_help, flag.parse)
    try:
        arguments = [*installed.expand_flag_files(sys.argv[1:])]
    except errors.InputError as error:
        sys.exit(errors.line(error))
    run_absl(
        functools.partial(_guarded, main),
        [sys.argv[0], *arguments],
        flags_parser=_parsed,
    )


def _parsed(argv):
    """What the flags leave of argv; absl's errors, of several lines, in one."""
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        message = str(error)
    wanted = _WANTED.findall(message)
    lines = [
        errors.printable(line).strip(" .") for line in message.splitlines()
    ]
    if len(wanted) == len(lines):
        sys.exit(f"error: {' and '.join(wanted)} must be given; see --help")
    sys.exit(f"error: {'; '.join(lines)}; --help shows all flags")


def refuse_arguments(argv: list[str]):
    """Raises InputError where words follow the flags.

    absl takes `stage=2` (dashes forgotten, in a flag file too) for a
    positional argument and would go on without it.
    """
    if len(argv) > 1:
        raise errors.InputError(
            f"stray words {argv[1:]}: flags are written --name=value, on the "
            "command line and in flag files"
        )


def given_flags() -> list[str]:
    """The program's flags that are not at their defaults, as --name=value."""
    return [
        flag.serialize()
        for flag in flags.FLAGS.get_key_flags_for_module(sys.argv[0])
        if flag.value != flag.default
    ]


def _show_help(parse, argument):
    """Parses a help flag; absl ends the program with 1 after the help."""
    try:
        parse(argument)
    except SystemExit:
        sys.exit(0)


def _guarded(main, argv):
    signal.signal(signal.SIGTERM, _stop)
    # Shells have programs behind `&` ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    sys.unraisablehook = _raise_later
    # Names of files need not be Unicode, and terminals cannot show all of it.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        path_flags.expand(flags.FLAGS)
        return main(argv)
    except (errors.InputError, OSError) as error:
        sys.exit(errors.line(error))
    except Exception as error:
        if _cannot_write(error):
            reason = error.message.partition("\n")[0]
            sys.exit(f"error: {reason}; free some space, or write elsewhere")
        if not _is_of_records(error):
            raise
        sys.exit(
            f"error: a record file of --data_dir is damaged or gone "
            f"({error.message.splitlines()[0]}); rebuild it with data_prep"
        )
    finally:
        # What is left is Python's own end, which a signal cuts short.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # TensorFlow makes errors of its own of an exception that reaches it
        # while it traces a graph.
        if _signals:
            sys.exit(128 + _signals[0])


def _stop(number, frame=None):
    """Ends by an exception, so that temporary files are deleted."""
    _signals.append(number)
    print(f"stopped by {signal.Signals(number).name}", file=sys.stderr)
    sys.exit(128 + number)


def _raise_later(unraisable):
    """Ends the program after a signal that came during a callback.

    Python drops an exception that is raised while it collects garbage; the
    program would go on as if no signal had come.
    """
    error = unraisable.exc_value
    if not isinstance(error, SystemExit):
        sys.__unraisablehook__(unraisable)
        return

    def raise_again(number, frame):
        raise error

    signal.signal(signal.SIGALRM, raise_again)
    signal.setitimer(signal.ITIMER_REAL, _SOON)


def _cannot_write(error):
    """Whether TensorFlow, which has errors of its own, cannot write a file."""
    tensorflow = sys.modules.get("tensorflow")
    if not tensorflow or not isinstance(error, tensorflow.errors.OpError):
        return False
    reasons = errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES
    return any(os.strerror(reason) in error.message for reason in reasons)


def _is_of_records(error):
    # Builders do without TensorFlow, which takes seconds to load.
    tensorflow = sys.modules.get("tensorflow")
    if not tensorflow:
        return False
    if isinstance(error, tensorflow.errors.NotFoundError):
        return ".tfrecord" in error.message
    # Of other files it is caught where they are read.
    return isinstance(error, tensorflow.errors.DataLossError)
