"""The bAbI tasks (Weston et al. 2015, arXiv 1502.05698): stories, files, arrays, a simulator, and a checker of both."""
