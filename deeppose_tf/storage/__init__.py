"""Files that are whole, locked, and noticed when they are damaged."""
