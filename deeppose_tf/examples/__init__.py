"""Records -> training examples: augmentation, crops, batches."""
