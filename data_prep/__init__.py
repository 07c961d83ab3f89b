"""Offline programs that turn annotated pictures into records."""
