"""How programs start and end, and where they find what comes with them."""
