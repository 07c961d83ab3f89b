"""From records to batches: parsing, augmentation, crops for training."""
