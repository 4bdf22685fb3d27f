"""Pictures kept in a folder, in memory, or in a bucket of S3, Google or Azure: the URL decides."""

from billing_core.adapters.obstore.store import ObstoreImages

__all__ = ["ObstoreImages"]
