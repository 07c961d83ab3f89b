"""The card of a data set for a terminal."""

import numpy as np

from data_prep.validation.card import Card

_EXAMPLES = 5
_BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_BINS = 38  # As wide as the spread above it.
_SPREAD = ("least", "5%", "half", "95%", "most")


def text(card: Card) -> str:
    """The card for a terminal."""
    lines = [f"{card.folder}: skeleton {card.skeleton.name}"]
    for split, persons in card.persons.items():
        lines.append(
            f"{split:6} {persons:7d} persons, {len(card.images[split])} images"
        )
    heads = "".join(f"{split:>8}" for split in card.labeled)
    lines += ["", f"{'labeled':17}{heads}"]
    for i, joint in enumerate(card.skeleton.joints):
        shares = (
            f"{counts[i] / max(1, card.persons[split]):8.3f}"
            for split, counts in card.labeled.items()
        )
        lines.append(f"{joint:17}" + "".join(shares))
    heads = "".join(f"{word:>8}" for word in _SPREAD)
    lines += ["", f"{'pixels':26}{heads}"]
    for name, values in card.sizes.items():
        ends = np.percentile(values, [0, 5, 50, 95, 100])
        lines.append(f"{name:26}" + "".join(f"{end:8.0f}" for end in ends))
        lines.append(f"{'':26}  {_histogram(values)}")
    for title, findings in (
        ("WARNING", card.warnings),
        ("ERROR", card.errors),
    ):
        for kind, who in findings.items():
            few = ", ".join(who[:_EXAMPLES])
            more = ", ..." if len(who) > _EXAMPLES else ""
            lines.append(f"{title}: {kind}: {len(who)} ({few}{more})")
    return "\n".join(lines)


def _histogram(values):
    """A block a bin, from the least to the most; any person shows."""
    counts, _ = np.histogram(values, _BINS)
    heights = np.ceil(counts / counts.max() * (len(_BLOCKS) - 1)).astype(int)
    return "".join(_BLOCKS[height] for height in heights)
