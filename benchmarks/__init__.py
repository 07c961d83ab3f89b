"""Programs that print measured ratios; no test asserts on them."""
