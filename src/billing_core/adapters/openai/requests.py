"""What we want, in the words of one provider."""

from collections.abc import Mapping
from hashlib import sha256

from attrs import frozen

from billing_core.adapters.openai.quirks import Quirks, SizeStyle
from billing_core.domain.catalog import Model
from billing_core.ports.images import ImageRequest


@frozen(kw_only=True)
class Parameters:
    """`known` are the SDK's own parameters; `extra` goes into the body as it is."""

    known: Mapping[str, object]
    extra: Mapping[str, object]


def parameters(request: ImageRequest, model: Model, quirks: Quirks, *, n: int, streams: bool) -> Parameters:
    """The parameters for `n` pictures. What the catalog says for the quality stands beside them."""
    known: dict[str, object] = {"model": model.name, "prompt": request.prompt, "n": n}
    extra: dict[str, object] = dict(model.parameters.get(request.quality, {}))
    if quirks.size is SizeStyle.SIZE:
        known["size"] = request.size
    else:
        width, _, height = request.size.partition("x")
        extra |= {"width": int(width), "height": int(height)}
    if request.quality in quirks.qualities:
        known["quality"] = request.quality
    if quirks.response_format is not None:
        extra["response_format"] = quirks.response_format  # some have a word for it that the SDK's type does not
    if streams:
        known |= {"stream": True, "partial_images": quirks.partials}
    if quirks.told_of_users and request.account_id:
        known["safety_identifier"] = sha256(request.account_id.encode()).hexdigest()
    return Parameters(known=known, extra=extra)


def shares(n: int, most: int) -> tuple[int, ...]:
    """How many pictures each call is asked for, when a call makes at most `most`: 5 by 2 is 2, 2 and 1."""
    whole, rest = divmod(n, most)
    return (most,) * whole + ((rest,) if rest else ())
