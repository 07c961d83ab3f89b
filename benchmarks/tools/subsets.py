"""Source folders of the first people of LSP Extended."""

import pathlib

import scipy.io


def first(
    source: pathlib.Path, count: int, folder: pathlib.Path
) -> pathlib.Path:
    """Makes a source folder of few people; pictures stay where they are.

    It has the source's name, which is part of image ids: by these a builder
    tells who trains and who tests, so that both are the same people as of all.

    Args:
        source: in LSP Extended's layout, an absolute path.
        count: how many people.
        folder: where the source folder is made.

    Returns:
        The source folder.
    """
    few = folder / source.name
    few.mkdir(parents=True)
    (few / "images").symlink_to(source / "images")
    joints = scipy.io.loadmat(source / "joints.mat")["joints"]
    scipy.io.savemat(few / "joints.mat", {"joints": joints[..., :count]})
    return few
