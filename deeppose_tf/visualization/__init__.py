"""Pictures of poses and figures."""
