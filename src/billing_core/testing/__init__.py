"""What a developer needs to test against billing_core: builders, strategies, and a contract for each port."""
