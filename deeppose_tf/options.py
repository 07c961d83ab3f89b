"""Options: fields of a dataclass that are flags of a program too.

An option is written once, as a field of the dataclass of the code that uses it:

    sigma: float = option(2.0, "Side of a refinement box, diameters.", low=0.1)

`runs.option_flags` makes the flag --sigma of it.
"""

import dataclasses
import typing
from collections.abc import Sequence

_KEY = "option"


@dataclasses.dataclass(frozen=True)
class Option:
    """What is known of an option beside its name, type and default.

    Attributes:
        help: a sentence.
        choices: the values that are allowed, None for all of its type.
        low: the least value, None for no bound.
        high: the largest value, None for no bound.
        kept: whether it must not change while a stopped training goes on.
        refinement: whether only refinement stages have it.
    """

    help: str
    choices: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    kept: bool = False
    refinement: bool = False


def option(default, help: str, *, choices: Sequence[str] | None = None, **more):
    """A dataclass field that is an option.

    Args:
        default: its value where nobody says otherwise.
        help: a sentence.
        choices: the values that are allowed.
        **more: other attributes of `Option`.
    """
    chosen = None if choices is None else tuple(choices)
    return dataclasses.field(
        default=default, metadata={_KEY: Option(help, chosen, **more)}
    )


def wrong(kind: type, values: dict) -> str | None:
    """What is wrong with values for a dataclass's options, out of a file.

    Args:
        kind: the dataclass.
        values: by name; those that are no options are not looked at.

    Returns:
        In words, for the first wrong one; None where all are sound.
    """
    hints = typing.get_type_hints(kind)
    for name, (_, option_) in fields(kind).items():
        value = values.get(name)
        allowed = typing.get_args(hints[name]) or (hints[name],)
        if value is None:
            if name in values and type(None) not in allowed:
                return f"{name} is missing"
            continue
        # JSON makes no difference between 2 and 2.0; True is no number.
        accepted = (*allowed, int) if float in allowed else allowed
        if not isinstance(value, accepted) or (
            isinstance(value, bool) and bool not in allowed
        ):
            return f"{name} is {value!r}, want {allowed[0].__name__}"
        if option_.choices is not None and value not in option_.choices:
            return f"{name} is {value!r}, want {', '.join(option_.choices)}"
        low, high = option_.low, option_.high
        if (low is not None and not value >= low) or (
            high is not None and not value <= high
        ):
            return f"{name} is {value}, out of its range"
    return None


def fields(kind) -> dict[str, tuple[dataclasses.Field, Option]]:
    """The options of a dataclass or of an instance, by name."""
    return {
        field.name: (field, field.metadata[_KEY])
        for field in dataclasses.fields(kind)
        if _KEY in field.metadata
    }
