"""The training loop, losses, optimizers; it knows nothing of stages."""
