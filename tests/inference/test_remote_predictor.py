import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.inference import remote_predictor


class Echo:
    """A server whose joints are the box's center, for at most 16 people."""

    def __init__(self):
        self.sizes = []

    def ask(self, encoded, box):
        assert encoded == b"photo"
        self.sizes.append(len(box))
        return np.repeat(box[:, None, :2], 14, axis=1), box[:, 2:3] / 100


@pytest.mark.parametrize(
    "people, sizes", [(1, [1]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])]
)
def test_a_crowd_is_asked_about_in_parts_and_keeps_its_order(people, sizes):
    server = Echo()
    box = np.arange(4 * people, dtype=np.float32).reshape(people, 4)
    found = remote_predictor.ask(server, b"photo", box)
    assert server.sizes == sizes
    np.testing.assert_array_equal(found.box, box)
    np.testing.assert_array_equal(found.joints[:, 13], box[:, :2])
    np.testing.assert_array_equal(found.scores[:, 0], box[:, 2] / 100)


def test_nobody_is_not_asked_about():
    server = Echo()
    found = remote_predictor.ask(server, b"photo", np.zeros((0, 4), np.float32))
    assert server.sizes == []
    assert len(found.joints) == len(found.scores) == 0


class _Batching:
    """A server that refuses the first so many requests for an image."""

    def __init__(self, refusals):
        self.refusals = refusals

    def ask(self, encoded, box):
        if self.refusals:
            self.refusals -= 1
            raise errors.InputError("image_bytes[3] is no readable JPEG or PNG")
        return np.zeros((len(box), 14, 2)), np.ones((len(box), 14))


def test_a_batch_that_another_s_image_has_spoilt_is_asked_for_again():
    box = np.zeros((1, 4), np.float32)
    assert remote_predictor.ask(_Batching(1), b"", box).scores.min() == 1
    with pytest.raises(errors.InputError, match="image_bytes"):
        remote_predictor.ask(_Batching(2), b"", box)
