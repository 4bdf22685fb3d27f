"""How a request with an idempotency key becomes a cause."""

from attrs import frozen

from billing_core.ports.commit import Cause, T
from billing_core.ports.inbox import REQUEST


@frozen
class RequestKey:
    """An `Idempotency-Key` within its route, and the fingerprint of the request's body."""

    route: str
    key: str
    fingerprint: str

    def cause(self, answer_type: type[T], *, intent_type: type[T] | None = None) -> Cause[T]:
        return Cause(
            key=f"http:{self.route}:{self.key}",
            fingerprint=self.fingerprint,
            answer_type=answer_type,
            intent_type=intent_type,
            kind=REQUEST,
        )


def name_at_gateway(mark: str, request: RequestKey | None) -> str:
    """What the gateway is to know an intent by: the mark that was made with it, since the request's own key is
    forgotten here before the gateway forgets it. An earlier version made no mark, and gave the key."""
    return mark or (request.key if request else "")


def cause_of(
    request: RequestKey | None, answer_type: type[T], *, intent_type: type[T] | None = None
) -> Cause[T] | None:
    """The cause of a request, where it carries a key."""
    return request.cause(answer_type, intent_type=intent_type) if request else None
