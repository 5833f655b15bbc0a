"""Pure functions over trained parameters: traces, scores, figures."""
