import concurrent.futures
import socket
import struct
import threading
import time

import pytest

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.launch import rendezvous
from tests import worker_jobs


def addresses(count):
    return tuple(f"127.0.0.1:{port}" for port in worker_jobs.free_ports(count))


def place_of(address):
    return "127.0.0.1", int(address.rpartition(":")[2])


def came(found, index, log):
    rendezvous.meet(cluster.Cluster(found, index))
    log.append(index)


def coming(found, index, log):
    """One that comes in a thread, which ends with the tests at the latest."""
    thread = threading.Thread(target=came, args=(found, index, log))
    thread.daemon = True
    thread.start()
    return thread


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


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="IPv6 is not there")
def test_addresses_of_ipv6_are_places_too():
    found = tuple(each.replace("127.0.0.1", "[::1]") for each in addresses(2))
    log = []
    for thread in [coming(found, index, log) for index in range(2)]:
        thread.join(20)
    assert sorted(log) == [0, 1]


def test_strangers_and_those_who_leave_do_not_count():
    found, log = addresses(3), []
    chief = threading.Thread(target=came, args=(found, 0, log))
    chief.start()
    place = place_of(found[0])
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


@pytest.mark.parametrize("said", [b"-1", b"0", b"2", b"7"])
def test_an_index_of_no_worker_has_no_place(said):
    found, log = addresses(2), []
    chief = coming(found, 0, log)
    with reach(place_of(found[0])) as stranger:
        stranger.sendall(said)
        came(found, 1, log)
        chief.join()
        assert stranger.recv(16) == b""
    assert sorted(log) == [0, 1]


def test_a_worker_that_leaves_at_the_last_moment_stops_nobody(monkeypatch):
    counted = threading.Event()
    monkeypatch.setattr(
        rendezvous, "_is_there", lambda connection: counted.set() or True
    )
    found, log = addresses(3), []
    chief = coming(found, 0, log)
    leaving = reach(place_of(found[0]))
    leaving.sendall(b"2")
    assert counted.wait(20)
    # It resets the connection, as a killed process does.
    now = struct.pack("ii", 1, 0)
    leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
    leaving.close()
    coming(found, 1, log).join(20)
    chief.join(20)
    assert sorted(log) == [0, 1]


def test_a_chief_whose_host_is_gone_is_noticed(monkeypatch):
    """The system asks whether it is there, since it says nothing for long."""
    made, connect = [], socket.create_connection

    def create_connection(*arguments):
        made.append(connect(*arguments))
        return made[-1]

    monkeypatch.setattr(
        rendezvous.socket, "create_connection", create_connection
    )
    found, log = addresses(2), []
    with socket.create_server(place_of(found[0])) as chief:
        worker = coming(found, 1, log)
        with chief.accept()[0] as connection:
            assert connection.recv(16) == b"1"
            assert made[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            connection.sendall(b"deeppose go\n")
        worker.join(20)
    assert log == [1]


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
