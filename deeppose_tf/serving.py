"""SavedModel of the whole cascade: signatures, metadata, versions."""

import dataclasses
import pathlib
import shutil

import tensorflow as tf

from deeppose_tf import cascade
from deeppose_tf import crops
from deeppose_tf import errors
from deeppose_tf import json_files
from deeppose_tf import skeletons
from deeppose_tf.dataset import Dataset


class Server(tf.Module):
    """The graph that TF Serving runs."""

    def __init__(self, model: cascade.Cascade, box: dict | None = None):
        """Keeps the cascade whose signatures are exported.

        Args:
            model: the cascade.
            box: rule of the training people's boxes (dataset.json): "the whole
                image" is meant in its way.
        """
        super().__init__()
        self._model = model
        self._box = box or {"kind": "image", "scale": 1.0, "square": False}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "image_bytes"),
            tf.TensorSpec([None, 4], tf.float32, "box"),
        ]
    )
    def from_bytes(self, image_bytes, box):
        """Poses in JPEG or PNG images, which may differ in size.

        Args:
            image_bytes: string [n].
            box: float32 [n, 4], pixels; w or h <= 0 means the whole image.

        Returns:
            joints: float32 [n, joints, 2], stage_joints: float32
            [n, stages, joints, 2]; pixels.
        """
        return self._answer(lambda i: crops.decode(image_bytes[i]), box)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8, "image"),
            tf.TensorSpec([None, 4], tf.float32, "box"),
        ]
    )
    def from_pixels(self, image, box):
        """Poses in uint8 [n, height, width, 3]; see `from_bytes`."""
        return self._answer(lambda i: image[i], box)

    def _answer(self, image_of, box):
        images, box, origin, factor = self._gather(image_of, box)
        joints = self._model(images, box)
        joints = crops.out_of_window(
            joints, origin[:, None, None], factor[:, None, None, None]
        )
        return {"joints": joints[:, -1], "stage_joints": joints}

    def _gather(self, image_of, box):
        """Each person's window, padded to one size; where windows lie.

        An image is decoded once; `crops.window` bounds what is kept of it.
        """
        n = tf.shape(box)[0]
        windows = tf.TensorArray(
            tf.uint8, n, infer_shape=False, element_shape=[None, None, 3]
        )
        inner = tf.TensorArray(tf.float32, n, element_shape=[4])
        origins = tf.TensorArray(tf.float32, n, element_shape=[2])
        factors = tf.TensorArray(tf.float32, n, element_shape=[])
        extent = tf.ones([2], tf.int32)
        for i in tf.range(n):
            picture = image_of(i)
            given = tf.reduce_min(box[i, 2:]) > 0.0
            b0 = tf.where(given, box[i], self._whole(picture))
            image, origin, factor = crops.window(picture, b0)
            windows = windows.write(i, image)
            inner = inner.write(i, crops.box_into_window(b0, origin, factor))
            origins, factors = (
                origins.write(i, origin),
                factors.write(i, factor),
            )
            extent = tf.maximum(extent, tf.shape(image)[:2])
        images = tf.map_fn(
            lambda i: _padded(windows.read(i), extent),
            tf.range(n),
            fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8),
        )
        return images, inner.stack(), origins.stack(), factors.stack()

    def _whole(self, picture):
        size = tf.cast(tf.shape(picture)[1::-1], tf.float32)
        center = size / 2.0
        if self._box["square"]:
            size = tf.repeat(tf.reduce_max(size), 2)
        if self._box["kind"] == "image":
            size *= self._box["scale"]
        return tf.concat([center, size], -1)


def _padded(image, extent):
    """Pads to the right and below with what lies outside of images."""
    below = extent - tf.shape(image)[:2]
    return tf.pad(
        image,
        [[0, below[0]], [0, below[1]], [0, 0]],
        constant_values=crops.FILL,
    )


def export(
    run_dir: str | pathlib.Path, export_dir: str, data: Dataset | None = None
) -> pathlib.Path:
    """Writes the cascade that ends with a run folder as the next version.

    Args:
        run_dir: of the last stage.
        export_dir: saved_models/NAME.
        data: what it was trained on, for the metadata.

    Returns:
        The new folder, saved_models/NAME/VERSION.
    """
    model = cascade.load(run_dir)
    server = Server(model, data and data.box)
    version = _next_version(pathlib.Path(export_dir))
    aside = version.with_name(f".{version.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    tf.saved_model.save(
        server,
        str(aside),
        signatures={
            "serving_default": server.from_bytes,
            "image_tensor": server.from_pixels,
        },
        # A server never trains.
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    (aside / "assets").mkdir(exist_ok=True)
    json_files.save(aside / "assets" / "deeppose.json", _metadata(model, data))
    aside.rename(version)
    return version


def _metadata(model, data):
    specs = [stage.spec for stage in model.stages]
    skeleton = specs[0].skeleton
    return {
        "skeleton": skeleton.to_json(),
        "stages": [
            {
                key: value
                for key, value in dataclasses.asdict(spec).items()
                if key not in ("skeleton", "previous")
            }
            for spec in specs
        ],
        "training_data": data and {"name": data.name, "box": data.box},
        "units": "joints and boxes in pixels of the image as stored",
    }


def _next_version(folder):
    return folder / str(max([0, *versions(folder)]) + 1)


def versions(folder: pathlib.Path) -> list[int]:
    """Numbers of the versions in saved_models/NAME."""
    if not folder.is_dir():
        return []
    return [int(p.name) for p in folder.iterdir() if p.name.isdigit()]


@dataclasses.dataclass(frozen=True)
class Loaded:
    """An exported cascade: its signatures and what its metadata says."""

    signatures: dict
    skeleton: skeletons.Skeleton
    metadata: dict
    path: pathlib.Path


def load(model_dir: str) -> Loaded:
    """Loads saved_models/NAME (its newest version) or one version of it.

    Raises:
        InputError: there is no exported cascade.
    """
    path = pathlib.Path(model_dir)
    if not (path / "saved_model.pb").exists() and versions(path):
        path = path / str(max(versions(path)))
    card = path / "assets" / "deeppose.json"
    if not (path / "saved_model.pb").exists() or not card.exists():
        raise errors.InputError(
            f"--model={model_dir}: no exported cascade there; train one, or "
            "write one with python -m deeppose_tf.export"
        )
    metadata = json_files.load(card, "export the cascade again")
    model = tf.saved_model.load(str(path))
    return Loaded(
        signatures=_keep(model),
        skeleton=skeletons.from_json(metadata["skeleton"]),
        metadata=metadata,
        path=path,
    )


def _keep(model):
    """Signatures that keep their model, and so its variables, alive."""

    def of(name):
        signature = model.signatures[name]
        return lambda **inputs: (model, signature(**inputs))[1]

    return {name: of(name) for name in model.signatures}
