"""Sound inputs, changed at random, into the programs that read them."""
