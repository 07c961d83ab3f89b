"""Poses in photos and videos, by a local cascade or by a model server."""
