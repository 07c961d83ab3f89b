"""Layers that keep their weights while the layers after them learn.

The first layers of a network take most of a step on a CPU, and once they have
learned edges and textures they change little. docs/benchmarks.md has the gain.
"""

import keras

from deeppose_tf import errors

_NAMED = 12  # Layers that an error names, at most.


def freeze(trunk: keras.Model, last: str | None) -> None:
    """Freezes the layers of a network up to one, for good.

    Args:
        trunk: the network before the head.
        last: name of the last layer to freeze, None for none.

    Raises:
        InputError: no layer has that name.
    """
    if last is None:
        return
    names = [layer.name for layer in trunk.layers]
    if last not in names:
        some = names[:: -(-len(names) // _NAMED)]
        raise errors.InputError(
            f"--freeze_until={last}: no layer of {trunk.name}; leave it out to "
            f"freeze none, or name one of its {len(names)} layers, such as "
            f"{', '.join(some)}"
        )
    for layer in trunk.layers[: names.index(last) + 1]:
        layer.trainable = False
