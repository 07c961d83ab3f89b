"""The flags of a dataclass's options; see options.py."""

import types
import typing

from absl import flags

from deeppose_tf import options

# They belong to the program that defines them, whose --help shows them.
flags.disclaim_key_flags()


class OptionFlags:
    """A flag for each option of a dataclass."""

    def __init__(self, kind: type, values: flags.FlagValues = flags.FLAGS):
        """Defines the flags.

        Args:
            kind: a dataclass with fields made by `options.option`.
            values: where the flags are defined.
        """
        self._kind = kind
        types_of = typing.get_type_hints(kind)
        self._holders = {
            name: _define(name, types_of[name], field.default, option, values)
            for name, (field, option) in options.fields(kind).items()
        }

    def read(self, **others):
        """The dataclass with the flags' values, for after they are parsed.

        Args:
            **others: its other fields, and options that no flag should set.
        """
        values = {name: held.value for name, held in self._holders.items()}
        return self._kind(**(values | others))


def _define(name, annotation, default, option, values):
    """A flag holder; its kind follows from the field's type and choices."""
    kind = _without_none(annotation)
    if option.choices is not None:
        return flags.DEFINE_enum(
            name, default, option.choices, option.help, flag_values=values
        )
    if kind in (bool, str):
        define = flags.DEFINE_bool if kind is bool else flags.DEFINE_string
        return define(name, default, option.help, flag_values=values)
    define = {int: flags.DEFINE_integer, float: flags.DEFINE_float}[kind]
    return define(
        name,
        default,
        option.help,
        lower_bound=option.low,
        upper_bound=option.high,
        flag_values=values,
    )


def _without_none(annotation):
    """The type T of `T` or `T | None`."""
    if isinstance(annotation, types.UnionType):
        (annotation,) = set(typing.get_args(annotation)) - {types.NoneType}
    return annotation
