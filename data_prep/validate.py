"""Checks the records of a data set, and summarizes them.

python -m data_prep.validate --data_dir=data/lsp --html=card.html
"""

import pathlib
import sys

from absl import flags

from deeppose_tf import errors
from deeppose_tf.data import dataset
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy

with lazy.imports():
    from data_prep.validation import card
    from data_prep.validation import card_page
    from data_prep.validation import card_text

_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder with dataset.json.", required=True
)
_HTML = flags.DEFINE_string(
    "html", None, "Page to write, with histograms and sample pictures."
)
_JOBS = flags.DEFINE_integer(
    "jobs",
    None,
    "Processes that check. Default: one a core; one for few people.",
    lower_bound=1,
)


def main(argv):
    """Prints the card; the exit status is 1 where there are errors."""
    app.refuse_arguments(argv)
    # Whether there are records, before TensorFlow is imported.
    dataset.read_card(pathlib.Path(_DATA_DIR.value) / dataset.CARD)
    page = None if _HTML.value is None else _page(_HTML.value)
    summary = card.examine(_DATA_DIR.value, _JOBS.value)
    # Some terminals cannot show the blocks of its histograms.
    sys.stdout.reconfigure(errors="replace")
    print(card_text.text(summary))
    if page is not None:
        card_page.write(summary, page)
        print(f"wrote {page}")
    if summary.errors:
        total = sum(map(len, summary.errors.values()))
        sys.exit(f"error: {_DATA_DIR.value}: {total} faults; rebuild it")


def _page(value):
    """Where the page is to lie; a slip must not replace another file."""
    path = pathlib.Path(value)
    if path.is_dir():
        raise errors.InputError(
            f"--html={value}: is a folder; name a file, as {path / 'card.html'}"
        )
    if path.suffix.lower() not in (".html", ".htm"):
        raise errors.InputError(
            f"--html={value}: the name of the page must end in .html or .htm"
        )
    return path


if __name__ == "__main__":
    app.run(main)
