"""Poses in photos and videos, by a local cascade."""
