import dataclasses

import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.runs import warm_starts
from deeppose_tf.serving import export_saved_model
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import interface


def spec(**changes):
    values = dict(
        stage=1,
        skeleton=skeletons.LSP,
        network="efficientnet_lite0",
        head="integral",
        image_size=64,
    )
    return stage_specs.StageSpec(**{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder with weights that no fresh network has, and its model."""
    folder = tmp_path_factory.mktemp("run")
    model = stages.build(spec(), "all")
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(w.shape) for w in model.weights])
    stage_specs.save_spec(spec(), folder)
    model.save_weights(folder / "best.weights.h5")
    return folder / "best.weights.h5", model


def started(path, wanted, part="all"):
    model = stages.build(wanted, part)
    warm_starts.load(model, wanted, part, path)
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


def test_a_network_that_tells_spread_starts_without(trained):
    path, model = trained
    same, fresh = same_layers(started(path, spec(spread=True)), model)
    assert fresh == {"spread"}
    assert "merged" in same


def test_the_same_network_takes_the_whole_file(trained):
    path, model = trained
    assert equal(started(path, spec(image_size=96)), model)


@pytest.mark.parametrize("network", ["compact", "mobilenet_v2"])
def test_a_network_of_another_family_is_refused(trained, network):
    """The head would fit, but it is one for other features."""
    path, _ = trained
    with pytest.raises(errors.InputError, match="of no use to " + network):
        started(path, spec(network=network))


def written(folder, wanted, part="all"):
    """A run folder with a network that has no weight of a fresh one."""
    model = stages.build(wanted, part)
    rng = np.random.default_rng(1)
    model.set_weights([rng.random(w.shape) for w in model.weights])
    folder.mkdir(parents=True, exist_ok=True)
    stage_specs.save_spec(wanted, folder)
    path = run_paths.RunFolder(folder).part(part).best_weights
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save_weights(path)
    return path, model


@pytest.mark.parametrize(
    "changes, fresh",
    [
        ({"spread": True}, 2),  # The spread's kernel and bias.
        ({"image_size": 64}, 0),
        ({"head": "fc", "image_size": 64}, 1),  # The kernel of 512.
        ({"head": "fc", "spread": True}, 2),
    ],
)
def test_layers_without_names_are_found_by_their_order(
    tmp_path, changes, fresh
):
    same = {"network": "compact", "image_size": 32}
    like = spec(**same, head=changes.get("head", "integral"))
    path, model = written(tmp_path, like)
    found = started(path, spec(**same | changes))
    rows = [w.numpy().tobytes() for w in model.weights]
    taken = [w.numpy().tobytes() in rows for w in found.weights]
    assert taken.count(False) == fresh


def test_outputs_for_other_joints_are_not_taken(tmp_path):
    like = spec(network="compact", image_size=32)
    path, model = written(tmp_path, like)
    other = dataclasses.replace(skeletons.LSP, name="others")
    found = started(
        path, spec(network="compact", image_size=32, skeleton=other)
    )
    for name, same in (("maps", False), ("merged", True)):
        one, two = (m.get_layer(name).get_weights() for m in (found, model))
        assert np.array_equal(one[0], two[0]) == same


def test_a_network_for_one_joint_starts_from_its_own(tmp_path, data):
    """Of a run folder, and of an export, in which not all joints have one."""
    like = spec(network="tiny", image_size=32)
    written(tmp_path / "runs" / "1", like)
    own = spec(
        **{"network": "tiny", "image_size": 32, "stage": 2},
        **{"refiner": "per_joint", "sigma": 1.0, "previous": "../1"},
    )
    folder = tmp_path / "runs" / "2"
    path, model = written(folder, own, "neck")
    assert equal(started(path, own, "neck"), model)
    sure = confidence.Confidence(np.zeros(14), 0.0, 1)
    confidence.save(sure, folder, skeletons.LSP.joints)
    source = export_sources.of_run(folder, data)
    export_saved_model.export(source, tmp_path / "exported")
    assert equal(started(tmp_path / "exported", own, "neck"), model)
    assert equal(started(tmp_path / "exported", own, "left_hip"), model)


@pytest.mark.parametrize("stage, taken", [(1, 0), (2, 1), (3, 1)])
def test_an_export_gives_the_weights_of_the_stage(
    exported, run_dir, stage, taken
):
    """Those of its last stage, where it has not so many."""
    members = cascade.load(run_dir).stages
    wanted = spec(network="tiny", image_size=32, stage=stage)
    assert equal(started(exported, wanted), members[taken].networks["all"])


def test_a_network_for_one_joint_takes_all_but_its_maps(trained):
    path, model = trained
    one = spec(refiner="per_joint", stage=2)
    same, fresh = same_layers(started(path, one, "neck"), model)
    assert fresh == {"maps"}
    assert "merged" in same


def test_an_export_of_half_weights_serves_too(exported_half, run_dir):
    wanted = spec(network="tiny", image_size=32, stage=2)
    found = started(exported_half, wanted)
    (model,) = cascade.load(run_dir).stages[1].networks.values()
    for one, other in zip(
        found.get_weights(), model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("dtype", interface.DTYPES["savedmodel"])
def test_an_export_that_looks_twice_serves_too(tmp_path, data, dtype):
    """As the pretrained model does."""
    like = spec(network="tiny", image_size=32, head="peak", spread=True)
    folder = tmp_path / "runs" / "1"
    _, model = written(folder, like)
    # Numbers that float16 holds.
    rounded = [np.float32(np.float16(w)) for w in model.get_weights()]
    model.set_weights(rounded)
    model.save_weights(folder / "best.weights.h5")
    sure = confidence.Confidence(np.zeros(14), 0.0, 1)
    confidence.save(sure, folder, skeletons.LSP.joints)
    source = export_sources.of_run(folder, data)
    source = dataclasses.replace(source, flip_average=True)
    export_saved_model.export(source, tmp_path / "twice", dtype)
    assert equal(started(tmp_path / "twice", like), model)


def test_movenets_file_is_of_no_use_to_other_networks(tmp_path):
    path = tmp_path / "movenet-lightning.json"
    path.touch()
    with pytest.raises(
        errors.InputError,
        match="of MoveNet, of no use to efficientnet_lite0; set --network",
    ):
        started(path, spec())


def test_a_network_for_one_joint_gets_its_map_of_movenet(models_dir):
    path = models_dir / "movenet-lightning.json"
    wanted = spec(network="movenet_lightning", refiner="per_joint", stage=2)
    everyone = spec(network="movenet_lightning")
    wrist = skeletons.LSP.index("left_wrist")
    for one, all_maps in zip(
        started(path, wanted, "left_wrist").get_layer("maps").get_weights(),
        started(path, everyone).get_layer("maps").get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one[..., 0], all_maps[..., wrist])
