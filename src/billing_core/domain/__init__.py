"""The rules of billing: frozen values and pure functions. No clock, no I/O, no ids made here."""
