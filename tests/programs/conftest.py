"""Fixtures of data_prep's tests, for the tests of its programs."""

from tests.data_prep.conftest import flic_dir  # noqa: F401
from tests.data_prep.conftest import lsp_like  # noqa: F401
