"""Photos, videos, and servers asked for their poses."""
