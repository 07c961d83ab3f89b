"""Programs measured in turn, so that what else a machine does hits all alike.

A program prints one JSON line last: `per_second` and, if it likes, `versions`.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from collections.abc import Sequence

# What a program without its packages says.
_MISSING = "ModuleNotFoundError"


def in_turn(
    commands: Mapping[str, Sequence[str]], rounds: int
) -> dict[str, list[dict]]:
    """Runs each command once a round.

    Args:
        commands: by the name of what they measure.
        rounds: how often.

    Returns:
        What each has printed, by name. Where a package is missing, that is
        said and the name left out.
    """
    found = {name: [] for name in commands}
    for _ in range(rounds):
        for name in list(found):
            done = subprocess.run(
                commands[name], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
                continue
            last = (done.stderr.splitlines() or ["no output"])[-1]
            if _MISSING not in last:
                sys.exit(f"{name}: {last}")
            print(f"{name}: not measured, {last}: pip install .[bench]")
            del found[name]
    return found


def table(found: Mapping[str, list[dict]], unit: str):
    """Prints medians and all rounds, then the same as a JSON line.

    Args:
        found: of `in_turn`.
        unit: of what is counted a second.
    """
    medians = {}
    for name, results in found.items():
        rates = [result["per_second"] for result in results]
        medians[name] = statistics.median(rates)
        rounds = ", ".join(f"{rate:,.4g}" for rate in rates)
        print(f"{name:40} {medians[name]:8,.4g} {unit}/s  ({rounds})")
    versions = {}
    for results in found.values():
        versions |= results[0].get("versions", {})
    print(json.dumps({"per_second": medians, "versions": versions}))
