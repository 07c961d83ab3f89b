import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.models import half_precision
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.models import stages
from deeppose_tf.serving import export_sources
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import signatures
from deeppose_tf.storage import json_files


def assert_equal_weights(network, want):
    assert len(network.weights) == len(want.weights) > 0
    for weight, wanted in zip(network.weights, want.weights, strict=True):
        np.testing.assert_array_equal(weight, wanted, err_msg=weight.name)


@pytest.mark.parametrize("stage", [1, 2])
def test_an_export_gives_back_the_weights_of_each_stage(
    exported, run_dir, stage
):
    want = cascade.load(run_dir).stages[stage - 1]
    network, spec = exported_weights.load_network(exported / "1", stage, "all")
    assert_equal_weights(network, want.networks["all"])
    assert (spec.stage, spec.sigma) == (stage, want.spec.sigma)


def test_an_export_of_float16_gives_back_what_float16_holds(
    exported_half, run_dir
):
    want = cascade.load(run_dir).stages[1].networks["all"]
    want.set_weights(half_precision.rounded(want.get_weights()))
    network, _ = exported_weights.load_network(exported_half / "1", 2, "all")
    assert_equal_weights(network, want)


def test_an_export_gives_back_the_weights_of_each_part(tmp_path, data):
    """Each joint's network its own, though not all joints have one.

    Of an export with variables: its graph, which takes long to write and holds
    no weights, is left out.
    """
    rng = np.random.default_rng(0)
    refiner = {"sigma": 1.0, "refiner": "per_joint", "previous": "../1"}
    specs = [
        stage_specs.StageSpec(
            stage=stage,
            skeleton=skeletons.LSP,
            network="tiny",
            head="integral",
            image_size=32,
            **(refiner if stage > 1 else {}),
        )
        for stage in (1, 2)
    ]
    (tmp_path / interface.METADATA).parent.mkdir()
    for spec, parts in zip(specs, (["all"], ["neck", "left_hip"]), strict=True):
        folder = tmp_path / str(spec.stage)
        for part in parts:
            network = stages.build(spec, part)
            network.set_weights([rng.random(w.shape) for w in network.weights])
            path = run_paths.RunFolder(folder).part(part).best_weights
            path.parent.mkdir(parents=True)
            network.save_weights(path)
        stage_specs.save_spec(spec, folder)
    fitted = confidence.Confidence(np.zeros(14), 0.0, 1)
    confidence.save(fitted, folder, skeletons.LSP.joints)
    model = cascade.load(folder)
    json_files.save(
        tmp_path / interface.METADATA,
        export_sources.of_run(folder, data).metadata("float32"),
    )
    tf.train.Checkpoint(root=signatures.Server(model, fitted)).write(
        str(tmp_path / "variables" / "variables")
    )
    (tmp_path / "saved_model.pb").touch()
    for part in ("neck", "left_hip"):
        network, _ = exported_weights.load_network(tmp_path, 2, part)
        assert_equal_weights(network, model.stages[1].networks[part])
    for found, stage in zip(
        exported_weights.load_stages(tmp_path), model.stages, strict=True
    ):
        assert list(found.networks) == list(stage.networks)
        for part, network in found.networks.items():
            assert_equal_weights(network, stage.networks[part])


def test_an_export_that_does_not_count_its_weights_is_refused(
    exported, tmp_path
):
    shutil.copytree(exported / "1" / "assets", tmp_path / "assets")
    path = tmp_path / "assets" / "deeppose.json"
    card = json.loads(path.read_text())
    for stage in card["stages"]:
        del stage["weights"]
    path.write_text(json.dumps(card))
    with pytest.raises(errors.InputError, match="earlier version.*again"):
        exported_weights.load_network(tmp_path, 1, "all")
