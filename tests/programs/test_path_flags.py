"""`~` and addresses in the flags that name files and folders."""

import json

import pytest

from tests import launcher
from tests.data_prep import layouts


@pytest.mark.parametrize(
    "value", ["gs://bucket/x", "file:///tmp/x", "~nobody_/x"]
)
def test_addresses_are_no_paths(tmp_path, value):
    done = launcher.run(
        *("data_prep.build_lsp", f"--source={tmp_path}"),
        f"--output_dir={value}",
    )
    assert launcher.refused(done, f"--output_dir={value}")


def test_the_home_folder_is_meant_in_every_path_flag(tmp_path):
    layouts.write_source(tmp_path / "s", layouts.extended(3))
    done = launcher.run(
        "data_prep.build_lsp",
        *("--source=~/s", "--output_dir=~/records", "--num_shards=1"),
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "records" / "dataset.json").exists()
    card = json.loads((tmp_path / "records" / "dataset.json").read_text())
    assert card["arguments"]["source"] == [str(tmp_path / "s")]
