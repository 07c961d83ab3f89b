"""Exports the cascade that ends with a run folder, for TF Serving.

python -m deeppose_tf.export --run_dir=runs/lsp/stage3 \
    --export_dir=saved_models/lsp
"""

from absl import app
from absl import flags

from deeppose_tf import dataset
from deeppose_tf import errors
from deeppose_tf import exports

_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Run folder of the last stage.", required=True
)
_EXPORT_DIR = flags.DEFINE_string(
    "export_dir", None, "saved_models/NAME.", required=True
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir",
    None,
    "Folder it was trained on: its box rule goes into the model.",
    required=True,
)


def main(argv):
    """Writes the next version."""
    errors.refuse_arguments(argv)
    data = dataset.load(_DATA_DIR.value)
    print(f"wrote {exports.export(_RUN_DIR.value, _EXPORT_DIR.value, data)}")


if __name__ == "__main__":
    app.run(errors.one_line(main))
