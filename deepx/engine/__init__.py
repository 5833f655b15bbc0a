"""The engine: runs any `Experiment`; knows no model and no data set (see WORKSPACE.md)."""
