"""What the configs of all families share."""

RUN = {  # the `run` section (deepx/engine/run.py) but for its steps, which every family counts by its own data
    "seed": 0,
    "replicas": 1,
    "keep": 2,
    "select": "last",
    "parallel": "jit",  # or "pmap": gradients averaged over devices, batch statistics of each device's own
    "mesh": {"data": 0, "model": 1},  # devices along each axis; 0: all that there are
    "shard_state": False,  # parameters and optimiser state over the data axis
}


def reported(value: float, source: str, confidence: str, better: str = "higher", tolerance: float = 0.0) -> dict:
    """A number of a paper's. confidence: "V", read in the paper; "V2", in a secondary source; "M", unverified."""
    return {"value": value, "tolerance": tolerance, "better": better, "source": source, "confidence": confidence}
