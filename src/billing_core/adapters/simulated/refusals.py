"""What Stripe refuses, as it says so."""

from attrs import define


@define(kw_only=True)
class Refused(Exception):
    """A request that Stripe does not take. The fields are those of its `error` object; `status` is the answer's."""

    message: str
    code: str | None = None
    param: str | None = None
    type: str = "invalid_request_error"
    status: int = 400
    decline_code: str | None = None
    charge: str | None = None
