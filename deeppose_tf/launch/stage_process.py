"""A stage is trained in a process of its own, as a user would train it."""

import signal
import subprocess
import sys

_SENT_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def train(arguments: list[str]):
    """Runs `python -m deeppose_tf.train`; signals are sent on to it.

    Args:
        arguments: of the program.

    Raises:
        SystemExit: it has failed, with its exit status; or a signal has come,
            after which it has saved its state.
    """
    stage = _Stage()
    before = {
        number: signal.signal(number, stage.send)
        for number in _SENT_ON
        # Shells have programs behind `&` ignore Ctrl-C.
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        status = stage.run(arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if stage.signals:
        sys.exit(128 + stage.signals[0])
    if status < 0:
        name = signal.Signals(-status).name
        print(
            f"error: the training was ended by {name}; run the same command to "
            "go on from its last checkpoint",
            file=sys.stderr,
        )
        sys.exit(128 - status)
    if status:
        sys.exit(status)  # It has said why.


class _Stage:
    """The process, and the signals that came."""

    def __init__(self):
        self.signals = []
        self._early, self._process = [], None

    def run(self, arguments):
        # In a session of its own: a terminal sends Ctrl-C to all programs in
        # its foreground, and a second signal would end the training at once.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deeppose_tf.train", *arguments],
            start_new_session=True,
        )
        for number in self._early:
            self._process.send_signal(number)
        return self._process.wait()

    def send(self, number, frame):
        self.signals.append(number)
        if self._process is None:
            self._early.append(number)
        else:
            self._process.send_signal(number)
