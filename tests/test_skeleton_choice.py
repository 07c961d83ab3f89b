import json

import pytest

from deeppose_tf import errors
from deeppose_tf import skeleton_choice
from deeppose_tf import skeletons


def test_skeletons_are_known_by_name():
    assert skeleton_choice.from_flag("flic") is skeletons.FLIC
    assert set(skeleton_choice.NAMED) == {"lsp", "flic", "mpii", "coco"}


def test_an_export_s_metadata_names_its_skeleton(tmp_path):
    path = tmp_path / "deeppose.json"
    path.write_text(json.dumps({"skeleton": skeletons.MPII.to_json()}))
    assert skeleton_choice.from_flag(str(path)) == skeletons.MPII


@pytest.mark.parametrize("text", [None, "{", "{}", "[]", '{"skeleton": 3}'])
def test_what_is_no_skeleton_is_refused_with_the_way_out(tmp_path, text):
    path = tmp_path / "deeppose.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(errors.InputError, match="--skeleton wants one of lsp"):
        skeleton_choice.from_flag(str(path))
