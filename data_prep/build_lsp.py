"""Writes records from LSP and LSP Extended, or folders in their layout.

python -m data_prep.build_lsp --source=lsp --source=lspet --output_dir=data/lsp
"""

from absl import app
from absl import flags

from data_prep.building import build
from data_prep.building import build_flags
from data_prep.sources import annotations
from data_prep.sources import lsp
from deeppose_tf import errors
from deeppose_tf.geometry import skeletons

_SOURCE = flags.DEFINE_multi_string(
    "source",
    None,
    "Folder with joints.mat and images/; give it twice for two sources.",
    required=True,
)
_OPTIONS = build_flags.define(
    box="image",
    boxes={
        "image": "the whole image, as in the paper",
        "joints": "around the labeled joints",
    },
    official="LSP has one; LSP Extended has none.",
)


def main(argv):
    """Reads the sources, writes the shards, prints the counts."""
    errors.refuse_arguments(argv)
    people = [person for s in _SOURCE.value for person in lsp.read(s)]
    source = annotations.Source(people)
    build.build(source, "lsp", skeletons.LSP, _OPTIONS())


if __name__ == "__main__":
    app.run(errors.one_line(main))
