"""Words that all stores write alike."""

STARTED = "started"  # the outcome of an attempt of which nothing is known yet; see records.AttemptMade
OWNER_CONFLICT = "owner_conflict"  # the kind of the incident that a claim of an owned id raises
