"""`deeppose_tf.connect`: as `deeppose_tf.load`, by a server."""

import json
import subprocess
import sys

import numpy as np
import pytest

import deeppose_tf
from deeppose_tf import errors
from deeppose_tf.inference import photos
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests.launcher import ROOT
from tests.remote import bad_servers

model_servers = pytest.importorskip("tests.serving.model_servers")
PHOTO = ROOT / "docs" / "images" / "firefighter.jpg"
BOXES = [[60, 70, 90, 110.5], [40, 30, 50, 60]]
both = pytest.mark.parametrize("protocol", list(model_servers.SERVERS))


@pytest.fixture(scope="module")
def loaded(exported):
    return deeppose_tf.load(exported)


@pytest.fixture
def served(exported_model):
    finder = saved_models.load_finder(str(versions.FINDER))
    return model_servers.Model(
        exported_model.signatures["serving_default"],
        finder=finder["serving_default"],
    )


@both
def test_connect_gives_the_people_that_load_gives(protocol, served, loaded):
    pixels = photos.load(PHOTO)
    with (
        model_servers.SERVERS[protocol](served) as address,
        deeppose_tf.connect(address, protocol=protocol, timeout=60.0) as model,
    ):
        assert model.skeleton == loaded.skeleton
        for photo in (pixels, str(PHOTO), PHOTO.read_bytes()):
            ours = model.predict(photo, BOXES)
            want = loaded.predict(photo, BOXES)
            for person, known in zip(ours, want, strict=True):
                assert type(person) is type(known)
                assert person.names == known.names
                np.testing.assert_array_equal(person.box, known.box)
                # JPEG decoders differ in the last bits.
                np.testing.assert_allclose(
                    person.joints, known.joints, atol=0.2
                )
                np.testing.assert_allclose(
                    person.scores, known.scores, atol=0.01
                )
        (found,), (want,) = model.predict(pixels), loaded.predict(pixels)
        np.testing.assert_allclose(found.box, want.box, atol=0.1)
        several = model.predict([pixels, pixels], [BOXES, []])
        assert [len(people) for people in several] == [2, 0]
    assert found.to_dict().keys() == want.to_dict().keys()


def test_without_a_finder_the_whole_photo_is_one_person(served):
    served.finder = None
    with model_servers.rest(served) as address:
        with (
            deeppose_tf.connect(address) as model,
            pytest.raises(OSError, match="finder=None"),
        ):
            model.predict(PHOTO)
        with deeppose_tf.connect(address, finder=None) as model:
            (person,) = model.predict(PHOTO)
    np.testing.assert_array_equal(person.box, np.zeros(4))


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"server": "localhost"}, "want host:port"),
        ({"server": "[::1:8501"}, "want host:port"),
        ({"server": "host?:8501"}, "want host:port"),
        ({"timeout": 0.0}, "--timeout=0 .*want seconds above 0"),
        ({"timeout": float("inf")}, "--timeout=inf .*at most a day"),
        ({"retries": 5}, "--retries=5: .*0 to 4 retries"),
        ({"protocol": "http"}, "--protocol=http: want rest or grpc"),
        ({"skeleton": "nobody"}, "nobody: missing; --skeleton wants"),
    ],
)
def test_what_cannot_be_is_refused(arguments, words):
    with pytest.raises(errors.InputError, match=words):
        deeppose_tf.connect(**{"server": "localhost:8501"} | arguments)


_FRESH = """
import json, sys
import deeppose_tf
with deeppose_tf.connect(sys.argv[1], finder=sys.argv[2] or None) as model:
    people = model.predict(sys.argv[3])
print(json.dumps([len(people), "tensorflow" in sys.modules]))
"""
# The program itself, then what it has imported.
_PROGRAM = """
import runpy, sys
try:
    runpy.run_module("deeppose_tf.client", run_name="__main__", alter_sys=True)
finally:
    print("tensorflow" in sys.modules)
"""


def python(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip().splitlines(), done.stderr


def test_rest_needs_no_tensorflow(tmp_path):
    pose = bad_servers.outputs()
    with bad_servers.answering(pose) as (address, requests):
        lines, said = python(_FRESH, address, "", PHOTO)
        assert lines and json.loads(lines[-1]) == [1, False], said
        lines, said = python(
            _PROGRAM,
            f"--server={address}",
            f"--output_dir={tmp_path}",
            "--people=whole",
            PHOTO,
        )
    assert lines[-1:] == ["False"], said
    assert (tmp_path / "firefighter.pose.json").exists()
    found = bad_servers.http(
        json.dumps({"outputs": bad_servers.PEOPLE}).encode()
    )
    with bad_servers.answering(found) as (address, requests):
        lines, said = python(_PROGRAM, f"--server={address}", PHOTO)
    assert lines[-1:] == ["False"], said
    # It found one, and asked the finder for a pose.
    assert "lsp: its outputs are ['box', 'score'], want joints" in said
    assert [line.split()[1] for line in requests] == [
        b"/v1/models/person_finder:predict",
        b"/v1/models/lsp:predict",
    ]
