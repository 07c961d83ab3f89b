import numpy as np
from PIL import Image

from deeppose_tf.evaluation import results
from deeppose_tf.visualization import pdj_curves


def test_curves_of_every_model_are_drawn(tmp_path):
    rising = np.array(results.CURVE)
    one = {"mean": rising, "left_wrist": rising, "right_wrist": 0 * rising}
    other = {name: curve / 2 for name, curve in one.items()}
    path = tmp_path / "pdj.png"
    figure = pdj_curves.draw({"mean pose": one, "stage 1": other}, "Made up")
    panels = {axes.get_title(): axes for axes in figure.axes}
    # At 0.5 diameters: the mean of both wrists, in percent.
    ends = [line.get_ydata()[-1] for line in panels["wrist"].lines]
    np.testing.assert_allclose(ends, [25.0, 12.5])
    figure.savefig(path)
    with Image.open(path) as drawn:
        pixels = np.asarray(drawn.convert("RGB")).reshape(-1, 3)
    # Matplotlib's first two colors.
    for color in ([31, 119, 180], [255, 127, 14]):
        assert (np.abs(pixels - color).max(axis=1) < 30).any()


def test_names_with_a_dollar_are_no_formulas(tmp_path):
    curve = np.array(results.CURVE)
    curves = {"mean": curve, "$\\frac$": curve}
    figure = pdj_curves.draw({"a $\\x$": curves}, "$\\frac$")
    figure.savefig(tmp_path / "pdj.png")  # Formulas are read only now.
