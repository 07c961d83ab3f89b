import threading

import pytest

from deeppose_tf.videos import ahead


def test_values_come_in_order():
    assert list(ahead.made_ahead(iter(range(20)))) == list(range(20))


def test_what_making_a_value_raises_comes_after_those_before():
    def values():
        yield 1
        raise OSError("lost")

    made = ahead.made_ahead(values())
    assert next(made) == 1
    with pytest.raises(OSError, match="lost"):
        next(made)


def test_the_next_value_is_made_while_one_is_used():
    begun = threading.Event()

    def values():
        yield 1
        begun.set()
        yield 2

    made = ahead.made_ahead(values())
    assert next(made) == 1
    assert begun.wait(10)
    made.close()


def test_who_stops_early_leaves_no_thread_and_closes_the_values():
    closed, before = [], threading.active_count()

    def values():
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    made = ahead.made_ahead(values())
    assert next(made) == 0
    made.close()
    assert closed == [True]
    assert threading.active_count() == before
