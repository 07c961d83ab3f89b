"""SavedModels and LiteRT: signatures, written, versioned, loaded."""
