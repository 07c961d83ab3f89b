import numpy as np
import pytest

from deeppose_tf import cascade
from deeppose_tf import errors
from deeppose_tf import exports
from deeppose_tf import skeletons
from deeppose_tf import stages
from deeppose_tf import warm_starts


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


def started(path, wanted, part="all"):
    model = stages.build(wanted, part)
    warm_starts.load(model, wanted, path)
    return model


def same_layers(found, model):
    """Names of the layers with and without the weights of the model."""
    names = {True: set(), False: set()}
    known = {layer.name: layer for layer in model.layers}
    for layer in found.layers:
        if layer.weights:
            same = layer.name in known and all(
                np.array_equal(one, other)
                for one, other in zip(
                    layer.get_weights(),
                    known[layer.name].get_weights(),
                    strict=True,
                )
            )
            names[same].add(layer.name)
    return names[True], names[False]


def equal(found, model):
    return all(
        np.array_equal(one, other)
        for one, other in zip(
            found.get_weights(), model.get_weights(), strict=True
        )
    )


def test_a_shorter_network_starts_with_what_it_shares(trained):
    path, model = trained
    short = spec(network="efficientnet_lite0_short", stage=2)
    same, fresh = same_layers(started(path, short), model)
    # The trunk is its beginning, and so are the laterals of strides 8 and 16.
    assert fresh == set()
    assert {"lateral_1_norm", "maps", "blocks_10_project_conv"} <= same


def test_a_network_that_tells_spread_starts_without(trained):
    path, model = trained
    same, fresh = same_layers(started(path, spec(spread=True)), model)
    assert fresh == {"spread"}
    assert "merged" in same


def test_the_same_network_takes_the_whole_file(trained):
    path, model = trained
    assert equal(started(path, spec(image_size=96)), model)


def test_a_network_of_another_family_is_refused(trained):
    path, _ = trained
    with pytest.raises(errors.InputError, match="no layer in common"):
        started(path, spec(network="compact", head="fc"))


@pytest.mark.parametrize("stage, taken", [(1, 0), (2, 1), (3, 1)])
def test_an_export_gives_the_weights_of_the_stage(
    exported, run_dir, stage, taken
):
    """Those of its last stage, where it has not so many."""
    members = cascade.load(run_dir).stages
    wanted = spec(network="compact", image_size=32, stage=stage)
    assert warm_starts.exists(exported)
    assert equal(started(exported, wanted), members[taken].networks["all"])


def test_a_network_for_one_joint_takes_all_but_its_maps(trained):
    path, model = trained
    one = spec(refiner="per_joint", stage=2)
    same, fresh = same_layers(started(path, one, "neck"), model)
    assert fresh == {"maps"}
    assert "merged" in same


def test_an_export_of_half_weights_serves_too(tmp_path, run_dir, data):
    exports.export(run_dir, tmp_path / "half", data, "float16")
    wanted = spec(network="compact", image_size=32, stage=2)
    found = started(tmp_path / "half", wanted)
    (model,) = cascade.load(run_dir).stages[1].networks.values()
    for one, other in zip(
        found.get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_what_is_missing_is_told(tmp_path):
    assert not warm_starts.exists(tmp_path)
    assert not warm_starts.exists(tmp_path / "best.weights.h5")
