"""Proxies between this machine and a server: the environment names them."""

import os
import urllib.parse
import urllib.request

# What gRPC looks at, the first that is set.
_OF_GRPC = ("grpc_proxy", "https_proxy", "http_proxy")
_NOT_OF_GRPC = ("no_grpc_proxy", "no_proxy")


def of_grpc(server: str) -> str | None:
    """URL of the proxy through which gRPC asks host:port; None: there is none.

    gRPC reads the environment itself; this is for messages.
    """
    proxy = _first(_OF_GRPC)
    excepted = {"no": _first(_NOT_OF_GRPC) or ""}
    if urllib.request.proxy_bypass_environment(server, excepted):
        return None
    return proxy


def _first(names):
    return next(filter(None, map(os.environ.get, names)), None)


def hint(proxy: str | None, server: str) -> str:
    """The end of a message, which says that a proxy may be the reason.

    Args:
        proxy: its URL; None: there is none.
        server: host:port.
    """
    if not proxy:
        return ""
    # Without user and password, which a URL may have.
    address = urllib.parse.urlsplit(proxy).netloc.rpartition("@")[2] or "?"
    return (
        f"; the environment sends requests through the proxy {address}: set "
        f"no_proxy={server.rpartition(':')[0]} to ask the server directly"
    )
