import dataclasses

import numpy as np

from deeppose_tf import gallery
from deeppose_tf import skeletons
from tests.test_comparison import judged


def test_best_median_and_worst_by_error_in_diameters():
    people = judged(0.2, persons=20)
    off = np.arange(20)[::-1, None, None] * np.float32([5.0, 0.0])
    people = dataclasses.replace(people, joints=(people.truth + off)[:, None])
    labeled = people.labeled.copy()
    labeled[19, skeletons.LSP.index("right_hip")] = False  # Has no torso.
    labeled[18, 2:9] = labeled[18, 10:] = False  # Hardly labeled.
    people = dataclasses.replace(people, labeled=labeled)
    found = gallery.choose(people.last_stage(), skeletons.LSP)
    assert found.rows["best"] == [17, 16, 15, 14, 13, 12]
    assert found.rows["worst"] == [0, 1, 2, 3, 4, 5]
    assert found.rows["median"] == [11, 10, 9, 8, 7, 6]
    np.testing.assert_allclose(found.errors[17], 10 / 50, rtol=1e-5)
