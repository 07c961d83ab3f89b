"""Writes records from LSP and LSP Extended, or folders in their layout.

python -m data_prep.build_lsp --source=lsp --source=lspet --output_dir=data/lsp
"""

from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import annotations
from data_prep.sources import lsp
from deeppose_tf.geometry import skeletons
from deeppose_tf.launch import app

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
    names_pictures=False,
    official="LSP has an official split, LSP Extended has none.",
)


def main(argv):
    """Reads the sources, writes the shards, prints the counts."""
    app.refuse_arguments(argv)
    skipped = annotations.Skips()
    people = [p for source in _SOURCE.value for p in lsp.read(source, skipped)]
    source = annotations.Source(people, skipped)
    build.build(source, "lsp", skeletons.LSP, _FLAGS.options())


if __name__ == "__main__":
    app.run(main)
