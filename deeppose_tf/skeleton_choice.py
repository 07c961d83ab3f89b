"""Which skeleton a user names: one of ours, or that of an export."""

import pathlib

from deeppose_tf import errors
from deeppose_tf import json_files
from deeppose_tf import skeletons

NAMED = {
    skeleton.name: skeleton
    for skeleton in (
        skeletons.LSP,
        skeletons.FLIC,
        skeletons.MPII,
        skeletons.COCO,
    )
}


def from_flag(word: str) -> skeletons.Skeleton:
    """The skeleton of --skeleton=NAME, or =path/to/deeppose.json.

    Raises:
        InputError: there is neither such a name nor such a file.
    """
    if word in NAMED:
        return NAMED[word]
    way_out = (
        f"--skeleton wants one of {', '.join(NAMED)}, or assets/deeppose.json "
        "of an export"
    )
    values = json_files.load(pathlib.Path(word), way_out)
    try:
        return skeletons.from_json(values["skeleton"])
    except (KeyError, TypeError):
        raise errors.InputError(
            f"{word}: no skeleton in it; {way_out}"
        ) from None
