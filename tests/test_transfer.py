import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf import skeletons
from deeppose_tf import stages


def spec(**changes):
    values = dict(
        stage=1,
        skeleton=skeletons.LSP,
        network="efficientnet_lite0",
        head="integral",
        image_size=64,
    )
    return stages.StageSpec(**{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder with weights that no fresh network has, and its model."""
    folder = tmp_path_factory.mktemp("run")
    model = stages.build(spec(), "all")
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(w.shape) for w in model.weights])
    stages.save_spec(spec(), folder)
    model.save_weights(folder / "best.weights.h5")
    return folder / "best.weights.h5", model


def started(path, model, **changes):
    """Names of the layers with and without the weights of the run."""
    found = stages.build(spec(**changes), "all", str(path))
    names = {True: set(), False: set()}
    known = {layer.name: layer for layer in model.layers}
    for layer in found.layers:
        if layer.weights:
            same = layer.name in known and all(
                np.array_equal(one, other)
                for one, other in zip(
                    layer.get_weights(),
                    known[layer.name].get_weights(),
                    strict=False,
                )
            )
            names[same].add(layer.name)
    return names[True], names[False]


def test_a_shorter_network_starts_with_what_it_shares(trained):
    same, fresh = started(*trained, network="efficientnet_lite0_short", stage=2)
    # The trunk is its beginning, and so are the laterals of strides 8 and 16.
    assert fresh == set()
    assert "lateral_1_norm" in same and "maps" in same
    assert "blocks_10_project_conv" in same and "lateral_2" not in same


def test_a_network_that_tells_spread_starts_without(trained):
    same, fresh = started(*trained, spread=True)
    assert fresh == {"spread"}
    assert "merged" in same


def test_the_same_network_takes_the_whole_file(trained):
    path, model = trained
    found = stages.build(spec(image_size=96), "all", str(path))
    for one, other in zip(found.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_of_another_family_is_refused(trained):
    path, _ = trained
    with pytest.raises(errors.InputError, match="no layer in common"):
        stages.build(spec(network="compact", head="fc"), "all", str(path))
