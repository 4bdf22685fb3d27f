"""Jobs run by Procrastinate, from its tables in PostgreSQL, on any number of machines."""

from billing_core.adapters.procrastinate.runner import ProcrastinateRunner

__all__ = ["ProcrastinateRunner"]
