"""The graph that TF Serving runs: images and boxes in, joints out."""

import numpy as np
import tensorflow as tf

from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import windows
from deeppose_tf.models import cascade
from deeppose_tf.models import confidence
from deeppose_tf.serving import interface

# So many pictures are decoded at once. Each takes 3 bytes a pixel, and as many
# again for the part that is looked at.
_PICTURES_AT_ONCE = 4

# Closes each batch, so that there is one even where no image can be read.
_NOBODY = {
    "index": np.int64(-1),
    "image": np.full([1, 1, 3], crops.FILL, np.uint8),
    "box": np.zeros(4, np.float32),
    "origin": np.zeros(2, np.float32),
    "factor": np.float32(1.0),
}
_PADDING = {
    "index": np.int64(0),
    "image": np.uint8(crops.FILL),
    "box": 0.0,
    "origin": 0.0,
    "factor": 0.0,
}


class Server(tf.Module):
    """A cascade with its signatures."""

    def __init__(
        self,
        model: cascade.Cascade,
        sure: confidence.Confidence,
        box: dict | None = None,
    ):
        """Keeps the cascade whose signatures are exported.

        Args:
            model: the cascade.
            sure: of its last stage.
            box: rule of the training people's boxes (dataset.json): "the whole
                image" is meant in its way.
        """
        super().__init__()
        self._model = model
        # One function, so that signatures share its graph.
        self._find = tf.function(
            model.find,
            input_signature=[
                tf.TensorSpec([None, None, None, 3], tf.uint8),
                tf.TensorSpec([None, 4], tf.float32),
            ],
        )
        # TensorFlow's variables, not Keras's: of those a SavedModel holds two
        # copies, and a server restores the one that the graph does not read.
        self._variables = [
            weight.value
            for stage in model.stages
            for network in stage.networks.values()
            for weight in network.weights
        ]
        self._sure = sure
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
            [n, stages, joints, 2], both pixels; scores: float32 [n, joints],
            see confidence.py.

        Raises:
            InvalidArgumentError: names the first image that cannot be read, or
                the first box that is not finite (or beyond 1e9 pixels); or
                there are not as many boxes as images.
        """
        box = _checked(box, tf.size(image_bytes), "image_bytes")
        return self._answer(
            image_bytes,
            crops.decode,
            lambda i: box[i],
            "image_bytes[{}] is no readable JPEG or PNG",
        )

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8, "image"),
            tf.TensorSpec([None, 4], tf.float32, "box"),
        ]
    )
    def from_pixels(self, image, box):
        """Poses in uint8 [n, height, width, 3]; see `from_bytes`."""
        box = _checked(box, tf.shape(image)[0], "image")
        return self._answer(
            tf.range(tf.shape(image)[0]),
            lambda i: image[i],
            lambda i: box[i],
            "image[{}] cannot be cut out",
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def from_examples(self, examples):
        """Poses in records, serialized as by records.py; see `from_bytes`."""

        def person(example):
            return parsing.decode(example, len(self._skeleton.joints))

        def picture(example):
            found = person(example)
            finite = tf.reduce_all(tf.abs(found["box"]) <= boxes.LARGEST)
            sound = tf.debugging.Assert(finite, ["box"])
            with tf.control_dependencies([sound]):
                return crops.decode(tf.identity(found["image"]))

        return self._answer(
            examples,
            picture,
            lambda i: person(examples[i])["box"],
            "examples[{}] is no readable record with a finite box",
        )

    @property
    def _skeleton(self):
        return self._model.stages[0].spec.skeleton

    def _answer(self, sources, open_picture, box_of, complaint):
        """Joints and scores of all persons.

        Args:
            sources: [n], what a person's picture is opened from; equal ones are
                opened once a pass.
            open_picture: from a source to uint8 [height, width, 3].
            box_of: from a person's index to float32 [4].
            complaint: of a picture that cannot be opened, {} for the person's
                index.
        """
        n = tf.size(sources)
        k, num_stages = len(self._skeleton.joints), len(self._model.stages)
        passes = -(-n // interface.PERSONS_PER_PASS)
        poses = _batches(passes, [num_stages, k, 2])
        scores = _batches(passes, [k])
        for i in tf.range(passes):
            # Passes side by side would each take their memory.
            tf.autograph.experimental.set_loop_options(parallel_iterations=1)
            first = i * interface.PERSONS_PER_PASS
            last = tf.minimum(n, first + interface.PERSONS_PER_PASS)
            person = self._people(
                sources[first:last], first, open_picture, box_of, complaint
            )
            found = self._find(person["image"], person["box"])
            sure = confidence.scores(
                self._sure, *found, person["box"], self._skeleton.torsos
            )
            joints = windows.out_of_window(
                found.joints,
                person["origin"][:, None, None],
                person["factor"][:, None, None, None],
            )
            order = tf.argsort(person["index"])
            poses = poses.write(i, tf.gather(joints, order))
            scores = scores.write(i, tf.gather(sure, order))
        joints = poses.concat()
        return {
            interface.JOINTS: joints[:, -1],
            interface.STAGE_JOINTS: joints,
            interface.SCORES: scores.concat(),
        }

    def _people(self, sources, first, open_picture, box_of, complaint):
        """The windows of some persons, padded to one size, picture by picture.

        Pictures are opened side by side, each once; `crops.window` bounds what
        is kept of them.
        """
        pictures, owners = tf.unique(sources)

        def prepare(index, picture):
            box = box_of(index)
            given = tf.reduce_min(box[2:]) > 0.0
            b0 = tf.where(given, box, self._whole(picture))
            image, origin, factor = windows.window(picture, b0)
            return {
                "index": index,
                "image": image,
                "box": windows.box_into_window(b0, origin, factor),
                "origin": origin,
                "factor": factor,
            }

        def people_in(number, picture):
            own = tf.where(owners == number)[:, 0] + tf.cast(first, tf.int64)
            return tf.data.Dataset.from_tensor_slices(own).map(
                lambda index: prepare(index, picture)
            )

        people = (
            tf.data.Dataset.range(tf.size(pictures, tf.int64))
            .map(
                lambda i: (tf.cast(i, tf.int32), open_picture(pictures[i])),
                num_parallel_calls=_PICTURES_AT_ONCE,
            )
            .ignore_errors()  # Those that are missing are named below.
            .flat_map(people_in)
            .concatenate(tf.data.Dataset.from_tensors(_NOBODY))
            .padded_batch(
                interface.PERSONS_PER_PASS + 1, padding_values=_PADDING
            )
        )
        batch = people.get_single_element()
        found = {name: values[:-1] for name, values in batch.items()}
        wanted = tf.range(tf.size(sources, tf.int64)) + tf.cast(first, tf.int64)
        missing = tf.sets.difference(wanted[None], found["index"][None]).values
        readable = tf.debugging.Assert(
            tf.size(missing) == 0,
            [tf.strings.format(complaint, tf.concat([missing, [-1]], 0)[0])],
        )
        with tf.control_dependencies([readable]):
            return {name: tf.identity(value) for name, value in found.items()}

    def _whole(self, picture):
        size = tf.cast(tf.shape(picture)[1::-1], tf.float32)
        center = size / 2.0
        if self._box["square"]:
            size = tf.repeat(tf.reduce_max(size), 2)
        if self._box["kind"] == "image":
            size *= self._box["scale"]
        return tf.concat([center, size], -1)


def _checked(box, count, name):
    """The boxes, if there are `count` and all are within `boxes.LARGEST`."""
    given = tf.shape(box)[0]
    enough = tf.debugging.Assert(
        given == count,
        [
            tf.strings.format(
                f"{name} has {{}} entries, but box has {{}}", (count, given)
            )
        ],
    )
    sound = tf.abs(box) <= boxes.LARGEST  # Not NaN either.
    bad = tf.where(~tf.reduce_all(sound, axis=-1))[:, 0]
    finite = tf.debugging.Assert(
        tf.size(bad) == 0,
        [
            tf.strings.format(
                "box[{}] is not finite", tf.concat([bad, [-1]], 0)[0]
            )
        ],
    )
    with tf.control_dependencies([enough, finite]):
        return tf.identity(box)


def _batches(passes, shape):
    """A list of what comes of each pass."""
    return tf.TensorArray(
        tf.float32, passes, infer_shape=False, element_shape=[None, *shape]
    )
