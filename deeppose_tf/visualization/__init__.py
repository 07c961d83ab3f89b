"""Drawings of poses, charts of metrics."""
