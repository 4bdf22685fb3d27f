"""Ratios of the product's own paths to references that do the least possible, side by side in one run."""
