"""Offline programs that turn annotated pictures into records."""

import deeppose_tf  # noqa: F401  (refuses another Keras backend first)
