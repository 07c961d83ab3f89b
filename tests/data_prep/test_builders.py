import io
import json
import os
import resource
import subprocess
import sys

import numpy as np
import pytest
import scipy.io
import tensorflow as tf
from PIL import Image

from data_prep.building import encoding
from data_prep.building import local_build
from data_prep.building import output_folder
from data_prep.building import person_box
from data_prep.building import pictures
from data_prep.building import record_files
from data_prep.building.options import Options
from data_prep.sources import lsp
from deeppose_tf import errors
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import skeletons
from tests import conftest

IMAGE_RULE = person_box.Rule("image", 1.0, square=False)
JOINTS_RULE = person_box.Rule("joints", 1.25, square=True)


def write_source(folder, joints, size=(80, 60), digits=5):
    """A source folder with one flat picture a person."""
    (folder / "images").mkdir(parents=True)
    scipy.io.savemat(folder / "joints.mat", {"joints": joints})
    people = joints.shape[2] if joints.ndim == 3 else 1
    for i in range(people):
        name = f"im{i + 1:0{digits}d}.jpg"
        Image.new("RGB", size, (i, 50, 90)).save(folder / "images" / name)
    return folder


def extended(people=4):
    joints = np.random.default_rng(0).uniform(5, 55, (14, 3, people))
    joints[:, 2] = 1.0
    return joints


@pytest.fixture
def lsp_like(tmp_path):
    joints = np.random.default_rng(1).uniform(5, 55, (3, 14, 6))
    joints[2] = 0.0
    joints[:, 3, 0] = [11.0, 21.0, 1.0]  # Left hip of the first, occluded.
    return write_source(tmp_path / "lsp", joints, digits=4)


def test_lsp_has_an_official_split_and_occlusion(lsp_like):
    people = lsp.read(str(lsp_like))
    assert [p.official for p in people] == ["train"] * 3 + ["test"] * 3
    # MATLAB's pixel 11 has its center at 10.5.
    np.testing.assert_allclose(people[0].joints[3], [10.5, 20.5])
    assert people[0].labeled.all()
    assert not people[0].visible[3]
    assert people[0].visible.sum() == 13
    assert people[0].image_path.name == "im0001.jpg"


def test_extended_masks_junk(tmp_path):
    joints = extended()
    joints[5, :, 2] = [-26.0, 3.0, 0.0]
    joints[6, :, 2] = [np.nan, 3.0, 1.0]
    people = lsp.read(str(write_source(tmp_path / "e", joints)))
    assert {p.official for p in people} == {None}
    assert np.flatnonzero(~people[2].labeled).tolist() == [5, 6]
    np.testing.assert_array_equal(people[2].joints[[5, 6]], np.zeros((2, 2)))


def test_a_single_person_is_read_too(tmp_path):
    source = write_source(tmp_path / "one", extended(1)[..., 0])
    assert len(lsp.read(str(source))) == 1


def test_real_lsp_annotations(real_data):
    people = lsp.read(str(real_data / "lsp"))
    assert len(people) == 2000
    assert sum(p.official == "train" for p in people) == 1000
    assert all(p.labeled.all() for p in people)
    # scipy: joints[:2, 0, 0] is (473.95283, 552.63152).
    np.testing.assert_allclose(people[0].joints[0], [473.45283, 552.13152])


def test_real_lspet_annotations(real_data):
    people = lsp.read(str(real_data / "lspet"))
    assert len(people) == 8000
    assert not people[0].labeled[0]
    np.testing.assert_allclose(
        people[0].joints[1], [25.53094, 85.91023], atol=1e-4
    )
    share = np.mean([p.labeled.mean() for p in people])
    assert share == pytest.approx(0.8797, abs=1e-4)
    inside = np.concatenate([p.joints[p.labeled] for p in people])
    assert inside.min() > -3.0


def test_person_of_the_whole_image_box(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons([annotation], IMAGE_RULE, max_side=None)
    np.testing.assert_array_equal(person.box, [40, 30, 80, 60])
    np.testing.assert_allclose(
        person.joints[3], [(10.5 - 40) / 80, (20.5 - 30) / 60], atol=1e-6
    )
    assert person.image == annotation.image_path.read_bytes()


def test_box_of_the_joints_encloses_them_scaled(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons([annotation], JOINTS_RULE, max_side=None)
    assert person.box[2] == person.box[3]
    assert np.abs(person.joints).max() == pytest.approx(0.5 / 1.25, abs=1e-6)


def test_max_side_shrinks_picture_and_joints_alike(lsp_like):
    annotation = lsp.read(str(lsp_like))[0]
    [person] = encoding.to_persons([annotation], IMAGE_RULE, max_side=40)
    assert (person.width, person.height) == (40, 30)
    with Image.open(io.BytesIO(person.image)) as image:
        assert image.size == (40, 30)
    in_pixels = boxes.denormalize(person.joints, person.box)
    np.testing.assert_allclose(in_pixels[3], [5.25, 10.25], atol=1e-4)


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_pictures_become_grey_or_rgb_jpegs(tmp_path, mode):
    path = tmp_path / "im.jpg"
    Image.new("RGB", (8, 6), (90, 90, 90)).convert(mode).save(path)
    encoded, size, scale = pictures.load_jpeg(path, None)
    assert (size, scale) == ((8, 6), 1.0)
    with Image.open(io.BytesIO(encoded)) as image:
        assert image.mode == ("L" if mode == "L" else "RGB")
    assert (encoded == path.read_bytes()) == (mode != "CMYK")


def test_of_sixteen_bits_the_upper_ones_are_kept(tmp_path):
    path = tmp_path / "im.png"
    grey = np.full((6, 8), 0x5A00, np.uint16)
    Image.fromarray(grey).save(path)
    encoded, _, _ = pictures.load_jpeg(path, None)
    with Image.open(io.BytesIO(encoded)) as image:
        pixels = np.asarray(image).astype(int)
    assert pixels.shape == (6, 8, 3)
    np.testing.assert_allclose(pixels, 0x5A, atol=2)


def test_a_turned_picture_stays_as_it_is_stored(tmp_path):
    path = tmp_path / "im.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # To be shown turned by 90 degrees.
    Image.new("RGB", (8, 6)).save(path, exif=exif)
    _, size, _ = pictures.load_jpeg(path, None)
    assert size == (8, 6)


def test_broken_pictures_have_a_reason(tmp_path):
    path = tmp_path / "im.jpg"
    with pytest.raises(pictures.Unreadable, match="missing"):
        pictures.load_jpeg(path, None)
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(pictures.Unreadable, match="unreadable"):
        pictures.load_jpeg(path, None)
    path.write_bytes(b"no picture")
    with pytest.raises(pictures.Unreadable, match="unreadable"):
        pictures.load_jpeg(path, None)


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


def test_record_files_are_what_tensorflow_writes(tmp_path):
    records = [b"", b"one", bytes(300_000)]
    ours = record_files.RecordFile(tmp_path / "ours")
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as theirs:
        for record in records:
            ours.write(record)
            theirs.write(record)
    ours.close()
    assert (tmp_path / "ours").read_bytes() == (
        tmp_path / "theirs"
    ).read_bytes()


def build(source, output_dir, *more):
    return conftest.run(
        "data_prep.build_lsp",
        f"--source={source}",
        f"--output_dir={output_dir}",
        "--num_shards=2",
        *more,
    )


def test_two_sources_and_bad_people_are_counted(tmp_path, lsp_like):
    joints = extended(5)
    joints[:, 2, 1] = 0.0
    other = write_source(tmp_path / "lspet", joints)
    (other / "images" / "im00004.jpg").unlink()
    output = tmp_path / "records"
    done = build(lsp_like, output, f"--source={other}", "--val_fraction=0")
    assert done.returncode == 0, done.stderr
    card = json.loads((output / "dataset.json").read_text())
    assert card["skipped"] == {"image missing": 1, "no labeled joint": 1}
    counts = {name: split["persons"] for name, split in card["splits"].items()}
    assert counts == {"train": 6, "val": 0, "test": 3}
    ids = set()
    for shard in card["splits"]["train"]["shards"]:
        for serialized in tf.data.TFRecordDataset(str(output / shard["name"])):
            person = parsing.decode(serialized, len(skeletons.LSP.joints))
            ids.add(person["person_id"].numpy().decode())
    assert ids == {f"lsp/im000{i}.jpg" for i in (1, 2, 3)} | {
        f"lspet/im0000{i}.jpg" for i in (1, 3, 5)
    }


def test_joints_of_another_shape_are_refused(tmp_path):
    source = write_source(tmp_path / "s", np.zeros((16, 3, 2)))
    output = tmp_path / "records"
    assert conftest.refused(
        build(source, output), "joints.mat", "(16, 3, 2)", "(14, 3, N)"
    )
    assert not output.exists()


@pytest.mark.parametrize("content", [None, b"no MAT file at all"])
def test_a_missing_or_broken_mat_file_is_named(tmp_path, content):
    (tmp_path / "s").mkdir()
    if content:
        (tmp_path / "s" / "joints.mat").write_bytes(content)
    with pytest.raises(errors.InputError, match="joints.mat"):
        lsp.read(str(tmp_path / "s"))


def test_not_one_usable_person_leaves_no_folder(tmp_path):
    joints = extended(2)
    joints[:, 2] = 0.0
    source = write_source(tmp_path / "s", joints)
    output = tmp_path / "records"
    done = build(source, output)
    first = source / "images" / "im00001.jpg"
    assert conftest.refused(done, "not one usable person", f"should be {first}")
    assert not output.exists()


def test_same_seed_draws_the_same_bytes(tmp_path, people):
    again = tmp_path / "again"
    done = conftest.run(
        "data_prep.synthesize_lsp", f"--output_dir={again}", "--people=24"
    )
    assert done.returncode == 0, done.stderr
    names = sorted(p.relative_to(people) for p in people.rglob("*.*"))
    assert len(names) == 25
    for name in names:
        assert (people / name).read_bytes() == (again / name).read_bytes()


def test_made_up_people_are_in_the_layout_of_lsp_extended(people):
    joints = scipy.io.loadmat(people / "joints.mat")["joints"]
    assert joints.shape == (14, 3, 24)
    read = lsp.read(str(people))
    assert not all(p.labeled.all() for p in read)
    for i, person in enumerate(read):
        with Image.open(person.image_path) as image:
            size = image.size
        inside = person.joints[person.labeled]
        assert (inside >= 0).all()
        assert (inside <= size).all()
        junk = joints[~person.labeled, :2, i]
        assert ((junk < 0) | (junk > size)).any(axis=1).all()


def test_a_source_folder_is_never_written_over(lsp_like):
    assert refused_and_kept(build(lsp_like, lsp_like), lsp_like)
    done = conftest.run(
        "data_prep.synthesize_lsp", f"--output_dir={lsp_like}", "--people=1"
    )
    assert refused_and_kept(done, lsp_like)


def refused_and_kept(done, source):
    kept = (source / "images" / "im0001.jpg").exists()
    return conftest.refused(done, "holds other files") and kept


def test_two_sources_of_one_name_are_refused(tmp_path, lsp_like):
    output = tmp_path / "records"
    done = build(lsp_like, output, f"--source={lsp_like}")
    assert conftest.refused(done, "share the id lsp/im0001.jpg")
    assert not output.exists()


def test_a_link_to_a_folder_is_built_into(lsp_like, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    done = build(lsp_like, tmp_path / "link")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "dataset.json").exists()


def test_a_killed_process_ends_in_a_line(lsp_like, tmp_path, monkeypatch):
    options = Options("o", IMAGE_RULE, 4, 0.0, 0.0, None, {})
    monkeypatch.setattr(encoding, "prepare", lambda *_: os._exit(1))
    with pytest.raises(errors.InputError, match="killed.*--max_side"):
        local_build.write(lsp.read(lsp_like), tmp_path, options)


def test_a_mount_point_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path)
    with (
        pytest.raises(errors.InputError, match="mount point.*a folder in it"),
        output_folder.atomic(str(tmp_path), lambda _: True),
    ):
        pytest.fail("begun")


def test_dataset_json_has_all_that_was_asked_for(lsp_like, tmp_path):
    done = build(lsp_like, tmp_path / "d", "--max_side=40", "--nosquare")
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "d" / "dataset.json").read_text())
    asked = {"num_shards": 2, "max_side": 40, "square": False, "box": "image"}
    assert asked.items() <= card["arguments"].items()


@pytest.mark.parametrize("num_shards", [1, 4])
def test_a_full_disk_ends_in_a_line_and_leaves_nothing(
    people, tmp_path, num_shards
):
    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    output = tmp_path / "records"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "data_prep.build_lsp"),
            *(f"--source={people}", f"--output_dir={output}"),
            f"--num_shards={num_shards}",
        ],
        cwd=conftest.ROOT,
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
    )
    assert conftest.refused(done, f"-of-0000{num_shards}", "--output_dir")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["lsp", "flic", "mpii", "coco", "csv"])
def test_builders_start_without_tensorflow(name):
    code = (
        f"import sys, data_prep.build_{name}\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=conftest.ROOT, timeout=600
    )
    assert done.returncode == 0
