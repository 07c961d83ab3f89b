"""A process that has imported the libraries, and forks for each program.

Started by tests/launcher.py: it reads a line of JSON for each program from
standard input, and writes lines of JSON to standard output. It runs no
TensorFlow op, so that it has one thread and a fork of it is a whole process.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import signal
import sys
import threading
import traceback

_LIBRARIES = (
    "keras",
    "matplotlib.backends.backend_agg",
    "numpy",
    "scipy.io",
    "scipy.optimize",
    "tensorboard.plugins.hparams.api",
    "tensorflow",
)
# Their modules need no optional package, and define no flags.
_PACKAGES = (
    "data_prep.sources",
    "deeppose_tf.data",
    "deeppose_tf.evaluation",
    "deeppose_tf.geometry",
    "deeppose_tf.models",
    "deeppose_tf.reports",
    "deeppose_tf.runs",
    "deeppose_tf.serving",
    "deeppose_tf.training",
    "deeppose_tf.visualization",
)


def main():
    """Serves; in a fork, runs the program as `python -m` does."""
    replies = os.dup(1)
    os.dup2(2, 1)
    _import_all()
    # What is there now stays: no fork searches or copies it.
    gc.collect()
    gc.freeze()
    _say(replies, "ready", True)
    request = _forked(replies)
    if request is None:
        return
    _become(request)
    _say(replies, "pid", os.getpid())
    os.close(replies)
    _end(_status_of(request))


def _import_all():
    from absl import flags

    from deeppose_tf.launch import startup

    # As programs do, so that forks say no more than these.
    startup.setup()

    for name in _LIBRARIES:
        importlib.import_module(name)
    known = set(flags.FLAGS)
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    more = set(flags.FLAGS) - known
    if more:
        sys.exit(f"{more} are flags of a library: every program has them now")


def _forked(replies):
    """The request in the process that is to answer it; None at the end."""
    for line in iter(sys.stdin.buffer.readline, b""):
        _want_one_thread()
        pid = os.fork()
        if pid == 0:
            return json.loads(line)
        _, status, usage = os.wait4(pid, 0)
        _say(
            replies,
            "ended",
            {
                "returncode": os.waitstatus_to_exitcode(status),
                "seconds": usage.ru_utime + usage.ru_stime,
            },
        )
    return None


def _want_one_thread():
    threads = "/proc/self/task"
    if os.path.isdir(threads) and len(os.listdir(threads)) > 1:
        sys.exit("the zygote has threads, which a fork of it would lack")


def _become(request):
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for descriptor, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY),
        (2, request["stderr"], os.O_WRONLY),
    ):
        opened = os.open(path, how)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = [request["module"] or "-c", *request["arguments"]]
    sys.path[0] = request["cwd"]
    # A fresh process draws numbers of its own.
    random.seed()
    sys.modules["numpy"].random.seed()


def _status_of(request):
    """Runs the program; its exit status, as the interpreter finds it."""
    try:
        if request["code"] is None:
            runpy.run_module(
                request["module"], run_name="__main__", alter_sys=True
            )
        else:
            code = compile(request["code"], "<string>", "exec")
            exec(code, {"__name__": "__main__"})
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _end(status):
    """What the interpreter does at its end, but for taking itself apart.

    That takes a second with TensorFlow in it, of no use to anybody.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status & 0xFF)


def _say(replies, key, value):
    os.write(replies, json.dumps({key: value}).encode() + b"\n")


if __name__ == "__main__":
    main()
