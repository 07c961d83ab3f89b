"""The Markdown pages, taken apart: command lines, code, links, headings."""

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "saved_models" / "README.md",
        *ROOT.glob("docs/**/*.md"),
    ]
)
_OURS = ("deeppose_tf.", "data_prep.", "benchmarks.")
_FENCE = re.compile(r"^[ \t]*```")
_SPAN = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ASSIGNED = re.compile(r"[A-Z_]+=.*")
_SHELL = {"&&", "||", "|", ";", ">", "&"}


@dataclasses.dataclass(frozen=True)
class Page:
    """A page: its text outside of fenced blocks, these blocks, and programs.

    Lines of `blocks` are without indentation; `python` has the blocks that are
    Python programs as they are.
    """

    name: str
    prose: str
    blocks: list[str]
    python: list[str]

    @property
    def spans(self) -> list[str]:
        """Inline code, each on one line."""
        return [" ".join(span.split()) for span in _SPAN.findall(self.prose)]

    @property
    def links(self) -> list[str]:
        """Targets of links and images, but for other sites."""
        plain = _SPAN.sub("code", self.prose)
        return [link for link in _LINK.findall(plain) if "://" not in link]

    @property
    def headings(self) -> set[str]:
        """Anchors, as GitHub makes them of headings."""
        lines = re.findall(r"^#+ +(.+)$", self.prose, re.MULTILINE)
        return {
            re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-")
            for line in lines
        }

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command line, in blocks and in inline code."""
        lines = [line for block in self.blocks for line in _lines(block)]
        lines += self.spans
        begins = re.compile(r"([A-Z_]+=\S+ )*(python|make)\b")
        commands = [line for line in lines if begins.match(line)]
        return [shlex.split(line, comments=True) for line in commands]


def parse(name: str, text: str) -> Page:
    """Takes a page apart."""
    prose, blocks, inside = [], [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            inside = not inside
            if inside:
                blocks.append([])
            prose.append("")
        elif inside:
            blocks[-1].append(line)
        else:
            prose.append(line)
    return Page(
        name,
        "\n".join(prose),
        ["\n".join(line.strip() for line in block) for block in blocks],
        ["\n".join(block) for block in blocks if block[0].startswith("import")],
    )


def load(path: pathlib.Path) -> Page:
    """Reads a page."""
    return parse(str(path.relative_to(ROOT)), path.read_text())


def program(command: list[str]) -> tuple[str, list[str]] | None:
    """The program of ours that a command starts, and its arguments."""
    words = [word for word in command if not _ASSIGNED.fullmatch(word)]
    if words[:2] != ["python", "-m"] or not words[2].startswith(_OURS):
        return None
    rest = words[3:]
    ends = [i for i, word in enumerate(rest) if word in _SHELL]
    return words[2], rest[: ends[0]] if ends else rest


def make_targets(command: list[str]) -> list[str]:
    """What a command asks `make` for."""
    if command[0] != "make":
        return []
    return [word for word in command[1:] if not _ASSIGNED.fullmatch(word)]


def results_tables(page: Page) -> list[str]:
    """Tables of results: two rows or more, each with two decimals or more.

    Both forms count, Markdown tables and what programs print in fenced blocks.
    """
    tables = re.findall(r"(?:^\|.*\n?)+", page.prose, re.MULTILINE)
    return [
        table
        for table in [*tables, *page.blocks]
        if sum(len(re.findall(r"\.\d", row)) > 1 for row in table.splitlines())
        > 1
    ]


def _lines(block):
    return re.sub(r"\s*\\\n\s*", " ", block).splitlines()
