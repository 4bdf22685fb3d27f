"""What the product does: one use case a module, a frozen class with ports as fields and one verb to call."""
