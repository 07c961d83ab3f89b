"""Errors of a model server, with messages that say what to do."""

import textwrap

from deeppose_tf import errors

_PORTS = "usually 8500 for --protocol=grpc, 8501 for --protocol=rest"


class ServerError(OSError):
    """Every photo would fail alike, so the program ends."""


def unreachable(server: str, message: str) -> ServerError:
    """There is no connection."""
    return ServerError(
        f"--server={server}: no answer ({_one_line(message)}); the server may "
        f"not be running, or have other ports ({_PORTS})"
    )


def wrong_protocol(server: str, protocol: str, message: str) -> ServerError:
    """There is a connection, but the answer is not in the protocol."""
    return ServerError(
        f"--server={server}: no {protocol} there ({_one_line(message)}); "
        f"TensorFlow Serving has several ports ({_PORTS})"
    )


def not_ready(server: str, message: str) -> ServerError:
    """The server says so in its last answer, after all retries."""
    return ServerError(
        f"--server={server}: not ready ({_one_line(message)}); try later, or "
        "with more --retries"
    )


def unknown_model(model: str, message: str) -> ServerError:
    """The server has no model of the name, or has not loaded it yet."""
    return ServerError(
        f"--model={model}: the server has no model of this name, or is still "
        f"loading it ({_one_line(message)})"
    )


def wrong_model(model: str, outputs) -> ServerError:
    """The model was not exported by this package."""
    return ServerError(
        f"--model={model}: its outputs are {sorted(outputs)}, want joints and "
        "scores; serve an export of deeppose_tf.export"
    )


def late(timeout: float) -> errors.InputError:
    """No answer within the timeout; other photos may get theirs."""
    return errors.InputError(
        f"no answer within --timeout={timeout:g} seconds; raise it, or send "
        "smaller photos"
    )


def rejected(message: str) -> errors.InputError:
    """The server rejects one request."""
    return errors.InputError(
        f"the server rejects the request: {_one_line(message)}"
    )


def _one_line(message):
    """A server's message, which may be long."""
    return textwrap.shorten(message, 300, placeholder=" ...")
