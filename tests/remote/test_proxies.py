"""Clients in networks whose environment names a proxy."""

import contextlib

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.remote import predictor
from deeppose_tf.remote import proxies
from deeppose_tf.remote import server_errors
from tests.remote import bad_servers

pytest.importorskip("deeppose_tf.remote.rest_client")
WHOLE = np.zeros((1, 4), np.float32)
PAGE = b"<html>blocked by policy</html>"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
EXCEPTIONS = ("no_proxy", "no_grpc_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Without proxies of this machine."""
    for name in (*VARIABLES, *EXCEPTIONS):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def ask(protocol, address, timeout=20.0):
    client = predictor.connect(protocol, address, timeout, retries=0)
    server = predictor.RemotePredictor(client, "lsp", None, "lsp")
    with contextlib.closing(server):
        return server.poses(b"photo", WHOLE)


@pytest.mark.parametrize("status", ["403 No", "407 Who", "200 OK", "503 Busy"])
def test_a_proxy_that_stands_between_is_named(environment, status):
    page = bad_servers.http(PAGE, status, "text/html")
    with bad_servers.answering(page) as (proxy, requests):
        environment.setenv("http_proxy", f"http://user:secret@{proxy}")
        with pytest.raises(
            server_errors.ServerError,
            match=rf"through the proxy {proxy}: set no_proxy=127.0.0.1 to",
        ) as told:
            ask("rest", "127.0.0.1:9")
    assert "secret" not in str(told.value)
    assert requests[0].startswith(b"POST http://127.0.0.1:9/v1/models/lsp")


def test_a_proxy_that_does_not_run_is_named(environment):
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    with bad_servers.answering(bad_servers.outputs()) as (address, _):
        with pytest.raises(
            server_errors.ServerError, match="through the proxy 127.0.0.1:9"
        ):
            ask("rest", address)
        environment.setenv("no_proxy", "10.0.0.0/8,127.0.0.0/8")
        assert len(ask("rest", address).joints) == 1


def test_a_proxy_of_another_kind_is_refused_in_a_line(environment):
    environment.setenv("http_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(
        (errors.InputError, server_errors.ServerError), match="127.0.0.1:9"
    ):
        ask("rest", "127.0.0.1:10")


def test_a_proxy_passes_an_answer_on_which_is_bounded_too(environment):
    drip = b"HTTP/1.1 200 OK\r\n"
    with bad_servers.answering(drip, forever=b"A: b\r\n", pause=0.03) as (
        proxy,
        _,
    ):
        environment.setenv("http_proxy", f"http://{proxy}")
        with pytest.raises(errors.InputError, match="--timeout=0.5 seconds"):
            ask("rest", "127.0.0.1:9", timeout=0.5)
    with bad_servers.answering(bad_servers.outputs()) as (proxy, _):
        environment.setenv("http_proxy", f"http://{proxy}")
        assert len(ask("rest", "127.0.0.1:9").joints) == 1


@pytest.mark.parametrize("variable", ["http_proxy", "grpc_proxy"])
def test_a_proxy_before_grpc_is_named(environment, variable):
    pytest.importorskip("deeppose_tf.remote.grpc_client")
    page = bad_servers.http(PAGE, "403 Forbidden", "text/html")
    with bad_servers.answering(page) as (proxy, _):
        environment.setenv(variable, f"http://{proxy}")
        with pytest.raises(
            server_errors.ServerError, match=f"through the proxy {proxy}"
        ):
            ask("grpc", "127.0.0.1:9", 4.0)


def test_grpc_takes_the_first_variable_and_its_exceptions(environment):
    assert proxies.of_grpc("host:8500") is None
    environment.setenv("http_proxy", "http://c")
    environment.setenv("https_proxy", "http://b")
    assert proxies.of_grpc("host:8500") == "http://b"
    environment.setenv("grpc_proxy", "http://a")
    assert proxies.of_grpc("host:8500") == "http://a"
    environment.setenv("no_proxy", "other,host")
    assert proxies.of_grpc("host:8500") is None
    environment.setenv("no_grpc_proxy", "other")
    assert proxies.of_grpc("host:8500") == "http://a"
