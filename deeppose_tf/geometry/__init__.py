"""Skeletons, boxes, the torso, and the one way a crop is cut."""
