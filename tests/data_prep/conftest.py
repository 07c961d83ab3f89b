import numpy as np
import pytest
import scipy.io

from tests.data_prep import layouts


@pytest.fixture
def lsp_like(tmp_path):
    joints = np.random.default_rng(1).uniform(5, 55, (3, 14, 6))
    joints[2] = 0.0
    joints[:, 3, 0] = [11.0, 21.0, 1.0]  # Left hip of the first, occluded.
    return layouts.write_source(tmp_path / "lsp", joints, digits=4)


@pytest.fixture
def flic_dir(tmp_path):
    folder = tmp_path / "FLIC"
    people = [layouts.flic_person(i, i % 2) for i in range(4)]
    for person in people:
        layouts.picture(folder / "images" / person["filepath"])
    scipy.io.savemat(folder / "examples.mat", {"examples": people})
    return folder
