"""What evaluate writes for people to read."""
