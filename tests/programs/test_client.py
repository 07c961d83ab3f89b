"""Clients of TensorFlow Serving, on servers of this process."""

import contextlib
import io
import json
import socket
import socketserver
import threading

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deeppose_tf import errors
from deeppose_tf.geometry import skeletons
from deeppose_tf.remote import server_errors
from deeppose_tf.serving import interface
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests.launcher import ROOT
from tests.launcher import refused
from tests.launcher import run

grpc_client = pytest.importorskip("deeppose_tf.remote.grpc_client")
rest_client = pytest.importorskip("deeppose_tf.remote.rest_client")
model_servers = pytest.importorskip("tests.serving.model_servers")

CLIENTS = {"rest": rest_client.Client, "grpc": grpc_client.Client}
PHOTO = ROOT / "docs" / "images" / "firefighter.jpg"
WHOLE = np.zeros([1, 4], np.float32)
both = pytest.mark.parametrize("protocol", list(CLIENTS))


@pytest.fixture(scope="module")
def signature(exported_model):
    return exported_model.signatures["serving_default"]


@pytest.fixture
def model(signature):
    return model_servers.Model(signature)


@contextlib.contextmanager
def connected(protocol, address, name="lsp", timeout=20.0, retries=3):
    client = CLIENTS[protocol](address, timeout, retries)
    with contextlib.closing(client):
        yield model_servers.Cascade(client, name)


def encoded(pixels, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def large_picture():
    """Of more bytes than gRPC keeps for a retry by itself, 256 KiB."""
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    image = encoded(noise)
    assert len(image) > 400_000
    return image


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@both
def test_people_of_a_picture_come_as_the_model_answers(
    protocol, model, signature, checkerboard
):
    image = encoded(checkerboard)
    box = np.float32([[40, 30, 50, 50.5], [0, 0, 0, 0]])
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address) as client,
    ):
        joints, scores = client.ask(image, box)
    want = signature(image_bytes=np.array([image] * 2, object), box=box)
    np.testing.assert_allclose(joints, want["joints"], atol=1e-3)
    np.testing.assert_allclose(scores, want["scores"], atol=1e-5)
    ((images, asked),) = model.calls
    assert images == [image] * 2
    np.testing.assert_array_equal(asked, box)


@both
def test_a_server_that_is_not_ready_is_asked_again(protocol, model):
    model.busy = 2
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address) as client,
    ):
        joints, _ = client.ask(large_picture(), WHOLE)
    assert joints.shape == (1, 14, 2)
    assert len(model.calls) == 3


def test_too_many_requests_over_rest_are_asked_again(model, checkerboard):
    model.busy, model.busy_with = 1, tf.errors.ResourceExhaustedError
    with (
        model_servers.rest(model) as address,
        connected("rest", address) as client,
    ):
        joints, _ = client.ask(encoded(checkerboard), WHOLE)
    assert joints.shape == (1, 14, 2)
    assert len(model.calls) == 2


def test_a_server_that_gave_up_over_rest_is_not_asked_twice(
    model, checkerboard
):
    model.busy, model.busy_with = 9, tf.errors.DeadlineExceededError
    with (
        model_servers.rest(model) as address,
        connected("rest", address) as client,
        pytest.raises(errors.InputError, match="--timeout=20 seconds"),
    ):
        client.ask(encoded(checkerboard), WHOLE)
    assert len(model.calls) == 1


@both
@pytest.mark.parametrize("retries", [0, 1])
def test_retries_are_as_many_as_asked_for(protocol, model, retries):
    model.busy = 9
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address, retries=retries) as client,
        pytest.raises(server_errors.ServerError, match="queue is full"),
    ):
        client.ask(large_picture(), WHOLE)
    assert len(model.calls) == 1 + retries


@both
def test_a_late_answer_is_not_asked_for_twice(protocol, model, checkerboard):
    model.answers.clear()
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address, timeout=1.0) as client,
        pytest.raises(errors.InputError, match="--timeout=1 seconds"),
    ):
        client.ask(encoded(checkerboard), WHOLE)
    assert len(model.calls) == 1


@both
def test_a_closed_port_is_named(protocol, checkerboard):
    address = closed_port()
    with (
        connected(protocol, address) as client,
        pytest.raises(
            server_errors.ServerError,
            match=rf"--server={address}: .*refused.* may not be running",
        ),
    ):
        client.ask(encoded(checkerboard), WHOLE)


def test_a_silent_host_is_no_slow_answer_to_grpc(checkerboard):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with (
            connected("grpc", address, timeout=8.0, retries=1) as client,
            pytest.raises(
                server_errors.ServerError, match="may not be running"
            ),
        ):
            client.ask(encoded(checkerboard), WHOLE)


@both
def test_an_unknown_model_is_named(protocol, model, checkerboard):
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address, name="mpii") as client,
        pytest.raises(server_errors.ServerError, match="--model=mpii: "),
    ):
        client.ask(encoded(checkerboard), WHOLE)


@both
def test_a_model_of_others_is_named(protocol, checkerboard):
    model = model_servers.Model(lambda **_: {"logits": np.zeros(3)})
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address) as client,
        pytest.raises(
            server_errors.ServerError, match=r"--model=lsp: .*\['logits'\]"
        ),
    ):
        client.ask(encoded(checkerboard), WHOLE)


@both
def test_the_server_s_own_words_are_told_in_one_line(protocol, model):
    with (
        model_servers.SERVERS[protocol](model) as address,
        connected(protocol, address) as client,
        pytest.raises(errors.InputError, match=r"image_bytes\[0\]") as told,
    ):
        client.ask(b"no photo", WHOLE)
    assert "\n" not in str(told.value)


@both
def test_the_port_of_the_other_protocol_is_told(protocol, model, checkerboard):
    other = {"rest": "grpc", "grpc": "rest"}[protocol]
    with (
        model_servers.SERVERS[other](model) as address,
        connected(protocol, address) as client,
        pytest.raises(server_errors.ServerError) as told,
    ):
        client.ask(encoded(checkerboard), WHOLE)
    name = {"rest": "REST", "grpc": "gRPC"}[protocol]
    assert f"--server={address}: no {name} there" in str(told.value)
    assert "8500 for --protocol=grpc" in str(told.value)


@both
def test_a_server_that_hangs_up_is_of_another_protocol(protocol, checkerboard):
    with (
        hanging_up() as address,
        connected(protocol, address, retries=1) as client,
        pytest.raises(
            server_errors.ServerError, match=f"{address}: no .*there"
        ),
    ):
        client.ask(encoded(checkerboard), WHOLE)


@contextlib.contextmanager
def hanging_up():
    """A server that reads a few bytes, and ends the connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(10)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def photos(people, tmp_path_factory):
    """A JPEG, a PNG, and one that is stored on its side."""
    folder = tmp_path_factory.mktemp("photos")
    image = Image.open(people / "images" / "im00001.jpg")
    image.save(folder / "plain.jpg", quality=95)
    image.crop((0, 0, 90, 120)).save(folder / "cropped.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn clockwise to show it.
    image.rotate(90, expand=True).save(folder / "turned.png", exif=exif)
    return folder


@pytest.fixture(scope="module")
def predicted(exported, photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("predicted")
    done = run(
        "deeppose_tf.predict",
        f"--model={exported}",
        f"--output_dir={folder}",
        "--box=50,60,80,100.5",
        photos,
    )
    assert done.returncode == 0, done.stderr
    return folder


def ask(protocol, address, folder, *more, fresh=False):
    return run(
        "deeppose_tf.client",
        f"--server={address}",
        f"--protocol={protocol}",
        f"--output_dir={folder}",
        *more,
        fresh=fresh,
    )


@both
def test_client_says_what_predict_says(
    protocol, model, photos, predicted, exported, tmp_path
):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    with model_servers.SERVERS[protocol](model) as address:
        done = ask(
            protocol,
            address,
            tmp_path / "out",
            "--box=50,60,80,100.5",
            f"--skeleton={exported / '1' / interface.METADATA}",
            bad,
            photos,
        )
    assert refused(done, "1 of 4 files")
    assert f"{bad}: picture unreadable" in done.stderr
    for name in ("plain", "cropped", "turned"):
        found, want = (
            json.loads((folder / f"{name}.pose.json").read_text())
            for folder in (tmp_path / "out", predicted)
        )
        assert found.pop("model") == f"{protocol}://{address}/lsp"
        (person,), (known,) = found.pop("people"), want.pop("people")
        assert person["box"] == known["box"] == [50.0, 60.0, 80.0, 100.5]
        assert tuple(person["joints"]) == skeletons.LSP.joints
        # JPEG decoders differ in the last bits.
        atol = 0.011 if name != "plain" else 0.2
        for key in ("joints", "scores"):
            np.testing.assert_allclose(
                list(person[key].values()),
                list(known[key].values()),
                atol=atol,
            )
        for key in ("image", "width", "height"):
            assert found[key] == want[key]
        assert [*(tmp_path / "out").glob(f"{name}.pose.[jp][pn]g")]


def test_client_asks_about_everybody_of_a_boxes_file(model, photos, tmp_path):
    boxes = {"plain.jpg": [[50, 60, 80, 100], [40, 50, 60, 60]]}
    boxes |= {"cropped.png": [], "turned.png": [[50, 60, 80, 100]]}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    with model_servers.rest(model) as address:
        done = ask(
            "rest",
            address,
            tmp_path / "out",
            f"--boxes={tmp_path / 'boxes.json'}",
            photos,
            fresh=True,
        )
    assert done.returncode == 0, done.stderr
    for name, asked in boxes.items():
        path = tmp_path / "out" / f"{name.partition('.')[0]}.pose.json"
        people = json.loads(path.read_text())["people"]
        assert [person["box"] for person in people] == asked
    assert sorted(len(images) for images, _ in model.calls) == [1, 2]


def test_client_searches_folders_and_leaves_doubtful_joints_out(
    model, tmp_path
):
    folder = tmp_path / "photos" / "in"
    folder.mkdir(parents=True)
    Image.new("RGB", (500, 500), "grey").save(folder / "wall.png")
    flags = ["--people=whole", "--recursive", tmp_path / "photos"]
    drawn = []
    with model_servers.rest(model) as address:
        for least in ("0", "1"):
            out = tmp_path / least
            done = ask("rest", address, out, f"--min_score={least}", *flags)
            assert done.returncode == 0, done.stderr
            assert (out / "in" / "wall.pose.json").exists()
            with Image.open(out / "in" / "wall.pose.png") as picture:
                drawn.append(np.asarray(picture)[250:])
    # No score is 1, and the person's own stands above.
    assert np.ptp(drawn[0]) > 0 and np.ptp(drawn[1]) == 0


@pytest.fixture(scope="module")
def finder():
    signatures = saved_models.load_finder(str(versions.FINDER))
    return signatures["serving_default"]


@both
def test_client_finds_whom_predict_finds(
    protocol, model, finder, exported, tmp_path
):
    model.finder = finder
    wall = tmp_path / "wall.png"
    Image.new("RGB", (90, 70), (127, 127, 127)).save(wall)
    card = exported / "1" / interface.METADATA
    with model_servers.SERVERS[protocol](model) as address:
        done = ask(
            protocol,
            address,
            tmp_path / "out",
            f"--skeleton={card}",
            PHOTO,
            wall,
        )
    assert done.returncode == 0, done.stderr
    assert "wall.pose.png (nobody was found; --people=whole" in done.stdout
    # The photo to the finder, then with its box to the cascade.
    found, posed = (box for images, box in model.calls[:2])
    assert found is None and len(posed) == 1
    assert len(model.calls) == 3
    known = run(
        "deeppose_tf.predict",
        f"--model={exported}",
        f"--output_dir={tmp_path / 'known'}",
        PHOTO,
        wall,
    )
    assert known.returncode == 0, known.stderr
    name = f"{PHOTO.stem}.pose.json"
    (ours,), (want,) = (
        json.loads((tmp_path / folder / name).read_text())["people"]
        for folder in ("out", "known")
    )
    # JPEG decoders differ in the last bits.
    np.testing.assert_allclose(ours["box"], want["box"], atol=1.0)
    np.testing.assert_allclose(
        list(ours["joints"].values()), list(want["joints"].values()), atol=2.0
    )


@both
def test_a_server_without_a_finder_is_told_once(protocol, model, tmp_path):
    with model_servers.SERVERS[protocol](model) as address:
        done = ask(protocol, address, tmp_path / "out", PHOTO, PHOTO)
    assert refused(
        done,
        "--finder=person_finder: the server has no model of this name",
        "--people=whole",
        "models.config",
    )
    assert len(done.stderr.splitlines()) == 1
    assert len(model.calls) == 1
    assert not (tmp_path / "out").exists()


def test_a_finder_has_another_name_and_wants_none_for_a_hand(
    model, finder, tmp_path
):
    model.finder = finder
    hand = {"name": "hand", "joints": ["left_thumb", "right_thumb"]}
    skeleton = tmp_path / "hand.json"
    skeleton.write_text(json.dumps(hand | {"torso": hand["joints"]}))
    with model_servers.rest(model) as address:
        named = ask("rest", address, tmp_path / "out", "--finder=who", PHOTO)
        hands = ask("rest", address, tmp_path, f"--skeleton={skeleton}", PHOTO)
    assert refused(named, "--finder=who: the server has no model")
    assert refused(hands, "--skeleton has 2 joints")
    np.testing.assert_array_equal(model.calls[-1][1], WHOLE)


def test_client_wants_one_way_to_the_people(tmp_path):
    done = ask(
        "rest", closed_port(), tmp_path, "--box=1,2,3,4", "--people=find", PHOTO
    )
    assert refused(done, "--box, --boxes and --people", "give one")


def test_an_answer_of_another_shape_is_of_another_model(photos, tmp_path):
    model = model_servers.Model(
        lambda **_: {"joints": np.zeros(1), "scores": np.zeros(2)}
    )
    with model_servers.rest(model) as address:
        done = ask(
            "rest", address, tmp_path, "--people=whole", photos / "plain.jpg"
        )
    assert refused(done, "--model=lsp: joints [1]", "deeppose_tf.export")


def test_a_photo_that_the_server_refuses_is_named(model, photos, tmp_path):
    def picky(image_bytes, box):
        raise tf.errors.InvalidArgumentError(None, None, "too dark")

    model.answer = picky
    with model_servers.rest(model) as address:
        done = ask(
            "rest", address, tmp_path, "--people=whole", photos / "plain.jpg"
        )
    assert refused(done, "1 of 1 files")
    assert (
        f"{photos / 'plain.jpg'}: the server rejects the request: too dark"
        in (done.stderr)
    )


def test_without_a_server_the_client_ends_at_once(photos, tmp_path):
    address = closed_port()
    done = ask("rest", address, tmp_path / "out", "--retries=1", photos)
    assert refused(done, f"--server={address}", "may not be running")
    assert done.stderr.count("error: ") == 1
    assert "Retrying" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_skeleton_of_other_joints_is_refused(model, photos, tmp_path):
    with model_servers.rest(model) as address:
        done = ask(
            "rest",
            address,
            tmp_path,
            "--skeleton=coco",
            "--people=whole",
            photos,
        )
    assert refused(done, "--skeleton has 17", "--model=lsp returns 14")
    assert len(model.calls) == 1


@pytest.mark.parametrize("server", ["http://localhost:8501", "localhost:99999"])
def test_a_server_without_a_port_is_refused(server, photos, tmp_path):
    done = ask("grpc", server, tmp_path, photos)
    assert refused(done, f"--server={server}", "want host:port")


def test_the_missing_extra_is_named(photos, tmp_path):
    stub = tmp_path / "tensorflow_serving"
    stub.mkdir()
    (stub / "__init__.py").write_text(
        "raise ModuleNotFoundError('none', name='tensorflow_serving')"
    )
    done = run(
        "deeppose_tf.client",
        "--server=localhost:1",
        "--protocol=grpc",
        "--model=lsp",
        f"--output_dir={tmp_path}",
        photos,
        PYTHONPATH=str(tmp_path),
    )
    assert refused(done, "--protocol=grpc", ".[serving]")
