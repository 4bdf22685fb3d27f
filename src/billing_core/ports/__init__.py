"""What the use cases need from outside, as Protocols, and the words that those speak.

Adapters do not inherit these classes; mypy proves the fit where the container declares what it returns.
"""
