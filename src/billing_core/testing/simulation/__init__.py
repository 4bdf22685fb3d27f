"""Seeded runs of the whole core on virtual time, with everything that goes wrong in earnest going wrong on purpose.

`run_seed` plays one world to its end: a seed draws the customers, what they do and how often each kind of fault
strikes; the same seed always plays the same world. Laws are checked after each step; at the end the faults stop, and
the books must come to what an oracle works out from the simulated Stripe and from what customers were told.
"""
