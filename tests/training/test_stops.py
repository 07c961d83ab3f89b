import signal
import threading

import pytest

from deeppose_tf.training import stops


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(stops, "_LISTENED", 0.01)


def test_batches_come_in_order_and_end():
    with stops.deferred() as stop:
        assert list(stop.heard_between(iter([3, 1, 2]))) == [3, 1, 2]


def test_what_fails_while_a_batch_is_made_is_raised():
    def batches():
        yield 1
        raise OSError("lost")

    with stops.deferred() as stop:
        heard = stop.heard_between(batches())
        assert next(heard) == 1
        with pytest.raises(OSError, match="lost"):
            next(heard)


def test_a_signal_ends_the_wait_for_a_batch(monkeypatch, caplog):
    monkeypatch.setattr(stops, "_LONG", 0.0)
    never = threading.Event()

    def batches():
        yield 1
        threading.Timer(0.2, signal.raise_signal, [signal.SIGTERM]).start()
        never.wait()
        yield 2

    with stops.deferred() as stop:
        assert list(stop.heard_between(batches())) == [1]
        assert stop.signal == signal.SIGTERM
    never.set()
    assert caplog.text.count("No examples for") == 1
