"""Writes records from LSP and LSP Extended, or folders in their layout.

python -m data_prep.build_lsp --source=lsp --source=lspet --output_dir=data/lsp
"""

from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import annotations
from data_prep.sources import lsp
from deeppose_tf import app
from deeppose_tf.geometry import skeletons

_SOURCE = flags.DEFINE_multi_string(
    "source",
    None,
    "Folder with joints.mat and images/; give it twice for two sources.",
    required=True,
)
_FLAGS = build_flags.BuilderFlags(
    box="image",
    boxes={
        "image": "the whole image, as in the paper",
        "joints": "around the labeled joints",
    },
    official="LSP has an official split, LSP Extended has none.",
)


def main(argv):
    """Reads the sources, writes the shards, prints the counts."""
    app.refuse_arguments(argv)
    people = [person for s in _SOURCE.value for person in lsp.read(s)]
    source = annotations.Source(people)
    build.build(source, "lsp", skeletons.LSP, _FLAGS.options())


if __name__ == "__main__":
    app.run(main)
