"""One training of one stage, in its run folder."""
