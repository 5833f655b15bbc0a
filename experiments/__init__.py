"""One module a benchmark family: `build(config) -> Experiment` and a main."""
