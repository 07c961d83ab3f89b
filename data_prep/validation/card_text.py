"""The card of a data set as text for a terminal."""

import numpy as np

from data_prep.validation.card import Card

_EXAMPLES = 5  # Names listed of each fault.
_BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_BINS = 38  # As wide as the percentiles above it.
_PERCENTILES = {"min": 0, "5%": 5, "median": 50, "95%": 95, "max": 100}


def text(card: Card) -> str:
    """Counts, shares of labeled joints, sizes with histograms, and faults."""
    lines = [f"{card.folder}: skeleton {card.skeleton.name}"]
    for split, persons in card.persons.items():
        lines.append(
            f"{split:6} {persons:7d} persons, {len(card.images[split])} images"
        )
    return "\n".join([*lines, *_joints(card), *_sizes(card), *_faults(card)])


def _joints(card):
    head = "".join(f"{split:>8}" for split in card.labeled)
    yield from ("", f"{'labeled':17}{head}")
    for i, joint in enumerate(card.skeleton.joints):
        shares = (
            f"{counts[i] / max(1, card.persons[split]):8.3f}"
            for split, counts in card.labeled.items()
        )
        yield f"{joint:17}" + "".join(shares)


def _sizes(card):
    head = "".join(f"{name:>8}" for name in _PERCENTILES)
    yield from ("", f"{'pixels':26}{head}")
    for name, values in card.sizes.items():
        row = np.percentile(values, list(_PERCENTILES.values()))
        yield f"{name:26}" + "".join(f"{pixels:8.0f}" for pixels in row)
        yield f"{'':26}  {_histogram(values)}"


def _faults(card):
    if not card.errors:
        found = "some warnings" if card.warnings else "no warnings"
        yield from ("", f"no errors, {found}")
    for title, faults in (("WARNING", card.warnings), ("ERROR", card.errors)):
        for kind, names in faults.items():
            examples = ", ".join(names[:_EXAMPLES])
            more = ", ..." if len(names) > _EXAMPLES else ""
            yield f"{title}: {kind}: {len(names)} ({examples}{more})"


def _histogram(values):
    """A block a bin, from min to max; a bin of one person is visible."""
    counts, _ = np.histogram(values, _BINS)
    heights = np.ceil(counts / counts.max() * (len(_BLOCKS) - 1)).astype(int)
    return "".join(_BLOCKS[height] for height in heights)
