"""Servers that answer in bad ways, byte by byte."""

import contextlib
import json
import socketserver
import threading

import numpy as np

# A sound answer for one person, and one of a finder.
POSE = {
    "joints": np.ones((1, 14, 2)).tolist(),
    "scores": np.full((1, 14), 0.5).tolist(),
}
PEOPLE = {"box": [[[50, 60, 20, 40]]], "score": [[0.9]]}


@contextlib.contextmanager
def answering(*parts, forever=None, pause=0.0):
    """Yields the host:port of a server, and the list of requests that it got.

    Args:
        *parts: bytes, sent one after the other; then the connection ends.
        forever: bytes that are sent until the client has enough, or ought to.
        pause: seconds before each of them.
    """
    requests = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            with contextlib.suppress(ConnectionError, TimeoutError):
                requests.append(_request(self.rfile))
                for part in parts:
                    self.wfile.write(part)
                # Far more than a client should take, so that no test hangs.
                for _ in range(1000 if forever else 0):
                    if stopping.wait(pause):
                        break
                    self.wfile.write(forever)

    stopping = threading.Event()
    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", requests
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


def _request(stream):
    """First line and body of a request."""
    first, length = stream.readline(), 0
    while (line := stream.readline().lower()).strip():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return first + stream.read(length)


def http(
    body, status="200 OK", kind="application/json", *, length=None, more=""
):
    """The bytes of an answer; `length` is what its head says."""
    length = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\n{more}\r\n"
    )
    return head.encode() + body


def outputs(text=None, **changed):
    """An answer with poses, some outputs changed."""
    body = text or json.dumps({"outputs": POSE | changed})
    return http(body.encode())


def error(text, status="400 Bad Request"):
    """An answer as TensorFlow Serving's to bad requests."""
    return http(json.dumps({"error": text}).encode(), status)
