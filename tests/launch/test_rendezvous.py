import concurrent.futures
import socket
import threading
import time

import pytest

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.launch import rendezvous


def addresses(count):
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return tuple(f"127.0.0.1:{port}" for port in ports)


def came(found, index, log):
    rendezvous.meet(cluster.Cluster(found, index))
    log.append(index)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_nobody_goes_before_all_have_come(order):
    found, log = addresses(3), []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for index in order[:-1]:
            pool.submit(came, found, index, log)
        time.sleep(0.3)
        assert not log
        pool.submit(came, found, order[-1], log)
    assert sorted(log) == [0, 1, 2]


def test_strangers_and_those_who_leave_do_not_count():
    found, log = addresses(3), []
    chief = threading.Thread(target=came, args=(found, 0, log))
    chief.start()
    place = "127.0.0.1", int(found[0].rpartition(":")[2])
    for said in (b"GET / HTTP/1.1", b"7", b"2"):
        with reach(place) as connection:
            connection.sendall(said)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pool.submit(came, found, 1, log)
        time.sleep(1.5)
        assert not log
        pool.submit(came, found, 2, log)
    chief.join()
    assert sorted(log) == [0, 1, 2]


def reach(place):
    """A connection as soon as somebody listens."""
    while True:
        try:
            return socket.create_connection(place)
        except OSError:
            time.sleep(0.05)


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        found = cluster.Cluster((f"127.0.0.1:{port}", "127.0.0.1:1"), 0)
        with pytest.raises(errors.InputError, match=f"127.0.0.1:{port}: the"):
            rendezvous.meet(found)
