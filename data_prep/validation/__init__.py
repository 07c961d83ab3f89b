"""Record files checked, and what they hold shown."""
