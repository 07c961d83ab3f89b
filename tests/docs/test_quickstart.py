"""The notebook of docs/: its code runs, from top to bottom."""

import json
import os

import pytest

from tests.docs import pages
from tests.launcher import run_code

NOTEBOOK = pages.ROOT / "docs" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text())["cells"]


def sources(cells, kind):
    return [
        "".join(cell["source"]) for cell in cells if cell["cell_type"] == kind
    ]


def test_the_notebook_begins_with_the_three_lines(cells):
    first = sources(cells, "code")[0]
    assert [line for line in first.splitlines() if line] == [
        "import deeppose_tf",
        "model = deeppose_tf.load()",
        'people = model.predict("images/firefighter.jpg")',
    ]


def test_links_of_the_notebook_lead_somewhere(cells):
    page = pages.parse("notebook", "\n".join(sources(cells, "markdown")))
    assert len(page.links) >= 3
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = NOTEBOOK.parent / path
        assert not anchor or anchor in pages.load(target).headings
        assert target.exists()


@pytest.mark.slow(10)
def test_every_cell_runs(cells):
    """As a kernel in docs/ would run them, one after the other."""
    code = sources(cells, "code")
    ends = [f'print("ended", {i})' for i in range(len(code))]
    program = "\n".join(
        line for pair in zip(code, ends, strict=True) for line in pair
    )
    done = run_code(
        f"import os\nos.chdir({os.fspath(NOTEBOOK.parent)!r})\n{program}"
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line for line in said if line.startswith("ended")] == [
        f"ended {i}" for i in range(len(code))
    ]
    # The firefighter, and nobody in a corner.
    assert "head_top" in done.stdout
    (line,) = (line for line in said if line.startswith("somebody 0."))
    somebody, nobody = (float(word.split()[-1]) for word in line.split(","))
    assert somebody > 0.7 > 0.4 > nobody
