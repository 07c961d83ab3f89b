"""Errors of a model server, with messages that say what to do.

A server's own words are made one short line of printable characters first:
they may hold codes that a terminal obeys.
"""

import dataclasses
from collections.abc import Collection

from deeppose_tf import errors

_PORTS = "usually 8500 for --protocol=grpc, 8501 for --protocol=rest"
_LONGEST = 300  # Characters.


class ServerError(OSError):
    """Every photo would fail alike, so the program ends."""


class RejectedError(errors.InputError):
    """The server rejects one request, perhaps for another one's photo."""


@dataclasses.dataclass(frozen=True)
class Model:
    """What is asked of a server.

    Attributes:
        flag: "model" or "finder", of the program.
        name: on the server.
        outputs: those that are needed.
        hint: what to serve.
        optional: further outputs, which exports of earlier versions lack.
    """

    flag: str
    name: str
    outputs: tuple[str, ...]
    hint: str
    optional: tuple[str, ...] = ()

    def wanted(self, outputs: Collection[str]) -> list[str]:
        """The outputs to read, of those that were answered."""
        more = [name for name in self.optional if name in outputs]
        return [*self.outputs, *more]

    def __str__(self):
        """As on the command line."""
        return f"--{self.flag}={self.name}"


def unreachable(server: str, message: str, proxy: str = "") -> ServerError:
    """There is no connection; `proxy` is of `environment.proxy_hint`."""
    return ServerError(
        f"--server={server}: no answer ({one_line(message)}); the server may "
        f"not be running, or have other ports ({_PORTS}){proxy}"
    )


def wrong_protocol(
    server: str, protocol: str, message: str, proxy: str = ""
) -> ServerError:
    """There is a connection, but the answer is not in the protocol."""
    return ServerError(
        f"--server={server}: no {protocol} there ({one_line(message)}); "
        f"TensorFlow Serving has several ports ({_PORTS}){proxy}"
    )


def not_ready(server: str, message: str, proxy: str = "") -> ServerError:
    """The server says so in its last answer, after all retries."""
    return ServerError(
        f"--server={server}: not ready ({one_line(message)}); try later, or "
        f"with more --retries{proxy}"
    )


def redirected(server: str, status: int, location: str) -> ServerError:
    """The server names another one, which nobody has said to trust."""
    return ServerError(
        f"--server={server}: redirects to {one_line(location) or 'nowhere'} "
        f"(HTTP {status}); no photo is sent there: if it is the server that "
        "you mean, name it"
    )


def too_large(server: str, most: int) -> ServerError:
    """No answer of a cascade is so large."""
    return ServerError(
        f"--server={server}: its answer is larger than {most >> 20} MiB, so it "
        "is none with poses; is it TensorFlow Serving?"
    )


def unknown_model(model: Model, message: str) -> ServerError:
    """The server has no model of the name, or has not loaded it yet."""
    return ServerError(
        f"{model}: the server has no model of this name, or is still loading "
        f"it ({one_line(message)}); {model.hint}"
    )


def wrong_model(model: Model, outputs) -> ServerError:
    """The model was not exported by this package."""
    named = one_line(str(sorted(outputs)))
    return ServerError(
        f"{model}: its outputs are {named}, want "
        f"{' and '.join(model.outputs)}; {model.hint}"
    )


def wrong_values(model: Model, fault: str) -> ServerError:
    """Outputs have the right names, but cannot be what they should be."""
    return ServerError(f"{model}: {one_line(fault)}; {model.hint}")


def not_finite(model: Model, name: str) -> errors.InputError:
    """NaN or infinity in an output; other photos may get sound ones."""
    return errors.InputError(
        f"{model}: {name} of this photo are not all finite (NaN or infinity)"
    )


def late(timeout: float) -> errors.InputError:
    """No whole answer within the timeout; other photos may get theirs."""
    return errors.InputError(
        f"no answer within --timeout={timeout:g} seconds; raise it, or send "
        "smaller photos"
    )


def rejected(message: str) -> RejectedError:
    """The server rejects one request."""
    return RejectedError(f"the server rejects the request: {one_line(message)}")


def one_line(message) -> str:
    """A server's message: shortened, on one line, without control codes."""
    # Much longer ones are cut first, in case they are endless.
    words = " ".join(str(message)[: 10 * _LONGEST].split())
    printable = errors.printable(words)
    if len(printable) > _LONGEST:
        printable = f"{printable[:_LONGEST]} ..."
    return printable
