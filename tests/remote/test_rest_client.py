import contextlib
import json
import socketserver
import threading

import numpy as np
import pytest

rest_client = pytest.importorskip("deeppose_tf.remote.rest_client")
model_servers = pytest.importorskip("tests.serving.model_servers")


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
            joints, scores = model_servers.Cascade(client).ask(
                b"photo", np.zeros((1, 4), np.float32)
            )
        server.shutdown()
        thread.join()
    assert (joints.tolist(), scores.tolist()) == ([[[1, 2]]], [[0.5]])
    assert len(requests) == 2
    assert requests[0] == requests[1]
