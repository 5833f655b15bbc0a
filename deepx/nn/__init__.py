"""Arrays in, arrays out: what models are built from."""
