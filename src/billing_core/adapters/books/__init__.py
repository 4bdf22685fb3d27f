"""What all stores share: how values are encoded, how a group of changes is planned, how callers queue for a group."""
