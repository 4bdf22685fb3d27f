"""The books in memory: every store's port over one shared state, for tests and for trying things out."""
