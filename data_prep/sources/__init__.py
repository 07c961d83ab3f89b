"""Data sets as they are published, read into annotations."""
