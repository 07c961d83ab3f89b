"""Poses of videos: people are followed from frame to frame."""
