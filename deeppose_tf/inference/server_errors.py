"""What is said when a server does not answer as it should."""

import textwrap

from deeppose_tf import errors

_PORTS = "usually 8500 for --protocol=grpc, 8501 for --protocol=rest"


class ServerError(OSError):
    """Every photo would fail alike, so the program ends."""


def unreachable(server: str, why: str) -> ServerError:
    """Nothing answers at all."""
    return ServerError(
        f"--server={server}: no answer ({one_line(why)}); the server may not "
        f"be running, or have other ports ({_PORTS})"
    )


def other_protocol(server: str, protocol: str, why: str) -> ServerError:
    """Something answers, but not in the protocol."""
    return ServerError(
        f"--server={server}: no {protocol} there ({one_line(why)}); "
        f"TensorFlow Serving has several ports ({_PORTS})"
    )


def busy(server: str, words: str) -> ServerError:
    """The server says so itself, after all retries."""
    return ServerError(
        f"--server={server}: not ready ({one_line(words)}); try later, or "
        "with more --retries"
    )


def no_model(model: str, words: str) -> ServerError:
    """The server does not know it, or does not know it yet."""
    return ServerError(
        f"--model={model}: the server has none of that name, or still loads "
        f"it ({one_line(words)})"
    )


def other_model(model: str, outputs) -> ServerError:
    """The model is none of ours."""
    return ServerError(
        f"--model={model}: it answers {sorted(outputs)}, want joints and "
        "scores; serve an export of deeppose_tf.export"
    )


def late(timeout: float) -> errors.InputError:
    """No answer in time, which another photo may well get."""
    return errors.InputError(
        f"no answer within --timeout={timeout:g} seconds; raise it, or send "
        "smaller photos"
    )


def refused(words: str) -> errors.InputError:
    """The server found fault with one request."""
    return errors.InputError(f"the server refuses it: {one_line(words)}")


def one_line(words: str) -> str:
    """The server's own words, which may be long."""
    return textwrap.shorten(words, 300, placeholder=" ...")
