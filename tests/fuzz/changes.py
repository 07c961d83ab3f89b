"""Random changes of JSON values, of tables, and of bytes."""

import copy
import random

# Where readers break: missing, typed oddly, huge, not finite, not text.
ODD = [
    None, True, False, 0, -1, 1, 2, 3, 0.5, 1e-320, 1e30, 1e39, -1e39, 1e300,
    10**400, float("nan"), float("inf"), "", " ", "7", "1e400", "ten", "1_0",
    "\0", "\ud800", "../../a.jpg", "/dev/zero", "a" * 5000, "$x$", [], {}, [[]],
    [None], [1e400], {"a": 1}, [[1, 2], [3]], ["1", "2"], "person",
]  # fmt: skip


class NotFinite(Exception):
    """What a reader has made holds numbers that nothing can use."""


def of_json(rng: random.Random, value):
    """A copy of a JSON value with one to three changes."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        value = _change(rng, value)
    return value


def _change(rng, value):
    """Goes down a random way, and changes what is there."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.03:
        return copy.deepcopy(rng.choice(ODD))
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = rng.choice(keys)
    action = rng.random()
    if action < 0.75:
        value[key] = _change(rng, value[key])
    elif action < 0.85:
        del value[key]
    elif isinstance(value, list):
        value.insert(key, copy.deepcopy(rng.choice(value)))
    else:
        value[rng.choice(list(value))] = copy.deepcopy(rng.choice(ODD))
    return value


def of_bytes(rng: random.Random, content: bytes) -> bytes:
    """Bits flipped, parts cut out or doubled, or cut short."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if not content:
            break
        first = rng.randrange(len(content))
        last = min(len(content), first + rng.randint(1, 40))
        action = rng.random()
        if action < 0.6:
            content[first] ^= 1 << rng.randrange(8)
        elif action < 0.7:
            del content[first:last]
        elif action < 0.8:
            content[first:first] = content[first:last]
        elif action < 0.9:
            content[first:last] = rng.randbytes(last - first)
        else:
            del content[first:]
    return bytes(content)


def of_table(rng: random.Random, rows: list[list]) -> str:
    """A CSV file of rows, some cells of which are changed."""
    rows = copy.deepcopy(rows)
    for _ in range(rng.randint(1, 4)):
        row = rng.choice(rows)
        if row and rng.random() < 0.9:
            row[rng.randrange(len(row))] = copy.deepcopy(rng.choice(ODD))
        elif rng.random() < 0.5:
            rows.insert(rng.randrange(len(rows)), [])
        else:
            row.append(rng.choice(ODD))
    return "\n".join(",".join(map(_cell, row)) for row in rows) + "\n"


def _cell(value):
    return "" if value is None else str(value)
