"""Words that all stores write alike."""

OWNER_CONFLICT = "owner_conflict"  # the kind of the incident that a claim of an owned id raises
