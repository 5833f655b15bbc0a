"""One paper, one file: `Config`, `init` and `apply`, all pure."""
