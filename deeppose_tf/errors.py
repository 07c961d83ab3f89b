"""The error that users see as one line."""


class InputError(ValueError):
    """A file or flag is wrong; the message names it and says how to mend it."""
