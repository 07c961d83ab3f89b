"""Optimizers of tensorflow-addons; docs/addons.md says how to get them."""

import importlib.metadata
import inspect
import warnings

from deeppose_tf import errors
from deeppose_tf import extras

PREFIX = "addons:"
_LOOKAHEAD = "Lookahead"
# Those that need a learning rate and nothing more that no flag gives.
_NAMES = (
    *("AdaBelief", "AdamW", "LAMB", "LazyAdam", "NovoGrad"),
    *("ProximalAdagrad", "RectifiedAdam", "SGDW", "Yogi"),
)
# As --optimizer names them; Lookahead (Zhang et al., NeurIPS 2019) goes around
# another one.
OPTIMIZERS = tuple(
    f"{PREFIX}{around}{name}"
    for around in ("", f"{_LOOKAHEAD}:")
    for name in _NAMES
)


def check(optimizer: str):
    """Raises InputError where this environment lacks an optimizer."""
    if not optimizer.startswith(PREFIX):
        return
    if not (
        extras.is_installed("tensorflow_addons")
        and importlib.metadata.version("keras").startswith("2.")
    ):
        raise errors.InputError(
            f"--optimizer={optimizer} needs tensorflow-addons, which works "
            "with TensorFlow 2.15 and Keras 2.15 only; in an environment of "
            "its own, with Python 3.10 or 3.11: "
            'pip install -c constraints/addons.txt -e ".[addons]"'
        )


def build(optimizer: str, rate, weight_decay: float, kept: list[str]):
    """A new optimizer.

    Args:
        optimizer: of OPTIMIZERS.
        rate: keras.optimizers.schedules.LearningRateSchedule.
        weight_decay: share of the learning rate that a step takes off weights,
            for those optimizers that know weight decay.
        kept: parts of names of weights that do not decay, where the optimizer
            can tell weights apart.
    """
    check(optimizer)
    *around, name = optimizer.removeprefix(PREFIX).split(":")
    optimizers = _optimizers()
    kind = getattr(optimizers, name)
    known = inspect.signature(kind).parameters
    more = {}
    if issubclass(kind, optimizers.DecoupledWeightDecayExtension):
        # These take it off as it is, the others times the learning rate.
        more["weight_decay"] = rate.times(weight_decay)
        more["exclude_from_weight_decay"] = kept
    elif "weight_decay" in known:
        more["weight_decay"] = weight_decay
    if "exclude_from_weight_decay" in known:
        more["exclude_from_weight_decay"] = kept
    built = kind(learning_rate=rate, **more)
    return getattr(optimizers, _LOOKAHEAD)(built) if around else built


def _optimizers():
    with warnings.catch_warnings():
        # That it is no longer developed is known.
        warnings.simplefilter("ignore")
        import tensorflow_addons
    return tensorflow_addons.optimizers
