"""No server, however bad, does more than end in one line."""

import contextlib
import json
import re
import time

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.remote import predictor
from deeppose_tf.remote import server_errors
from tests.launcher import ROOT
from tests.launcher import run
from tests.remote import bad_servers
from tests.remote.bad_servers import error
from tests.remote.bad_servers import http
from tests.remote.bad_servers import outputs

pytest.importorskip("deeppose_tf.remote.rest_client")
PHOTO = ROOT / "docs" / "images" / "firefighter.jpg"
WHOLE = np.zeros((1, 4), np.float32)
ONE, FOURTEEN = [0.5], [0.5] * 14
HTML = b"<html><body>Welcome to nginx</body></html>"
# What is sent, and words of the line.
ANSWERS = {
    "nothing": ([], "no REST there .RemoteDisconnected"),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.6\r\n"], "no REST there .BadStatusLine"),
    "zeros": ([bytes(3000)], "no REST there"),
    "a head without an end": ([b"HTTP/1.1 200 OK\r\nA: b"], "no REST there"),
    "a long line": (
        [b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000],
        "no REST there .LineTooLong",
    ),
    "many headers": (
        [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"],
        "no REST there .HTTPException",
    ),
    "two lengths": (
        [http(b"{}", more="Content-Length: 7\r\n")],
        "no answer|no REST there",
    ),
    "an empty body": ([http(b"")], "HTTP 200, application/json, no JSON"),
    "no content": ([http(b"", "204 No Content")], "HTTP 204"),
    "a page": ([http(HTML, kind="text/html")], "HTTP 200, text/html, no JSON"),
    "a page, not found": (
        [http(HTML, "404 Not Found", "text/html")],
        "no REST there .HTTP 404, text/html, no JSON",
    ),
    "JSON of others, not found": (
        [http(b'{"detail": "Not Found"}', "404 Not Found")],
        "no REST there .HTTP 404, application/json",
    ),
    "cut JSON": ([http(b'{"outputs": {"joints": [[[1, 2')], "no JSON"),
    "a body that is cut off": (
        [http(b'{"outputs"', length=500)],
        "no REST there .the answer is cut off",
    ),
    "a bad chunk": (
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        "no REST there",
    ),
    "packed": (
        [http(b"\x1f\x8b" + bytes(20), more="Content-Encoding: gzip\r\n")],
        "no JSON",
    ),
    "no Unicode": ([http(b'{"error": "\xff\xfe"}', "400 Bad")], "no JSON"),
    "nested": ([http(b"[" * 10**6)], "no JSON"),
    "an integer of many digits": (
        [outputs('{"outputs": {"joints": [[[' + "9" * 5000 + "]]]}}")],
        "no JSON",
    ),
    "null": ([http(b"null")], "no JSON"),
    "a list": ([http(b"[1]")], r"its outputs are \[\]"),
    "no outputs": ([http(b"{}")], r"its outputs are \[\], want joints and"),
    "one output": ([http(b'{"outputs": [[1.0]]}')], r"its outputs are \[\]"),
    "other outputs": (
        [http(b'{"outputs": {"logits": [1]}}')],
        r"--model=lsp: its outputs are \['logits'\]",
    ),
    "strings": ([outputs(scores=[["0.5"] * 14])], "scores is no array of num"),
    "booleans": ([outputs(scores=[[True] * 14])], "scores is no array of num"),
    "nulls": ([outputs(joints=[[[1, None]] * 14])], "joints is no array of"),
    "an object": ([outputs(joints={"a": 1})], "joints is no array of numbers"),
    "rows of all lengths": (
        [outputs(joints=[[[1, 2]] * 13 + [[1]]])],
        "joints is no array of numbers",
    ),
    "no people": ([outputs(joints=[], scores=[])], r"joints \[0\] and scores"),
    "too many people": (
        [outputs(joints=[[[1, 2]] * 14] * 2, scores=[FOURTEEN] * 2)],
        r"joints \[2, 14, 2\] and scores \[2, 14\]",
    ),
    "flat joints": ([outputs(joints=[FOURTEEN])], r"joints \[1, 14\]"),
    "fewer scores": ([outputs(scores=[ONE])], r"scores \[1, 1\] are not of"),
    "fewer joints": (
        [outputs(joints=[[[1, 2]]], scores=[ONE])],
        "--skeleton has 14 joints, but --model=lsp returns 1",
    ),
    "far joints": ([outputs(joints=[[[1, 2e9]] * 14])], "not in pixels"),
    "large scores": ([outputs(scores=[[7] * 14])], r"scores are not in \[0, 1"),
    "negative scores": ([outputs(scores=[[-1] * 14])], r"not in \[0, 1\]"),
    "nobody's own score": (
        [outputs(person_scores=[])],
        r"person_scores \[0\] are not of \[1\]",
    ),
    "own scores in rows": (
        [outputs(person_scores=[[0.5]])],
        r"person_scores \[1, 1\] are not of \[1\]",
    ),
    "a large own score": (
        [outputs(person_scores=[7])],
        r"scores are not in \[0, 1\]",
    ),
    "not a number": ([outputs(joints=[[[1, np.nan]] * 14])], "joints .*finite"),
    "infinity": ([outputs(scores=[[np.inf] * 14])], "scores .* not all finite"),
    "more than a float": (
        [outputs(joints=[[[1, 1e300]] * 14])],
        "joints .* not all finite",
    ),
    "more than a double": (
        [outputs(joints=[[[1, 10**400]] * 14])],
        "joints .* not all finite",
    ),
    "an error of codes": (
        [error("\x1b]0;owned\x07\x1b[2Jpwned\u202e\ud800")],
        r"rejects the request: \\x1b\]0;owned\\x07\\x1b\[2Jpwned\\u202e\\ud800",
    ),
    "a reason of codes": (
        [http(b"", "503 \x1b[31mred")],
        r"not ready .\\x1b\[31mred",
    ),
    "a type of codes": ([http(b"", kind="\x1b[31mred")], r"\\x1b\[31mred"),
    "names of codes": ([http(b'{"outputs": {"\\u001b[31m": 1}}')], r"\\x1b"),
    "a long error": ([error("x" * 10**6)], r"x{300} \.\.\.$"),
    "an error of lines": ([error("one\ntwo\r\nthree")], "one two three"),
    "an error that is none": ([http(b'{"error": [1]}', "400 B")], "HTTP 400"),
    "an unknown model": (
        [error("Servable not found", "404 Not Found")],
        "--model=lsp: the server has no model of this name",
    ),
    "a busy page": ([http(HTML, "503 Busy", "text/html")], "not ready .Busy"),
    "a late page": ([http(HTML, "504 Late")], "no answer within --timeout"),
}


@contextlib.contextmanager
def asking(address, protocol="rest", timeout=10.0):
    client = predictor.connect(protocol, address, timeout, retries=0)
    server = predictor.RemotePredictor(client, "lsp", "person_finder", "lsp")
    with contextlib.closing(server):
        yield server


def test_a_sound_answer_is_taken():
    with (
        bad_servers.answering(outputs()) as (address, requests),
        asking(address) as server,
    ):
        assert server.poses(b"photo", WHOLE).joints.shape == (1, 14, 2)
    assert requests[0].startswith(b"POST /v1/models/lsp:predict HTTP/1.1\r\n")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_bad_answer_ends_the_client_in_a_line_and_nothing_is_written(
    name, tmp_path
):
    parts, words = ANSWERS[name]
    with bad_servers.answering(*parts) as (address, _):
        done = run(
            "deeppose_tf.client",
            f"--server={address}",
            f"--output_dir={tmp_path / 'out'}",
            "--people=whole",
            "--retries=0",
            PHOTO,
        )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert all(line.startswith("error: ") for line in lines), done.stderr
    assert re.search(words, lines[0])
    # The second counts photos, where others might have been answered.
    assert len(lines) == 1 or lines[1:] == ["error: 1 of 1 files failed"]
    assert lines[0].isprintable() and len(lines[0]) < 800
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "found, words",
    [
        ({"box": [[[1, 2, 3]]], "score": [[1]]}, r"box \[1, 1, 3\] and score"),
        ({"box": [[1, 2, 3, 4]], "score": [[1]]}, r"box \[1, 4\] and score"),
        ({"box": [], "score": []}, r"box \[0\] and score \[0\]"),
        ({"box": [[[1, 2, -3, 4]]], "score": [[1]]}, "boxes are not in pixels"),
        ({"box": [[[1, 2, np.nan, 4]]], "score": [[1]]}, "box .* not all fini"),
        ({"joints": [1]}, "want box and score; serve saved_models/person_find"),
    ],
)
def test_a_bad_finder_ends_in_one_line(found, words):
    answer = http(json.dumps({"outputs": found}).encode())
    with (
        bad_servers.answering(answer) as (address, _),
        asking(address) as server,
        pytest.raises(
            (errors.InputError, server_errors.ServerError),
            match=f"^--finder=person_finder: .*{words}",
        ),
    ):
        server.find(b"photo")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_photo_follows_a_redirect(status):
    with bad_servers.answering(outputs()) as (elsewhere, sent):
        head = f"Location: http://{elsewhere}/\x1b[31m\r\n"
        answer = http(b"x" * 50, f"{status} Moved", more=head)
        with (
            bad_servers.answering(answer) as (address, _),
            asking(address) as server,
            pytest.raises(
                server_errors.ServerError,
                match=rf"{address}: redirects to http://{elsewhere}/\\x1b",
            ),
        ):
            server.poses(b"photo", WHOLE)
    assert not sent


ENDLESS = {
    "chunks": (b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n%b\r\n"),
    "a body": (b"\r\n", b"%b"),
}


@pytest.mark.parametrize("status", [b"200 OK", b"307 Moved", b"503 Busy"])
@pytest.mark.parametrize("kind", ENDLESS)
def test_an_endless_answer_is_left(kind, status):
    head, part = ENDLESS[kind]
    with (
        bad_servers.answering(
            b"HTTP/1.1 " + status + b"\r\n" + head,
            forever=part % (b" " * 0x10000),
        ) as (address, _),
        asking(address, timeout=30.0) as server,
        pytest.raises(
            server_errors.ServerError, match="answer is larger than 16 MiB"
        ),
    ):
        server.poses(b"photo", WHOLE)


@pytest.mark.parametrize(
    "start, drip",
    [
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (http(b"", length=10**6), b" "),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\n \r\n",
        ),
        (b"HTTP/1.1 503 Busy\r\n\r\n", b" "),
    ],
)
def test_a_dripping_answer_is_late(start, drip):
    before = time.monotonic()
    with (
        bad_servers.answering(start, forever=drip, pause=0.03) as (address, _),
        asking(address, timeout=0.5) as server,
        pytest.raises(errors.InputError, match="within --timeout=0.5 seconds"),
    ):
        server.poses(b"photo", WHOLE)
    assert time.monotonic() - before < 3.0
