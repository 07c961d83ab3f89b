"""Records -> persons: the folder that data_prep wrote, read and parsed."""
