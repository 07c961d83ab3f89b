"""Source folders of the first people of LSP Extended."""

import pathlib

import scipy.io


def first(source: pathlib.Path, count: int, folder: pathlib.Path):
    """Makes a source folder of few people; pictures stay where they are.

    Args:
        source: in LSP Extended's layout, an absolute path.
        count: how many people.
        folder: to be made.
    """
    folder.mkdir(parents=True)
    (folder / "images").symlink_to(source / "images")
    joints = scipy.io.loadmat(source / "joints.mat")["joints"]
    scipy.io.savemat(folder / "joints.mat", {"joints": joints[..., :count]})
