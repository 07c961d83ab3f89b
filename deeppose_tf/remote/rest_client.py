"""Asks TensorFlow Serving over REST. It needs no TensorFlow."""

import base64
import json
import time
import urllib.parse

import numpy as np

from deeppose_tf.remote import answers
from deeppose_tf.remote import bounded_http
from deeppose_tf.remote import proxies
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface

# The first retry comes at once, the next after 0.4 s, 0.8 s...
_BACKOFF_SECONDS = 0.2
_NOT_READY = (429, 502, 503)
_REDIRECTS = range(300, 400)


class Client:
    """A connection to a server."""

    def __init__(self, server: str, timeout: float, retries: int):
        """Connects with the first request.

        Args:
            server: host:port.
            timeout: seconds for one try, until all of its answer is there.
            retries: further tries where a connection fails or breaks, or where
                the server says that it is not ready.
        """
        self._server, self._timeout, self._retries = server, timeout, retries
        self._url = f"http://{server}/v1/models"
        self._connection = bounded_http.Connection(
            self._url, timeout, answers.MOST_BYTES
        )
        self._proxy = proxies.hint(self._connection.proxy, server)

    def close(self):
        """Ends the connection."""
        self._connection.close()

    def ask(
        self, model: server_errors.Model, inputs: dict
    ) -> dict[str, np.ndarray]:
        """What a model answers.

        Args:
            model: asked with its default signature.
            inputs: by name, a list of bytes or an array of numbers.

        Returns:
            The outputs that `model` names, float32 of any shape; all values
            are finite.

        Raises:
            InputError: the server rejects this request, or is late.
            ServerError: the server would answer no other request either.
        """
        name = urllib.parse.quote(model.name, safe="")
        request = {
            "signature_name": interface.IMAGE_BYTES,
            "inputs": {key: _to_json(value) for key, value in inputs.items()},
        }
        body = json.dumps(request).encode()
        answer = self._answered(f"{self._url}/{name}:predict", body)
        outputs = self._outputs(model, answer)
        if not isinstance(outputs, dict):  # A model with a single output.
            raise server_errors.wrong_model(model, [])
        if not set(model.outputs) <= set(outputs):
            raise server_errors.wrong_model(model, outputs)
        return {
            key: answers.from_json(model, key, outputs[key])
            for key in model.wanted(outputs)
        }

    def _answered(self, url, body):
        """The answer to a request, after as many tries as it takes."""
        for number in range(self._retries + 1):
            if number > 1:
                time.sleep(_BACKOFF_SECONDS * 2 ** (number - 1))
            is_last = number == self._retries
            try:
                answer = self._connection.post(url, body)
            except bounded_http.BrokenError as error:
                if is_last:
                    raise self._broken(error) from error
            # The server still computes; asking again would double its work.
            except bounded_http.LateError as error:
                raise server_errors.late(self._timeout) from error
            except bounded_http.TooLargeError as error:
                raise server_errors.too_large(
                    self._server, answers.MOST_BYTES
                ) from error
            else:
                if is_last or answer.status not in _NOT_READY:
                    return answer

    def _broken(self, error):
        if error.connected:
            return server_errors.wrong_protocol(
                self._server, "REST", str(error), self._proxy
            )
        return server_errors.unreachable(self._server, str(error), self._proxy)

    def _outputs(self, model, answer):
        if answer.status in _REDIRECTS:
            raise server_errors.redirected(
                self._server, answer.status, answer.headers.get("Location", "")
            )
        values = _parsed(answer.body)
        message = values.get("error") if isinstance(values, dict) else None
        if answer.status == 504:
            raise server_errors.late(self._timeout)
        if answer.status in _NOT_READY:
            raise server_errors.not_ready(
                self._server, message or answer.reason, self._proxy
            )
        is_error = isinstance(message, str) and answer.status >= 400
        if not is_error and (answer.status != 200 or values is None):
            kind = answer.headers.get("Content-Type", "of no type")
            raise server_errors.wrong_protocol(
                self._server,
                "REST",
                f"HTTP {answer.status}, {kind}"
                + ", no JSON" * (values is None),
                self._proxy,
            )
        if answer.status == 404:
            raise server_errors.unknown_model(model, message)
        if is_error:
            raise server_errors.rejected(message)
        return values.get("outputs", {}) if isinstance(values, dict) else None


def _to_json(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [{"b64": base64.b64encode(each).decode()} for each in value]


def _parsed(body):
    """The value of JSON; None where it is none, or nested without an end."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
