"""A large matrix product: what the machine can do at best."""

SIDE = 2048
GIGAFLOPS = 2e-9 * SIDE**3
