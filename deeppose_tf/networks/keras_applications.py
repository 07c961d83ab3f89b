"""Networks of keras.applications: a crop in, feature maps out."""

import os
import pathlib
import re

import keras

from deeppose_tf import errors

_layers = keras.layers


def mobilenet_v2(image_size: int, weights: str | None = None) -> keras.Model:
    """MobileNetV2 of keras.applications."""
    scaling = _layers.Rescaling(1 / 127.5, offset=-1)
    return _application(
        keras.applications.MobileNetV2, image_size, weights, scaling
    )


def resnet50(image_size: int, weights: str | None = None) -> keras.Model:
    """ResNet50 of keras.applications; its weights want BGR minus the mean."""
    scaling = _layers.Lambda(
        keras.applications.resnet50.preprocess_input, name="bgr_minus_mean"
    )
    return _application(
        keras.applications.ResNet50, image_size, weights, scaling
    )


def efficientnet_v2b0(
    image_size: int, weights: str | None = None
) -> keras.Model:
    """EfficientNetV2-B0 of keras.applications, which scales its input."""
    return _application(
        keras.applications.EfficientNetV2B0, image_size, weights, scaling=None
    )


def _application(constructor, image_size, weights, scaling):
    crop = keras.Input((image_size, image_size, 3), name="crop")
    scaled = crop if scaling is None else scaling(crop)
    try:
        model = constructor(
            include_top=False,
            weights=weights,
            input_tensor=scaled,
            input_shape=(image_size, image_size, 3),
        )
    except Exception as error:  # Keras raises bare Exception without network.
        if weights is None:
            raise
        raise _no_download(weights, constructor.__name__, error) from error
    return keras.Model(crop, _last_at_strides(model, image_size))


def _no_download(weights, network, error):
    """An error that says where to put the file of the address in Keras's."""
    url = re.search(r"https?://\S+/([^/\s:]+)", str(error))
    if url is None:
        return errors.InputError(f"--weights={weights}: {network}: {error}")
    # Where Keras looks.
    folder = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras"), "models")
    return errors.InputError(
        f"--weights={weights}: no network; fetch {url[0].rstrip(':.')} on a "
        f"machine that has one, and put it at {folder / url[1]}; or use "
        "--weights=none"
    )


def _last_at_strides(model, image_size):
    """The last feature map of each of the strides 8, 16 and 32."""
    by_side = {
        layer.output.shape[1]: layer.output
        for layer in model.layers
        if len(layer.output.shape) == 4
    }
    return [by_side[-(-image_size // stride)] for stride in (8, 16, 32)]
