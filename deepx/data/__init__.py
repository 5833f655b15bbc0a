"""Where batches come from: samplers, readers, simulators."""
