"""The graph that TF Serving runs: images and boxes in, joints out."""

import tensorflow as tf

from deeppose_tf import picture_formats
from deeppose_tf.data import parsing
from deeppose_tf.geometry import boxes
from deeppose_tf.geometry import crops
from deeppose_tf.geometry import windows
from deeppose_tf.models import cascade
from deeppose_tf.models.confidence import Confidence
from deeppose_tf.serving import exported_weights
from deeppose_tf.serving import interface
from deeppose_tf.serving import picture_batches


class Server(tf.Module):
    """A cascade with its signatures.

    Each signature says how a person's picture is opened and where the box is;
    `_answer` then goes the same way for all: pass by pass, windows of people,
    networks, joints in pixels of the pictures, scores.
    """

    def __init__(
        self,
        model: cascade.Cascade,
        confidence: Confidence,
        box: dict | None = None,
        max_pixels: int = picture_formats.LARGEST,
    ):
        """Keeps the cascade whose signatures are exported.

        Args:
            model: the cascade.
            confidence: of its last stage.
            box: rule of the training people's boxes (dataset.json); "the whole
                image" follows it.
            max_pixels: of a picture; a larger one is not decoded.
        """
        super().__init__()
        self._model = model
        # One function, so that signatures share its graph.
        self._predict = tf.function(
            model.predict,
            input_signature=[
                tf.TensorSpec([None, None, None, 3], tf.uint8),
                tf.TensorSpec([None, 4], tf.float32),
            ],
        )
        # Checkpoints of exports hold this name: exported_weights.py.
        self._variables = exported_weights.variables(model)
        self._confidence = confidence
        self._max_pixels = max_pixels
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
            and person_scores: float32 [n], see confidence.py.

        Raises:
            InvalidArgumentError: names the first image that cannot be read, or
                the first box that is not finite (or beyond 1e9 pixels); or
                there are not as many boxes as images.
        """
        box = _checked(box, tf.size(image_bytes), "image_bytes")
        return self._answer(
            picture_batches.Request(
                sources=image_bytes,
                open_picture=self._open,
                box_of=lambda i: box[i],
                error="image_bytes[{}] is no readable JPEG or PNG of at most "
                f"{self._max_pixels / 1e6:g} megapixels",
            )
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
            picture_batches.Request(
                sources=tf.range(tf.shape(image)[0]),
                open_picture=lambda i: image[i],
                box_of=lambda i: box[i],
                error="image[{}] cannot be cut out",
            )
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def from_examples(self, examples):
        """Poses in records, serialized as by records.py; see `from_bytes`."""

        def person(example):
            return parsing.decode(example, len(self._skeleton.joints))

        def picture(example):
            record = person(example)
            finite = tf.reduce_all(tf.abs(record["box"]) <= boxes.LARGEST)
            sound = tf.debugging.Assert(finite, ["box"])
            with tf.control_dependencies([sound]):
                return self._open(tf.identity(record["image"]))

        return self._answer(
            picture_batches.Request(
                sources=examples,
                open_picture=picture,
                box_of=lambda i: person(examples[i])["box"],
                error="examples[{}] is no readable record with a finite box",
            )
        )

    def _open(self, encoded):
        return crops.decode(crops.within_limit(encoded, self._max_pixels))

    def _answer(self, request: picture_batches.Request):
        """The joints and scores of all people of a request."""
        n = tf.size(request.sources)
        k, num_stages = len(self._skeleton.joints), len(self._model.stages)
        passes = -(-n // interface.PERSONS_PER_PASS)
        stage_joints = _results(passes, [num_stages, k, 2])
        scores, person_scores = _results(passes, [k]), _results(passes, [])
        for i in tf.range(passes):
            # Passes side by side would each take their memory.
            tf.autograph.experimental.set_loop_options(parallel_iterations=1)
            first = i * interface.PERSONS_PER_PASS
            last = tf.minimum(n, first + interface.PERSONS_PER_PASS)
            people = picture_batches.load(request, first, last, self._box)
            poses = self._poses(people)
            stage_joints = stage_joints.write(i, poses[0])
            scores = scores.write(i, poses[1])
            person_scores = person_scores.write(i, poses[2])
        joints = stage_joints.concat()
        return {
            interface.JOINTS: joints[:, -1],
            interface.STAGE_JOINTS: joints,
            interface.SCORES: scores.concat(),
            interface.PERSON_SCORES: person_scores.concat(),
        }

    def _poses(self, people: picture_batches.People):
        """Joints of each stage, and scores, in the order of the request.

        Returns:
            float32 [n, stages, joints, 2], pixels of the pictures, float32
            [n, joints] of the joints, and float32 [n] of the people.
        """
        output = self._predict(people.image, people.box)
        scores = self._confidence.scores(
            output.joints, output.spread, people.box, self._skeleton.torsos
        )
        person_scores = self._confidence.person_scores(
            output.joints, output.spread, people.box
        )
        joints = windows.out_of_window(
            output.joints,
            people.origin[:, None, None],
            people.factor[:, None, None, None],
        )
        order = tf.argsort(people.index)
        poses = joints, scores, person_scores
        return tuple(tf.gather(values, order) for values in poses)

    @property
    def _skeleton(self):
        return self._model.stages[0].spec.skeleton


def _checked(box, count, name):
    """The boxes, if there are `count` and all are within `boxes.LARGEST`."""
    num_boxes = tf.shape(box)[0]
    error = f"{name} has {{}} entries, but box has {{}}"
    enough = tf.debugging.Assert(
        num_boxes == count, [tf.strings.format(error, (count, num_boxes))]
    )
    sound = tf.abs(box) <= boxes.LARGEST  # False for NaN too.
    bad = tf.where(~tf.reduce_all(sound, axis=-1))[:, 0]
    first_bad = tf.concat([bad, [-1]], 0)[0]
    finite = tf.debugging.Assert(
        tf.size(bad) == 0,
        [tf.strings.format("box[{}] is not finite", first_bad)],
    )
    with tf.control_dependencies([enough, finite]):
        return tf.identity(box)


def _results(passes, shape):
    """A list with a tensor [n, *shape] for each pass."""
    return tf.TensorArray(
        tf.float32, passes, infer_shape=False, element_shape=[None, *shape]
    )
