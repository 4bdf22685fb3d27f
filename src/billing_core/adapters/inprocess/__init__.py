"""Jobs run inside the process that serves, or in a worker process of its own, straight from the queue."""

from billing_core.adapters.books.retrying import Retrying
from billing_core.adapters.inprocess.runner import InProcessRunner

__all__ = ["InProcessRunner", "Retrying"]
