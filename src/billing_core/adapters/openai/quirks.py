"""In what those who speak as OpenAI does differ from OpenAI, and from each other: one value each, and no code.

What a line says was read in the provider's own documents. A provider whose line is wrong answers 400, which the
operator hears of with the provider's own words; nothing is made or billed.
"""

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen
from attrs.validators import ge

GPT_QUALITIES = frozenset({"low", "medium", "high", "xhigh", "max", "auto"})


class SizeStyle(Enum):
    """How a provider is told the size."""

    SIZE = "size"
    WIDTH_HEIGHT = "width_height"


@frozen(kw_only=True)
class Quirks:
    """How one provider is spoken to.

    `base_url` is where it is, where it has one place for all. `size` is how it is told the size. `response_format` is
    the word that makes it answer with base64; None where it does so anyway, or refuses the parameter. `qualities` are
    the qualities that it knows itself: another one is not sent, and shows in the catalog's parameters only. `most` is
    how many pictures it makes in one call. `partials` is how many unfinished ones it shows of a single picture.
    `picture_hosts` are the hosts, with all below them, whose URLs it may answer with. `key_header` takes the key too,
    beside the Authorization. `told_of_users` says that it wants to know its end users apart. `lists_images` says that
    its list of models names those that make pictures, so that one which is not there is gone.
    """

    base_url: str | None = None
    size: SizeStyle = SizeStyle.SIZE
    response_format: str | None = None
    qualities: frozenset[str] = frozenset()
    most: int = field(default=1, validator=ge(1))
    partials: int = field(default=0, validator=ge(0))
    picture_hosts: tuple[str, ...] = ()
    key_header: str | None = None
    told_of_users: bool = False
    lists_images: bool = False


OPENAI = Quirks(
    base_url="https://api.openai.com/v1",
    qualities=GPT_QUALITIES,
    most=10,
    partials=2,
    told_of_users=True,
    lists_images=True,
)
# Its FLUX deployments make one picture a call, and name no model that is not deployed. It breaks off what takes longer
# than two minutes without a word, which a stream does not.
AZURE = Quirks(
    qualities=GPT_QUALITIES,
    partials=2,
    picture_hosts=("blob.core.windows.net",),
    key_header="api-key",
)
DEEPINFRA = Quirks(
    base_url="https://api.deepinfra.com/v1/openai",
    response_format="b64_json",
    most=4,
)
TOGETHER = Quirks(
    base_url="https://api.together.xyz/v1",
    size=SizeStyle.WIDTH_HEIGHT,
    response_format="base64",
    most=4,
    picture_hosts=("together.ai", "together.xyz"),
    lists_images=True,
)
NEBIUS = Quirks(
    base_url="https://api.tokenfactory.nebius.com/v1",
    size=SizeStyle.WIDTH_HEIGHT,
    response_format="b64_json",
    picture_hosts=("nebius.cloud",),
)
SELF_HOSTED = Quirks(response_format="b64_json")

QUIRKS: Mapping[str, Quirks] = {
    "openai": OPENAI,
    "azure": AZURE,
    "deepinfra": DEEPINFRA,
    "together": TOGETHER,
    "nebius": NEBIUS,
    "self_hosted": SELF_HOSTED,
}


def quirks_of(provider: str) -> Quirks:
    """How the provider of that name is spoken to: one that is not known, as one's own."""
    return QUIRKS.get(provider, SELF_HOSTED)
