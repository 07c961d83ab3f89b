"""What README and docs/ say: commands, flags, paths, modules, links."""

import functools
import json
import re

import pytest

import deeppose_tf
from deeppose_tf.serving import saved_models
from deeppose_tf.serving import versions
from tests import launcher
from tests.docs import pages

ROOT = pages.ROOT
ALL = [pages.load(path) for path in pages.PAGES]
# Programs that take paths after their flags.
TAKE_PATHS = {
    "deeppose_tf.predict",
    "deeppose_tf.client",
    "deeppose_tf.train_cascade",
    "benchmarks.first_photo",
    "benchmarks.protocols",
    "benchmarks.serving_load",
}
WRONG = {
    "deeppose_tf.train": [
        ["--flagfile=flags/stage1.cfg", "--no_such_flag=1"],
        ["--flagfile=flags/stage1.cfg", "--stage=0"],
        ["--flagfile=flags/no_such_file.cfg"],
        ["--flagfile=flags/stage1.cfg", "--network=no_such_network"],
    ],
    "data_prep.build_lsp": [["--output_dir=data/lsp"]],
}
PAGE = """
# A page

Text with `inline code`, [a link](docs/data.md#flags) and
`python -m deeppose_tf.predict
photo.jpg`.

  ```
  A=1 python -m data_prep.build_lsp --source=a \\
    --source=b  # A comment.
  python -m data_prep.build_csv --source=c && make A=1 demo
  make PYTHON=python3.12 demo
  ```

## The `second` one: twice, or more/1
"""


@functools.cache
def answers():
    """Of every program that a page starts: its flags, its lines parsed."""
    wanted = {name: list(lines) for name, lines in WRONG.items()}
    for _, name, arguments in started():
        wanted.setdefault(name, []).append(arguments)
    return {name: answer(name, lines) for name, lines in wanted.items()}


def answer(name, lines):
    done = launcher.run("tests.docs.parse_flags", name, json.dumps(lines))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def started():
    """(page, program, arguments) of each command; --help needs no others."""
    return [
        (page.name, *program)
        for page in ALL
        for program in map(pages.program, page.commands)
        if program and "--help" not in program[1]
    ]


def test_every_command_parses():
    at = {name: len(lines) for name, lines in WRONG.items()}
    faults = []
    for page, name, arguments in started():
        error, rest = answers()[name]["parsed"][at.get(name, 0)]
        at[name] = at.get(name, 0) + 1
        if rest and name not in TAKE_PATHS:
            error = f"takes no arguments, but has {rest}"
        if error:
            faults.append(f"{page}: {name} {' '.join(arguments)}: {error}")
    assert not faults, "\n".join(faults)


def test_commands_are_many_and_wrong_ones_are_noticed():
    assert len(started()) > 40
    for name, lines in WRONG.items():
        for line, (error, _) in zip(
            lines, answers()[name]["parsed"], strict=False
        ):
            assert error, line


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    known = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    named = {
        target
        for page in ALL
        for command in page.commands
        for target in pages.make_targets(command)
    }
    assert {"install", "demo", "test"} <= named <= known


def test_flags_named_in_the_text_exist():
    known = {"help", "flagfile", "only_check_args", "undefok"}
    known |= {flag for answer in answers().values() for flag in answer["flags"]}
    known |= {f"no{flag}" for flag in known}
    faults = [
        f"{page.name}: --{flag}"
        for page in ALL
        for span in page.spans
        if span.startswith("--")
        for flag in re.findall(r"--(\w+)", span)
        if flag not in known
    ]
    assert not faults, faults


def test_every_training_flag_is_explained():
    [page] = [page for page in ALL if page.name == "docs/training.md"]
    explained = {
        flag
        for row in page.prose.splitlines()
        if row.startswith("| `--")
        for flag in re.findall(r"`--(\w+)`", row.split("|")[1])
    }
    assert set(answers()["deeppose_tf.train"]["flags"]) <= explained


def test_paths_named_in_the_text_exist():
    begins = re.compile(
        r"(deeppose_tf|data_prep|flags|serving|docs|benchmarks|tests)/"
        r"[\w./*-]*"
    )
    paths = [
        (page.name, span)
        for page in ALL
        for span in page.spans
        if begins.fullmatch(span) and "NAME" not in span
    ]
    assert len(paths) > 20
    missing = [path for path in paths if not any(ROOT.glob(path[1]))]
    assert not missing


def test_scripts_named_in_commands_exist():
    scripts = [
        command[1]
        for page in ALL
        for command in page.commands
        if command[0] == "python" and command[1].endswith(".py")
    ]
    assert scripts
    assert not [script for script in scripts if not (ROOT / script).exists()]


def test_extras_exist():
    setup = (ROOT / "setup.py").read_text()
    extras = {
        extra
        for path in pages.PAGES
        for several in re.findall(r'-e "\.\[([\w,]+)\]"', path.read_text())
        for extra in several.split(",")
    }
    assert extras
    assert not [extra for extra in extras if f'"{extra}": [' not in setup]


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    faults = []
    for link in page.links:
        path, _, anchor = link.partition("#")
        target = ROOT / page.name
        if path:
            target = (target.parent / path).resolve()
        if not target.exists():
            faults.append(link)
        elif anchor and anchor not in pages.load(target).headings:
            faults.append(link)
    assert not faults


def test_every_page_is_listed_in_the_readme():
    [readme] = [page for page in ALL if page.name == "README.md"]
    assert {page.name for page in ALL} - {"README.md"} <= set(readme.links)


def test_the_readme_is_short():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 150
    assert len(pages.results_tables(pages.parse("README.md", text))) <= 1


def test_tables_of_results_are_told_from_others():
    row = "| stage 1 | .1 [.0, .2] |\n"
    flags = "| flag | meaning |\n| --- | --- |\n| a | 0.1 |\n| b | c |\n"
    text = f"{row}{row}\n{flags}\n```\na 0.1 0.2\nb 0.3 0.4\n```\n\n{row}{row}"
    assert len(pages.results_tables(pages.parse("page", text))) == 3


def modules_of(package):
    folder = ROOT / package.replace(".", "/")
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_the_architecture_page_names_every_package_and_module():
    [page] = [page for page in ALL if page.name == "docs/architecture.md"]
    row = re.compile(r"^\| `([\w.]+)` \| [^|]* \| (.*) \|$", re.MULTILINE)
    named = {
        package: set(re.findall(r"`(\w+)`", modules))
        for package, modules in row.findall(page.prose)
    }
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("deeppose_tf", "data_prep")
        for path in ROOT.glob(f"{top}/**/__init__.py")
    }
    assert set(named) == packages
    # Named and not there, or there and not named.
    differing = {
        package: modules ^ modules_of(package)
        for package, modules in named.items()
        if modules != modules_of(package)
    }
    assert not differing


def test_the_drawings_of_the_architecture_page_name_modules_that_exist():
    [page] = [page for page in ALL if page.name == "docs/architecture.md"]
    lines = [
        line.split()[0]
        for block in page.blocks
        for line in block.splitlines()
        if re.match(r"(\w+\.)+\w+\s", line)
    ]
    assert "models.cascade" in lines
    paths = ["/".join(line.split(".")[:2]) for line in lines]
    missing = [
        path
        for path in paths
        if not (ROOT / path).exists()
        and not (ROOT / "deeppose_tf" / f"{path}.py").exists()
    ]
    assert not missing


def test_a_page_is_taken_apart():
    page = pages.parse("page", PAGE)
    assert page.links == ["docs/data.md#flags"]
    assert page.headings == {"a-page", "the-second-one-twice-or-more1"}
    assert [pages.program(command) for command in page.commands] == [
        ("data_prep.build_lsp", ["--source=a", "--source=b"]),
        ("data_prep.build_csv", ["--source=c"]),
        None,
        ("deeppose_tf.predict", ["photo.jpg"]),
    ]
    assert pages.make_targets(page.commands[2]) == ["demo"]


@pytest.fixture(scope="module")
def server():
    """The address of one with the pretrained model and the finder."""
    servers = pytest.importorskip("tests.serving.model_servers")
    model = saved_models.load(str(versions.PRETRAINED))
    finder = saved_models.load_finder(str(versions.FINDER))
    served = servers.Model(
        model.signatures["serving_default"], finder=finder["serving_default"]
    )
    with servers.rest(served) as address:
        # First answers take long on a machine with other work.
        with deeppose_tf.connect(address, timeout=300.0) as connected:
            connected.predict(ROOT / "docs" / "images" / "firefighter.jpg")
        yield address


@pytest.mark.slow(20)
def test_the_python_of_the_pages_runs(server):
    programs = [program for page in ALL for program in page.python]
    assert any("localhost:8501" in program for program in programs)
    for program in programs:
        code = program.replace("photo.jpg", "docs/images/firefighter.jpg")
        done = launcher.run_code(code.replace("localhost:8501", server))
        assert done.returncode == 0, done.stderr
        assert done.stdout
