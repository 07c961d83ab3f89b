"""Draws synthetic people, and writes them in the layout of LSP Extended.

python -m data_prep.synthesize_lsp --output_dir=data/people --people=2000
"""

import io
import pathlib

import numpy as np
import scipy.io
import tqdm
from absl import flags

from data_prep.building import output_folder
from data_prep.sources import synthetic_people
from deeppose_tf.launch import app

_HEADER = b"MATLAB 5.0 MAT-file, made-up people"

_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Folder for images/ and joints.mat.", required=True
)
_PEOPLE = flags.DEFINE_integer(
    "people", 1000, "Number of people.", lower_bound=1, upper_bound=99999
)
_SEED = flags.DEFINE_integer("seed", 0, "Same seed, same bytes.", lower_bound=0)


def main(argv):
    """Draws people one by one, from one seed each."""
    app.refuse_arguments(argv)
    with output_folder.atomic(_OUTPUT_DIR.value, _is_ours) as folder:
        (folder / "images").mkdir()
        rows = []
        for i in tqdm.trange(_PEOPLE.value, unit="person", disable=None):
            person = synthetic_people.draw(
                np.random.default_rng([_SEED.value, i])
            )
            path = folder / "images" / _name(i)
            person.image.save(path, quality=90)
            rows.append(_row(person))
        _save_mat(folder / "joints.mat", np.stack(rows, axis=-1))
    print(f"wrote {_PEOPLE.value} people to {_OUTPUT_DIR.value}")


def _is_ours(folder):
    """Whether this program wrote the folder."""
    path, images = folder / "joints.mat", folder / "images"
    return (
        {p.name for p in folder.iterdir()} == {path.name, images.name}
        and path.read_bytes().startswith(_HEADER)
        and images.is_dir()
        and {p.name for p in images.iterdir()} == _names_in(path)
    )


def _names_in(mat):
    """The pictures of a joints.mat that this program wrote."""
    try:
        joints = scipy.io.loadmat(mat)["joints"]
    except (KeyError, NotImplementedError, OSError, TypeError, ValueError):
        return set()  # Damaged, so not sure to be ours.
    return {_name(i) for i in range(joints.shape[-1])}


def _name(i):
    return f"im{i + 1:05d}.jpg"


def _row(person):
    """LSP Extended's [14, 3]: pixels counted from 1, junk if unlabeled."""
    reach = 1 + np.abs(person.joints).max(axis=-1, keepdims=True)
    junk = reach * [-1.0, 0.0]
    joints = np.where(person.labeled[:, None], person.joints + 0.5, junk)
    return np.concatenate([joints, person.labeled[:, None]], axis=1)


def _save_mat(path: pathlib.Path, joints: np.ndarray):
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"joints": joints})
    # The header's first 116 bytes are free text, where scipy writes the time.
    path.write_bytes(_HEADER.ljust(116) + buffer.getvalue()[116:])


if __name__ == "__main__":
    app.run(main)
