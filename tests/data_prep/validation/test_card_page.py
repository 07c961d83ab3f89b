import errno
import os
import pathlib

import matplotlib.colors
import numpy as np
import pytest
from matplotlib.figure import Figure

from data_prep.validation import card
from data_prep.validation import card_page
from deeppose_tf import errors
from deeppose_tf.data import parsing
from deeppose_tf.data import records
from deeppose_tf.geometry import skeletons
from deeppose_tf.storage import json_files
from deeppose_tf.visualization import pose_colors
from tests.data_prep import made_records


def test_a_full_disk_is_told_and_leaves_no_half_a_page(tmp_path, monkeypatch):
    def full(path, text, **_):
        with open(path, "w") as file:
            file.write(text[:9])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = made_records.write(
        tmp_path / "d", {"train": [made_records.person(1)]}
    )
    found = card.examine(str(folder))
    monkeypatch.setattr(pathlib.Path, "write_text", full)
    path = tmp_path / "pages" / "card.html"
    with pytest.raises(errors.InputError, match="card.html: No space left"):
        card_page.write(found, path)
    assert not list(path.parent.iterdir())
    with pytest.raises(errors.InputError, match="c.json: No space left"):
        json_files.save(tmp_path / "pages" / "c.json", {})
    assert not list(path.parent.iterdir())


def test_the_page_shows_faults_and_pictures(tmp_path):
    people = {
        "train": [made_records.person(1), made_records.person(2, width=9)]
    }
    found = card.examine(str(made_records.write(tmp_path / "d", people)))
    path = tmp_path / "pages" / "card.html"
    card_page.write(found, path)
    page = path.read_text()
    assert "picture of another size than recorded: 1 (p2)" in page
    assert page.count("data:image/png;base64,") == 2
    assert "<td>neck labeled</td><td>1.000</td>" in page


def test_samples_show_the_box_and_both_sides(tmp_path):
    every = np.ones(14, bool)
    every[:3] = False
    one = made_records.person(1, labeled=every, visible=every)
    decoded = parsing.decode(records.encode(one), 14)
    axes = Figure().add_subplot()
    card_page.draw_person(axes, decoded, skeletons.LSP)
    [box] = axes.patches
    assert (*box.get_xy(), box.get_width(), box.get_height()) == (
        20,
        10,
        40,
        40,
    )
    assert np.ptp(axes.get_xlim()) == pytest.approx(46)
    [dots] = axes.collections[-1:]
    left, right = (
        matplotlib.colors.to_rgba(pose_colors.COLORS[side])
        for side in ("left", "right")
    )
    colors = dots.get_facecolors()
    np.testing.assert_allclose(colors[skeletons.LSP.index("left_wrist")], left)
    np.testing.assert_allclose(
        colors[skeletons.LSP.index("right_wrist")], right
    )
    assert np.ma.getmaskarray(dots.get_offsets())[0].all()


def test_a_picture_s_name_with_a_dollar_is_no_formula(tmp_path):
    person = made_records.person(1, person_id="a/$\\frac$.jpg")
    folder = made_records.write(tmp_path / "d", {"train": [person]})
    card_page.write(card.examine(str(folder)), tmp_path / "card.html")
    assert (tmp_path / "card.html").exists()
