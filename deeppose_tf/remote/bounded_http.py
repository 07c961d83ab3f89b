"""HTTP requests whose answers end: at a deadline, and at a size.

The timeouts of requests and urllib3 are for each read, so a server that sends
a byte now and then is never late for them. They follow redirects, and read all
of an answer, however long it is.
"""

import contextlib
import dataclasses
import math
import socket
import time
from collections.abc import Mapping

import requests
import urllib3
from requests import adapters


class LateError(Exception):
    """The deadline came before the end of the answer."""


class TooLargeError(Exception):
    """The answer is larger than allowed."""


class BrokenError(Exception):
    """No connection, or one that did not bring a whole answer.

    Attributes:
        connected: whether there was a connection.
    """

    def __init__(self, message: str, connected: bool):
        """Keeps what happened."""
        super().__init__(message)
        self.connected = connected


@dataclasses.dataclass(frozen=True)
class Answer:
    """Of a server: the body as it was sent, even if it says it is packed."""

    status: int
    reason: str
    headers: Mapping[str, str]  # Of any case.
    body: bytes


class Connection:
    """To one URL; kept open from request to request."""

    def __init__(self, url: str, timeout: float, most_bytes: int):
        """Connects with the first request.

        Args:
            url: http://...
            timeout: seconds for a whole request and its whole answer.
            most_bytes: of an answer.
        """
        self._timeout, self._most_bytes = timeout, most_bytes
        self._adapter = _Adapter(max_retries=0)
        # requests knows networks in no_proxy (10.0.0.0/8), too.
        self._proxies = requests.utils.get_environ_proxies(url)
        self.proxy = requests.utils.select_proxy(url, self._proxies)

    def close(self):
        """Ends the connection."""
        self._adapter.close()

    def post(self, url: str, body: bytes) -> Answer:
        """Sends JSON; the answer to exactly this request, no redirect's.

        Raises:
            LateError: there is no whole answer within the timeout.
            TooLargeError: it is too large.
            BrokenError: there is none.
        """
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        try:
            # Below requests.Session, which reads the answers of redirects.
            request = requests.Request("POST", url, headers, data=body)
            response = self._adapter.send(
                request.prepare(),
                stream=True,
                timeout=self._timeout,
                proxies=self._proxies,
            )
            with contextlib.closing(response):
                return self._read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as e:
            raise _translated(_cause(e)) from e

    def _read(self, response):
        # One byte more than allowed is enough to know.
        body = response.raw.read(self._most_bytes + 1, decode_content=False)
        if len(body) > self._most_bytes:
            raise TooLargeError
        if response.raw.length_remaining:
            raise BrokenError("the answer is cut off", connected=True)
        return Answer(
            response.status_code, response.reason, response.headers, body
        )


def _cause(error):
    """The error of urllib3 inside one of requests, perhaps in MaxRetryError."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return inner if isinstance(inner, Exception) else error


def _translated(error):
    """Our own error in place of one of urllib3."""
    within = error.args[-1] if error.args else None
    if isinstance(error, urllib3.exceptions.ReadTimeoutError) or isinstance(
        within, TimeoutError
    ):
        return LateError()
    # Connected, but the answer was not HTTP, or was cut off.
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return BrokenError(type(within).__name__, connected=True)
    # Without "HTTPConnection(...): ", which names the server again.
    return BrokenError(str(error).rpartition(": ")[2], connected=False)


class _Socket(socket.socket):
    """A connection that is given up at a deadline, however it drips."""

    deadline = math.inf

    def recv_into(self, *args):
        self._hurry()
        return super().recv_into(*args)

    def sendall(self, *args):
        self._hurry()
        return super().sendall(*args)

    def _hurry(self):
        left = self.deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError("timed out")
        self.settimeout(left)


class _HTTPConnection(urllib3.connection.HTTPConnection):
    """Its timeout is for a request and all of its answer."""

    _deadline = math.inf

    def connect(self):
        super().connect()
        plain = self.sock
        self.sock = _Socket(
            plain.family, plain.type, plain.proto, plain.detach()
        )
        self.sock.deadline = self._deadline

    def request(self, *args, **options):
        self._deadline = time.monotonic() + self.timeout
        if self.sock:  # Of the request before.
            self.sock.deadline = self._deadline
        super().request(*args, **options)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _Adapter(adapters.HTTPAdapter):
    """Has such connections, to a server and to an HTTP proxy."""

    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, **options)
        _bound(self.poolmanager)

    def proxy_manager_for(self, *args, **options):
        manager = super().proxy_manager_for(*args, **options)
        if isinstance(manager, urllib3.ProxyManager):  # None of SOCKS.
            _bound(manager)
        return manager


def _bound(manager):
    classes = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = classes | {"http": _Pool}
