"""Bad input ends a program in one line, not in a traceback."""

import functools
import signal
import sys


class InputError(ValueError):
    """A file or flag is wrong; the message names it and the way out."""


def one_line(main):
    """Wraps a program's main: bad input becomes one line and exit status 1.

    An OSError (no permission, disk full) names its file, so it is one line
    too; so is a record file that was damaged after it was written. A program
    that is told to end (Ctrl-C, `docker stop`) leaves nothing half-written.
    """

    @functools.wraps(main)
    def guarded(argv):
        signal.signal(signal.SIGTERM, _end)
        try:
            return main(argv)
        except KeyboardInterrupt:
            _end(signal.SIGINT)
        except (InputError, OSError) as error:
            sys.exit(f"error: {error}")
        except Exception as error:
            if not _is_data_loss(error):
                raise
            sys.exit(
                f"error: a record file of --data_dir is damaged "
                f"({error.message.splitlines()[0]}); rebuild it with data_prep"
            )

    return guarded


def _end(number, frame=None):
    """Ends by an exception, so that what is written aside goes away."""
    print(f"stopped by {signal.Signals(number).name}", file=sys.stderr)
    sys.exit(128 + number)


def _is_data_loss(error):
    # Builders do without TensorFlow, which takes seconds to load.
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow and isinstance(error, tensorflow.errors.DataLossError)


def refuse_arguments(argv: list[str]):
    """Raises InputError where words follow the flags.

    absl takes `stage=2` (dashes forgotten, in a flag file too) for a
    positional argument and would go on without it.
    """
    if len(argv) > 1:
        raise InputError(
            f"stray words {argv[1:]}: flags are written --name=value, on the "
            "command line and in flag files"
        )
