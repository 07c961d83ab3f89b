import contextlib
import http.server
import json
import socketserver
import threading
import time

import numpy as np
import pytest

from tests.remote import bad_servers

rest_client = pytest.importorskip("deeppose_tf.remote.rest_client")
model_servers = pytest.importorskip("tests.serving.model_servers")
WHOLE = np.zeros((1, 4), np.float32)


def test_after_a_broken_connection_the_request_is_sent_again():
    """As when the server restarts; `urllib3.Retry(read=False)` would not."""
    requests = []
    answer = {"outputs": {"joints": [[[1, 2]]], "scores": [[0.5]]}}
    body = json.dumps(answer).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            length = 0
            while (line := self.rfile.readline().lower()).strip():
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            requests.append(self.rfile.read(length))
            if len(requests) > 1:
                self.wfile.write(head + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        client = rest_client.Client(address, timeout=20.0, retries=1)
        with contextlib.closing(client):
            joints, scores = model_servers.Cascade(client).ask(b"photo", WHOLE)
        server.shutdown()
        thread.join()
    assert (joints.tolist(), scores.tolist()) == ([[[1, 2]]], [[0.5]])
    assert len(requests) == 2
    assert requests[0] == requests[1]


def test_a_connection_is_kept_and_each_request_has_its_own_time():
    connections, body = set(), bad_servers.outputs().partition(b"\r\n\r\n")[2]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            connections.add(self.client_address)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with model_servers.http_server(Handler) as address:
        client = rest_client.Client(address, timeout=2.0, retries=0)
        with contextlib.closing(client):
            for pause in (0.0, 1.2, 1.2):
                time.sleep(pause)
                joints, _ = model_servers.Cascade(client).ask(b"photo", WHOLE)
                assert joints.shape == (1, 14, 2)
    assert len(connections) == 1
