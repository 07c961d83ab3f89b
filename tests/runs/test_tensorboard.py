"""TensorBoard in a real browser, on the run folders of two stages."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow(60)]

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,3000",
)
# What a card of TensorBoard's Time Series tab shows.
_CARDS = """
return [...document.querySelectorAll("scalar-card, image-card")].map(card => ({
  kind: card.tagName.toLowerCase(),
  text: card.innerText,
  lines: card.querySelectorAll("line-chart canvas").length,
  images: [...card.querySelectorAll("img")].map(image => image.naturalWidth),
}))
"""


@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium, driver = (
        shutil.which("chromium") or shutil.which("google-chrome"),
        shutil.which("chromedriver"),
    )
    if not (chromium and driver):
        pytest.skip("no chromium with chromedriver on PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in _OPTIONS:
        options.add_argument(option)
    service = webdriver.ChromeService(driver)
    started = webdriver.Chrome(options=options, service=service)
    yield started
    started.quit()


@pytest.fixture(scope="module")
def address(stage1, stage2, tmp_path_factory):
    """TensorBoard on a folder that holds what stage1 and stage2 wrote."""
    folder = tmp_path_factory.mktemp("runs")
    for run_dir in (stage1, stage2):
        inside = pathlib.Path(run_dir.name) / "tensorboard"
        shutil.copytree(run_dir / "tensorboard", folder / inside)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tensorboard.main"),
            *("--logdir", folder, "--port", "0", "--host", "127.0.0.1"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0].rstrip("/")
                break
        process.terminate()
        process.stdout.read()


def cards(browser, address, tags, want, words=()):
    """The cards of some tags, once as many are there and have all words."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get("about:blank")
    browser.get(f"{address}/?tagFilter={tags}&smoothing=0#timeseries")

    def shown(_):
        found = browser.execute_script(_CARDS)
        ready = [c for c in found if c["lines"] or any(c["images"])]
        text = "".join(card["text"] for card in ready)
        # A chart is drawn before the runs in its legend arrive.
        whole = all(word in text for word in words)
        return whole and len(ready) >= want and ready

    return WebDriverWait(browser, 60).until(shown)


def test_the_pdj_curves_of_all_stages_share_a_chart(browser, address):
    runs = (
        "stage1/tensorboard/mean_pose",
        "stage1/tensorboard/pdj_curve",
        "stage2/tensorboard/pdj_curve",
    )
    (chart,) = cards(browser, address, "^pdj_curve/mean$", 1, runs)
    assert chart["kind"] == "scalar-card"
    assert "500" in chart["text"]  # The last threshold, 0.5 x 1000.


def test_pictures_are_shown(browser, address):
    shown = cards(browser, address, "^pictures/", 11)
    text = "".join(card["text"] for card in shown)
    for tag, stages in (
        ("training_crops", 2),
        ("displacements_of_the_stage_before", 1),
        ("pdj", 2),
        ("best_people", 2),
        ("worst_people", 2),
    ):
        assert text.count(tag) == stages, tag
    assert all(width > 500 for card in shown for width in card["images"])
