"""Networks: crops to feature maps."""
