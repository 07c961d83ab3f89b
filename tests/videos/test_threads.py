import itertools
import threading

import pytest

from deeppose_tf.videos import threads


def test_results_come_in_order_from_another_thread():
    def call(i):
        return lambda: (i, threading.get_ident())

    found = list(threads.results(map(call, range(20)), ahead=3))
    assert [i for i, _ in found] == list(range(20))
    (other,) = {ident for _, ident in found}
    assert other != threading.get_ident()


@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_no_more_calls_wait_than_are_asked_for(ahead):
    begun = []
    calls = (begun.append(i) or (lambda i=i: i) for i in itertools.count())
    results = threads.results(calls, ahead)
    assert next(results) == 0 and len(begun) == ahead + 1
    assert next(results) == 1 and len(begun) == ahead + 2
    results.close()


def test_an_error_is_raised_where_its_result_is_asked_for():
    made = []
    results = threads.results(
        [lambda: 1, lambda: 1 / 0, lambda: made.append("later")], ahead=1
    )
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_items_are_read_ahead_and_no_more_once_closed():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    assert list(threads.read_ahead(items(), 2)) == list(range(100))
    taken.clear()
    some = threads.read_ahead(items(), 2)
    assert [next(some), next(some)] == [0, 1]
    some.close()
    count = len(taken)
    assert count <= 4
    with pytest.raises(StopIteration):
        next(some)
    assert len(taken) == count


def test_early_calls_are_made_once_and_only_for_their_inputs():
    made = []
    call = threads.EarlyCalls(lambda x: made.append(x) or len(made))
    one, two = object(), object()
    assert call(one) == 1
    call.begin(two)
    assert call(one) in (2, 3)  # Not what was begun for another.
    assert call(two) in (2, 3) and made.count(two) == 1
