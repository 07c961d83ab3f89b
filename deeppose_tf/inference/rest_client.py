"""Asks TensorFlow Serving over REST."""

import base64
import logging
import urllib.parse

import numpy as np
import requests
import urllib3
from requests import adapters

from deeppose_tf.inference import server_errors
from deeppose_tf.serving import interface

# The first retry comes at once, the next after 0.4 s, 0.8 s...
_BACKOFF_SECONDS = 0.2
_NOT_READY = (429, 502, 503)


class Client:
    """A connection to one model of a server."""

    def __init__(self, server: str, model: str, timeout: float, retries: int):
        """Connects with the first request.

        Args:
            server: host:port.
            model: its name on the server.
            timeout: seconds for one try.
            retries: further tries where a connection fails or breaks, or where
                the server says that it is not ready.
        """
        self._server, self._model, self._timeout = server, model, timeout
        name = urllib.parse.quote(model, safe="")
        self._url = f"http://{server}/v1/models/{name}:predict"
        self._session = requests.Session()
        # It warns of each retry; we report only the last.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        policy = _Retry(
            total=retries,
            backoff_factor=_BACKOFF_SECONDS,
            status_forcelist=_NOT_READY,
            allowed_methods=["POST"],
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._session.mount("http://", adapters.HTTPAdapter(max_retries=policy))

    def close(self):
        """Ends the connection."""
        self._session.close()

    def ask(self, encoded: bytes, box: np.ndarray):
        """Joints and scores of the people of one picture.

        Args:
            encoded: JPEG or PNG.
            box: float32 [people, 4], pixels; w or h of 0: the whole image.

        Returns:
            float32 [people, joints, 2], pixels, and float32 [people, joints].

        Raises:
            InputError: the server rejects this picture, or is late.
            ServerError: the server would answer no other picture either.
        """
        image = {"b64": base64.b64encode(encoded).decode()}
        request = {
            "signature_name": interface.IMAGE_BYTES,
            "inputs": {"image_bytes": [image] * len(box), "box": box.tolist()},
        }
        outputs = self._outputs(self._post(request))
        if not {interface.JOINTS, interface.SCORES} <= set(outputs):
            raise server_errors.wrong_model(self._model, outputs)
        return tuple(
            np.asarray(outputs[name], np.float32)
            for name in (interface.JOINTS, interface.SCORES)
        )

    def _post(self, request):
        try:
            return self._session.post(
                self._url, json=request, timeout=self._timeout
            )
        except requests.RequestException as error:
            raise self._translate(_cause(error)) from error

    def _translate(self, error):
        """Our own error in place of one of urllib3."""
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            return server_errors.late(self._timeout)
        # Connected, but the answer was not HTTP, or was cut off.
        if isinstance(error, urllib3.exceptions.ProtocolError):
            kind = type(error.args[-1]).__name__
            return server_errors.wrong_protocol(self._server, "REST", kind)
        # Without "HTTPConnection(...): ", which names the server again.
        message = str(error).rpartition(": ")[2]
        return server_errors.unreachable(self._server, message)

    def _outputs(self, response):
        try:
            values = response.json()
            message = values.get("error", response.reason)
        except (ValueError, AttributeError) as error:
            raise server_errors.wrong_protocol(
                self._server, "REST", f"HTTP {response.status_code}, no JSON"
            ) from error
        if response.status_code == 404:
            raise server_errors.unknown_model(self._model, message)
        if response.status_code == 504:
            raise server_errors.late(self._timeout)
        if response.status_code in _NOT_READY:
            raise server_errors.not_ready(self._server, message)
        if not response.ok:
            raise server_errors.rejected(message)
        return values.get("outputs", {})


class _Retry(urllib3.Retry):
    """Does not retry after a read timeout: the server still computes.

    `Retry(read=False)` would not retry after a broken connection either, as
    when the server restarts.
    """

    def increment(self, *args, error=None, **more):
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(*args, error=error, **more)


def _cause(error):
    """The error of urllib3 inside one of requests, perhaps in MaxRetryError."""
    inner = error.args[0] if error.args else error
    return getattr(inner, "reason", inner)
