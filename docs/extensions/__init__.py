"""What the documentation needs of Sphinx beyond what Sphinx brings."""
