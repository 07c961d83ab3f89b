"""What holds for annotations of every source."""

import numpy as np
import pytest
import scipy.io

from data_prep.sources import annotations
from data_prep.sources import flic
from data_prep.sources import lsp
from data_prep.sources import mpii
from deeppose_tf import errors
from tests.data_prep import layouts


@pytest.mark.parametrize("first_center", [0.0, 0.5, 1.0])
def test_the_first_pixel_s_center_lies_at_a_half(first_center):
    points = np.array([[first_center] * 2, [np.nan, 3.0]])
    joints, labeled = annotations.pixels(points, np.ones(2, bool), first_center)
    np.testing.assert_array_equal(joints, [[0.5, 0.5], [0.0, 0.0]])
    np.testing.assert_array_equal(labeled, [True, False])


@pytest.mark.parametrize("builder", ["flic", "mpii", "lsp"])
def test_half_a_mat_file_is_named(tmp_path, flic_dir, builder):
    whole = flic_dir / "examples.mat"
    read, path, content = {
        "flic": (flic.read, whole, None),
        "mpii": (
            mpii.read,
            tmp_path / mpii.MAT,
            {"RELEASE": layouts.release()},
        ),
        "lsp": (
            lsp.read,
            tmp_path / "joints.mat",
            {"joints": np.ones((14, 3, 9))},
        ),
    }[builder]
    for compressed in (False, True):
        if content:
            scipy.io.savemat(path, content, do_compression=compressed)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(errors.InputError, match=f"{path.name}: not"):
            read(str(path.parent))
