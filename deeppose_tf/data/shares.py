"""Which part of the people one of several processes reads."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Share:
    """The part of one process among several that read the same records.

    Attributes:
        index: of the process, from 0.
        of: how many processes there are.
    """

    index: int = 0
    of: int = 1

    def part(self, rows: Sequence) -> Sequence:
        """Every `of`-th row, from the `index`-th on."""
        return rows[self.index :: self.of]

    def is_by_files(self, files: Sequence[str]) -> bool:
        """Whether each process has as many files as any other.

        Then it reads its own files only. Otherwise it reads them all, and
        decodes its own people.
        """
        return self.of > 1 and len(files) % self.of == 0


WHOLE = Share()


def together(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Inverse of `Share.part`, of the parts of all processes."""
    rows = np.concatenate(parts)
    places = [
        Share(index, len(parts)).part(np.arange(len(rows)))
        for index in range(len(parts))
    ]
    return rows[np.argsort(np.concatenate(places))]
