"""Jobs of several worker processes on the loopback."""

import contextlib
import json
import os
import socket
import subprocess
import sys

from tests import launcher
from tests import tiny

_SECONDS = 300


def train(run_dir, records_dir, *more):
    """Starts deeppose_tf.train in two workers; see `tiny.train`."""
    return start(
        "deeppose_tf.train",
        f"--data_dir={records_dir}",
        f"--run_dir={run_dir}",
        f"--export_dir={run_dir.parent / 'exported'}",
        *tiny.TINY,
        *more,
    )


def start(module, *arguments, workers=2):
    """The processes of a job, the chief first."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    return [
        subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=launcher.ROOT,
            env={**os.environ, **_config(addresses, index)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(workers)
    ]


def ended(processes):
    """What each process printed on stderr, and its exit status."""
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        return [
            (process.communicate(timeout=_SECONDS)[1], process.returncode)
            for process in processes
        ]


def finished(processes):
    """Waits; all must succeed."""
    for said, status in ended(processes):
        assert status == 0, said


def _config(addresses, index):
    cluster = {"worker": addresses}
    task = {"type": "worker", "index": index}
    # A core for each.
    return {
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": task}),
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }


def free_ports(count):
    """Ports of the loopback, all of them different."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        return [server.getsockname()[1] for server in servers]
