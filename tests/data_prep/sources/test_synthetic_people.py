import scipy.io
from PIL import Image

from data_prep.sources import lsp
from tests import launcher


def test_same_seed_draws_the_same_bytes(tmp_path, people):
    again = tmp_path / "again"
    done = launcher.run(
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
