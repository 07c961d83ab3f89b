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
_PASSING = (429, 502, 503)


class Client:
    """A connection to one model of a server."""

    def __init__(self, server: str, model: str, timeout: float, retries: int):
        """Connects with the first question.

        Args:
            server: host:port.
            model: its name on the server.
            timeout: seconds for one try.
            retries: further tries when there is no connection, or when the
                server says that it is not ready.
        """
        self._server, self._model, self._timeout = server, model, timeout
        name = urllib.parse.quote(model, safe="")
        self._url = f"http://{server}/v1/models/{name}:predict"
        self._session = requests.Session()
        # It warns of each retry; what comes of them all is said below.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        policy = _Retry(
            total=retries,
            backoff_factor=_BACKOFF_SECONDS,
            status_forcelist=_PASSING,
            allowed_methods=["POST"],
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._session.mount("http://", adapters.HTTPAdapter(max_retries=policy))

    def close(self):
        """Ends the connection."""
        self._session.close()

    def ask(self, encoded: bytes, box: np.ndarray):
        """The people of one picture.

        Args:
            encoded: JPEG or PNG.
            box: float32 [people, 4], pixels; w or h of 0: the whole image.

        Returns:
            joints: float32 [people, joints, 2], pixels; scores: float32
            [people, joints].

        Raises:
            InputError: this picture's fault.
            ServerError: any other's too.
        """
        image = {"b64": base64.b64encode(encoded).decode()}
        request = {
            "signature_name": interface.IMAGE_BYTES,
            "inputs": {"image_bytes": [image] * len(box), "box": box.tolist()},
        }
        outputs = self._outputs(self._post(request))
        if not {interface.JOINTS, interface.SCORES} <= set(outputs):
            raise server_errors.other_model(self._model, outputs)
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
            raise self._meaning(_reason(error)) from error

    def _meaning(self, reason):
        if isinstance(reason, urllib3.exceptions.ReadTimeoutError):
            return server_errors.late(self._timeout)
        # A connection, but what came was no HTTP, or nothing.
        if isinstance(reason, urllib3.exceptions.ProtocolError):
            kind = type(reason.args[-1]).__name__
            return server_errors.other_protocol(self._server, "REST", kind)
        # Without "HTTPConnection(...): ", which names the server again.
        words = str(reason).rpartition(": ")[2]
        return server_errors.unreachable(self._server, words)

    def _outputs(self, response):
        try:
            values = response.json()
            words = values.get("error", response.reason)
        except (ValueError, AttributeError) as error:
            raise server_errors.other_protocol(
                self._server, "REST", f"HTTP {response.status_code}, no JSON"
            ) from error
        if response.status_code == 404:
            raise server_errors.no_model(self._model, words)
        if response.status_code == 504:
            raise server_errors.late(self._timeout)
        if response.status_code in _PASSING:
            raise server_errors.busy(self._server, words)
        if not response.ok:
            raise server_errors.refused(words)
        return values.get("outputs", {})


class _Retry(urllib3.Retry):
    """Asks again, but not where the server is still at work on the answer."""

    def increment(self, *args, error=None, **more):
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            raise error
        return super().increment(*args, error=error, **more)


def _reason(error):
    """What lies under the exceptions of requests and urllib3."""
    inner = error.args[0] if error.args else error
    return getattr(inner, "reason", inner)
