"""From crops to joints: networks, heads, stages, the cascade."""
