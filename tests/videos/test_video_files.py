import json
import pathlib

import cv2
import numpy as np
import pytest

from deeppose_tf import errors
from deeppose_tf.inference import photo_boxes
from deeppose_tf.inference import predictor
from deeppose_tf.videos import video_files
from deeppose_tf.videos import video_poses
from deeppose_tf.videos import video_times
from tests.launcher import refused
from tests.launcher import run
from tests.launcher import run_code

_FRAMES = 20


@pytest.fixture(scope="module")
def model(exported_model):
    return exported_model


@pytest.fixture
def video(tmp_path):
    """Twenty frames, at 10 a second, each a little brighter."""
    path = tmp_path / "walk.avi"
    codec = cv2.VideoWriter_fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), codec, 10.0, (96, 64))
    noise = np.random.default_rng(0).integers(0, 60, (64, 96, 3))
    for i in range(_FRAMES):
        writer.write((noise + 9 * i).astype(np.uint8))
    writer.release()
    return path


def whole(path, image):
    return photo_boxes.from_flag(None)


def test_frames_come_with_their_times(video):
    with video_files.opened(video) as opened:
        assert (opened.rate, opened.repeats) == (10.0, [1] * _FRAMES)
        seconds, images = zip(*opened.frames, strict=True)
    np.testing.assert_allclose(seconds, np.arange(_FRAMES) / 10, atol=0.11)
    means = [image.mean() for image in images]
    assert np.all(np.diff(means) > 5)
    assert images[0].shape == (64, 96, 3)


def test_a_trimmed_video_is_whole(tmp_path):
    # A list of edits says that 10 of 20 frames are shown.
    path = tmp_path / "whole.mp4"
    with video_files.Writer(path, 10.0) as writer:
        for i in range(_FRAMES):
            writer.add(np.full((64, 96, 3), 9 * i, np.uint8))
    content = path.read_bytes()
    trimmed = tmp_path / "trimmed.mov"
    trimmed.write_bytes(shown_for(content, seconds=1.0))
    with video_files.opened(trimmed) as video:
        assert len(list(video.frames)) == len(video.repeats) == 10
    # One that ends too early is none: its parts are longer than the file.
    cut = tmp_path / "cut.mp4"
    moov = content.index(b"moov") - 4
    size = int.from_bytes(content[moov : moov + 4], "big")
    last = content[moov : moov + size]
    cut.write_bytes(last + content[:moov][: -moov // 2])
    with pytest.raises(errors.InputError, match="cut.mp4: (breaks|not a read)"):
        with video_files.opened(cut) as video:
            list(video.frames)


def shown_for(content, seconds):
    """An MP4 file whose list of edits shows only its beginning."""
    place = content.index(b"elst") + 4 + 8  # After version and count.
    scale = content.index(b"mvhd") + 4 + 12
    ticks = int.from_bytes(content[scale : scale + 4], "big")
    shown = round(seconds * ticks).to_bytes(4, "big")
    return content[:place] + shown + content[place + 4 :]


def test_each_frame_of_a_variable_rate_is_shown_at_its_time():
    # 30 a second, then 5 a second.
    times = np.array([*np.arange(30) / 30, *(1 + np.arange(10) / 5)])
    rate, repeats = video_times.constant(pathlib.Path("a"), times, 40 / 3)
    np.testing.assert_allclose(rate, 30, rtol=0.01)
    shown = np.cumsum([0, *repeats[:-1]]) / rate
    np.testing.assert_allclose(shown, times, atol=0.5 / 30)
    assert min(repeats) == 1


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        (np.arange(30) / 30, 30.0),
        (np.round(np.arange(30) / 30, 3), 30.0),  # As .webm has them.
        ([0.0], 25.0),
        ([0.0, 1e6], 25.0),  # A clock that jumps.
    ],
)
def test_other_frames_are_shown_once(times, rate):
    times = np.array(times)
    want = rate, [1] * len(times)
    assert video_times.constant(pathlib.Path("a"), times, rate) == want


def test_frames_that_come_too_fast_lose_none():
    times = np.array([0, 0.0001, 0.0002, 0.5, 0.5, 1.0])
    rate, repeats = video_times.constant(pathlib.Path("a"), times, 6.0)
    assert rate == 120.0 and min(repeats) == 1
    shown = np.cumsum([0, *repeats[:-1]]) / rate
    np.testing.assert_allclose(shown, times, atol=0.02)


@pytest.mark.parametrize("suffix", [".m4v", ".mkv", ".ts", ".mpg", ".webm"])
def test_other_containers_are_videos(video, suffix):
    assert video_files.is_video(video.with_suffix(suffix.upper()))


def test_every_frame_is_answered_as_a_picture_is(video, model, tmp_path):
    drawn, empty = video_poses.write(tmp_path / "out", video, model, whole)
    assert empty == 0
    lines = (tmp_path / "out" / "walk.pose.jsonl").read_text().splitlines()
    assert len(lines) == _FRAMES
    with video_files.opened(video) as opened:
        images = [image for _, image in opened.frames]
    for i in (0, 17):  # Of the first call, and of the second.
        want = predictor.of_picture(model, images[i], whole(None, None))
        (person,) = json.loads(lines[i])["people"]
        np.testing.assert_allclose(
            list(person["joints"].values()), want.joints[0], atol=0.05
        )
    card = json.loads((tmp_path / "out" / "walk.pose.json").read_text())
    assert (card["frames"], card["width"], card["height"]) == (20, 96, 64)
    with video_files.opened(drawn) as again:
        assert (again.rate, len(list(again.frames))) == (10.0, _FRAMES)


def test_people_of_given_boxes_have_ids_and_may_be_smoothed(
    video, model, tmp_path
):
    def two(path, image):
        return np.array([[40, 30, 50, 50], [60, 30, 40, 40]], np.float32)

    ways = {}
    for smooth in (False, True):
        folder = tmp_path / str(smooth)
        video_poses.write(folder, video, model, two, smooth=smooth)
        lines = (folder / "walk.pose.jsonl").read_text().splitlines()
        people = [json.loads(line)["people"] for line in lines]
        assert all([p["id"] for p in both] == [1, 2] for both in people)
        ways[smooth] = np.array(
            [[[*p["joints"].values()] for p in both] for both in people]
        )
    np.testing.assert_array_equal(ways[False][0], ways[True][0])
    jitter = {
        smooth: np.abs(np.diff(joints, axis=0)).mean()
        for smooth, joints in ways.items()
    }
    assert 0 < jitter[True] < jitter[False]


def test_a_video_cut_short_leaves_nothing(video, model, tmp_path):
    short = tmp_path / "short.avi"
    content = video.read_bytes()
    short.write_bytes(content[: len(content) // 2])
    with pytest.raises(errors.InputError, match="short.avi: "):
        video_poses.write(tmp_path / "out", short, model, whole)
    assert not any((tmp_path / "out").iterdir())


def test_frames_that_no_codec_takes_are_named(tmp_path):
    with pytest.raises(errors.InputError, match="1 x 1 pixels"):
        with video_files.Writer(tmp_path / "small.mp4", 10.0) as writer:
            writer.add(np.zeros((1, 1, 3), np.uint8))


def test_what_is_no_video_is_named(tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with (
        pytest.raises(errors.InputError, match="not a readable video"),
        video_files.opened(path),
    ):
        pass


@pytest.mark.slow(15)
@pytest.mark.parametrize("kind", ["cut short", "other bytes", "a gap"])
def test_damaged_videos_end_in_our_own_words(video, tmp_path, capfd, kind):
    rng = np.random.default_rng(0)
    content = np.frombuffer(video.read_bytes(), np.uint8)
    path = tmp_path / "damaged.avi"
    ended = 0
    for _ in range(30):
        damaged, at = content.copy(), int(rng.integers(content.size))
        if kind == "cut short":
            damaged = damaged[:at]
        elif kind == "other bytes":
            damaged[at : at + 30] = rng.integers(0, 256, damaged[at:][:30].size)
        else:
            damaged = np.delete(damaged, slice(at, at + 300))
        path.write_bytes(damaged.tobytes())
        try:
            with video_files.opened(path) as opened:
                assert all(image.any() for _, image in opened.frames)
        except errors.InputError as error:
            assert str(path) in str(error)
            ended += 1
    assert ended
    assert "[ERROR" not in capfd.readouterr().err


def test_predict_takes_photos_and_videos(video, exported, people, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    done = run(
        "deeppose_tf.predict",
        f"--model={exported}",
        f"--output_dir={tmp_path / 'out'}",
        *(video, bad, people / "images" / "im00003.jpg"),
    )
    assert refused(done, "1 of 3")
    assert f"{bad}: not a readable video" in done.stderr
    written = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert written == [
        "im00003.pose.jpg",
        "im00003.pose.json",
        "walk.pose.json",
        "walk.pose.jsonl",
        "walk.pose.mp4",
    ]


def models_of(folder):
    return [
        pathlib.Path(
            json.loads((folder / name).read_text())["model"]
        ).parent.name
        for name in ("walk.pose.json", "im00003.pose.json")
    ]


def test_videos_have_the_fastest_model_by_default(video, people, tmp_path):
    pytest.importorskip("ai_edge_litert")
    photo = people / "images" / "im00003.jpg"
    done = run("deeppose_tf.predict", f"--output_dir={tmp_path}", video, photo)
    assert done.returncode == 0, done.stderr
    assert models_of(tmp_path) == ["lsp_extended_lite", "lsp_extended"]


def test_without_litert_videos_have_the_model_of_photos(
    video, people, tmp_path
):
    done = run_code(
        """
import runpy, sys
from deeppose_tf import extras
extras.is_installed = lambda package: package != extras.LITERT
sys.argv[0] = "deeppose_tf.predict"
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
""",
        "--box=40,30,50,50",
        f"--output_dir={tmp_path}",
        *(video, people / "images" / "im00003.jpg"),
    )
    assert done.returncode == 0, done.stderr
    assert "LiteRT is not installed: videos have" in done.stderr
    assert models_of(tmp_path) == ["lsp_extended", "lsp_extended"]
