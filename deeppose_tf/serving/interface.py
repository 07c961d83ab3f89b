"""What servers and their clients agree on: names, sizes, files.

It imports nothing, so a client that asks for it loads no network.
"""

# The signatures of an exported cascade.
IMAGE_BYTES = "serving_default"
IMAGE_TENSOR = "image_tensor"
TF_EXAMPLE = "tf_example"

# Outputs of each signature.
JOINTS = "joints"
STAGE_JOINTS = "stage_joints"
SCORES = "scores"
PERSON_SCORES = "person_scores"  # Earlier exports have none.

# Outputs of a person finder.
BOX = "box"
SCORE = "score"

# So many people go through the networks at once: memory stays flat however
# many a request has. Also max_batch_size of serving/batching.config.
PERSONS_PER_PASS = 16

# How an export's kernels may be stored, by its format.
DTYPES = {
    "savedmodel": ("float32", "float16"),
    "litert": ("float32", "float16", "int8"),
}
# Describes the cascade, below the folder of a version.
METADATA = "assets/deeppose.json"
# The same, of an export for LiteRT.
LITERT_METADATA = "deeppose.json"
# A key of it that tells a person finder from a cascade.
FINDER_KIND = "person_finder"
# Where TensorFlow Serving looks for warm-up requests in a version's folder.
WARMUP = "assets.extra/tf_serving_warmup_requests"
