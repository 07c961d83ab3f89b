import pathlib
import urllib.error

import pytest

from deeppose_tf import errors
from deeppose_tf.networks import by_name


@pytest.mark.keras3
@pytest.mark.parametrize(
    "network, part", [("mobilenet_v2", "mobilenet"), ("resnet50", "resnet50")]
)
def test_a_failed_download_says_what_to_fetch_and_where_to_put_it(
    monkeypatch, tmp_path, network, part
):
    def offline(*_):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", offline)
    monkeypatch.setattr(
        "keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path)
    )
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(errors.InputError) as caught:
        by_name.build(network, 96, "imagenet")
    message = str(caught.value)
    assert "\n" not in message
    words = message.split()
    address = words[words.index("fetch") + 1]
    assert address.startswith("https://") and part in address
    name = pathlib.PurePosixPath(address).name
    assert f"put it at {tmp_path}/models/{name};" in message
    assert list((tmp_path / "models").iterdir()) == []
