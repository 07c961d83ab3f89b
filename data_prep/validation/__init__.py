"""Checks of record files, and a card that summarizes them."""
