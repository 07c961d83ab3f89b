"""Checks a folder of records, and says what it holds.

python -m data_prep.validate --data_dir=data/lsp --html=card.html
"""

import pathlib
import sys

from absl import app
from absl import flags

from data_prep.validation import card
from data_prep.validation import card_page
from data_prep.validation import card_text
from deeppose_tf import errors

_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder with dataset.json.", required=True
)
_HTML = flags.DEFINE_string(
    "html", None, "Page to write, with histograms and sample pictures."
)


def main(argv):
    """Prints the card; the exit status is 1 where there are errors."""
    errors.refuse_arguments(argv)
    found = card.examine(_DATA_DIR.value)
    # Its blocks are beyond what some terminals can show.
    sys.stdout.reconfigure(errors="replace")
    print(card_text.text(found))
    if _HTML.value is not None:
        card_page.write(found, pathlib.Path(_HTML.value))
        print(f"wrote {_HTML.value}")
    if found.errors:
        total = sum(map(len, found.errors.values()))
        sys.exit(f"error: {_DATA_DIR.value}: {total} faults; rebuild it")


if __name__ == "__main__":
    app.run(errors.one_line(main))
