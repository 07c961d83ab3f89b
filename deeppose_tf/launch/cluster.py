"""The worker processes of a training, as TF_CONFIG names them.

TensorFlow defines the variable: the addresses of all processes, the same for
each, and which of them a process is.
"""

import dataclasses
import json
import os
import re
import socket

from deeppose_tf import errors

VARIABLE = "TF_CONFIG"
# TensorFlow's order: where there is a chief, it is the first.
_KINDS = ("chief", "worker")
_ADDRESS = re.compile(r".+:\d{1,5}")
_LIKE = (
    '{"cluster": {"worker": ["host0:12345", "host1:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers of a training, and which of them this process is.

    Attributes:
        addresses: of all workers, as host:port; empty without TF_CONFIG.
        index: of this process among them; 0 is the chief.
    """

    addresses: tuple[str, ...] = ()
    index: int = 0

    @property
    def workers(self) -> int:
        """How many processes train together."""
        return max(1, len(self.addresses))

    @property
    def address(self) -> str:
        """Of this process, host:port."""
        return self.addresses[self.index]


def from_environment() -> Cluster:
    """What TF_CONFIG says; one process where it is not set.

    Raises:
        InputError: it cannot be understood.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return Cluster()
    try:
        config = json.loads(text)
        members = {k: list(v) for k, v in config["cluster"].items() if v}
        kind, index = config["task"]["type"], int(config["task"]["index"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _wrong(f"is not understood ({error})") from error
    if unknown := sorted(members.keys() - set(_KINDS)):
        raise _wrong(f"names {unknown[0]} tasks, of which there are none here")
    if kind not in members or not 0 <= index < len(members[kind]):
        raise _wrong(f"task {kind} {index} is not in its cluster")
    before = len(members.get("chief", [])) if kind == "worker" else 0
    addresses = [str(a) for known in _KINDS for a in members.get(known, [])]
    if len(set(addresses)) < len(addresses):
        raise _wrong("names an address twice")
    if odd := [a for a in addresses if not _ADDRESS.fullmatch(a)]:
        raise _wrong(f"has the address {odd[0]!r}, want host:port")
    return Cluster(tuple(addresses), before + index)


def check_port(port: int, named: str):
    """Raises InputError where another process listens already; see `listen`.

    TensorFlow's servers would share the port, and each get some of the calls.
    """
    listen(port, named).close()


def listen(port: int, named: str) -> socket.socket:
    """A server at all addresses of this machine, as TensorFlow's are.

    Args:
        port: 0 for any that is free.
        named: by which flag or variable, for the message.

    Raises:
        InputError: another process listens there already.
    """
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(
            ("", port), family=family, dualstack_ipv6=both
        )
    except OSError as error:
        raise errors.InputError(
            f"{named}: the port cannot be used ({error.strerror}); name another"
        ) from error


def _wrong(reason):
    return errors.InputError(f"{VARIABLE} {reason}; set it like {_LIKE}")
