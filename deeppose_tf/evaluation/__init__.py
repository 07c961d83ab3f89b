"""From predictions and truth to numbers with intervals."""
