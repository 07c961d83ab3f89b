import numpy as np

from data_prep.building import person_box

JOINTS_RULE = person_box.Rule("joints", 1.25, square=True)


def test_no_box_without_joints_or_of_no_size():
    joints = np.full((4, 14, 2), 7.0, np.float32)
    joints[2, 0] = 20.0
    joints[3, 0] = np.finfo(np.float32).max
    labeled = np.ones((4, 14), bool)
    labeled[0] = False
    unknown = np.full((4, 4), np.nan, np.float32)
    sizes = np.full((4, 2), 60, np.float32)
    box, reasons = JOINTS_RULE.boxes(joints, labeled, sizes, unknown)
    assert reasons == [
        "no labeled joint",
        "box of no size",
        None,
        "box not finite",
    ]
    np.testing.assert_allclose(box[2], [13.5, 13.5, 16.25, 16.25])
