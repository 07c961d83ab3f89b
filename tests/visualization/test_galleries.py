import dataclasses

import numpy as np
from matplotlib.collections import PathCollection

from deeppose_tf.geometry import skeletons
from deeppose_tf.visualization import galleries
from tests.reports.test_comparison import judged


def test_best_median_and_worst_by_error_in_diameters():
    people = judged(0.2, persons=20)
    off = np.arange(20)[::-1, None, None] * np.float32([5.0, 0.0])
    people = dataclasses.replace(people, joints=(people.truth + off)[:, None])
    labeled = people.labeled.copy()
    labeled[19, skeletons.LSP.index("right_hip")] = False  # Has no torso.
    labeled[18, 2:9] = labeled[18, 10:] = False  # Hardly labeled.
    people = dataclasses.replace(people, labeled=labeled)
    found = galleries.choose(people.last_stage(), skeletons.LSP)
    assert found.rows["best"] == [17, 16, 15, 14, 13, 12]
    assert found.rows["worst"] == [0, 1, 2, 3, 4, 5]
    assert found.rows["median"] == [11, 10, 9, 8, 7, 6]
    np.testing.assert_allclose(found.errors[17], 10 / 50, rtol=1e-5)


def test_people_are_drawn_where_they_are_in_their_pictures(data):
    split = "test"
    people = judged(0.2, persons=data.splits[split].persons)
    truth = np.zeros_like(people.truth)
    truth[:] = [60.0, 50.0]
    boxes = np.tile(np.float32([50, 50, 40, 40]), (len(truth), 1))
    people = dataclasses.replace(
        people, truth=truth, joints=truth[:, None], box=boxes
    )
    chosen = galleries.Gallery({"best": [2, 0, 1, 2]}, np.array([1, 2, 3]))
    found = people.last_stage()
    figure = galleries.draw(chosen, found, data, data.skeleton, split)["best"]
    (axes,) = figure.axes
    drawn = [c for c in axes.collections if isinstance(c, PathCollection)]
    dots = [each.get_offsets() for each in drawn]
    assert len(dots) == 4
    # A quarter of the box right of its center; the box is shown with a frame.
    # Three stand in a row, each below its caption.
    for (x, y), points in zip(
        [(0, 0.12), (1, 0.12), (2, 0.12), (0, 1.24)], dots, strict=True
    ):
        np.testing.assert_allclose(
            points, [[x + 0.25 / 1.2 * 0.98, y]] * 14, atol=0.01
        )
    assert [text.get_text() for text in axes.texts] == [
        "p2   off by 3.00",
        "p0   off by 1.00",
        "p1   off by 2.00",
        "p2   off by 3.00",
    ]
    assert not any(text.get_parse_math() for text in axes.texts)
    width, height = figure.get_size_inches()
    assert 90 * width / 3 > 350  # Pixels of a person on the page.
