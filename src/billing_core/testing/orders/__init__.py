"""The law of order, as a tool: webhooks of a history, told in any order, must end in the same books.

    proof = await Proving(Random(1)).generated(catalog, orders=1_000)
    assert proof.holds, "\\n".join(told_of(proof.counterexample))

Random lives are lived on the catalog against the simulated Stripe, or a recording is read from a file. Its webhooks are
told shuffled, some twice, some lost and reconciled, jobs between them, to fresh books in memory through the real
receiving path: verification, translation, the jobs, the gateway's adapter against the truth as it is in the end. What
ends otherwise than in turn is made as small as can be found.
"""

from billing_core.testing.orders.ending import Ending
from billing_core.testing.orders.lives import Lives
from billing_core.testing.orders.minimizing import Counterexample, Minimizing
from billing_core.testing.orders.proving import Proof, Proving, a_life, a_recording, told_of
from billing_core.testing.orders.recording import NoRecording, Recording, Webhook
from billing_core.testing.orders.telling import WORK, Order, Teller

__all__ = [
    "WORK",
    "Counterexample",
    "Ending",
    "Lives",
    "Minimizing",
    "NoRecording",
    "Order",
    "Proof",
    "Proving",
    "Recording",
    "Teller",
    "Webhook",
    "a_life",
    "a_recording",
    "told_of",
]
