"""What stands under `[models.…]` and `[rates.…]`: who draws, and what a picture costs."""

from collections.abc import Iterator, Mapping

from billing_core.adapters.catalog_file.section import Section
from billing_core.adapters.catalog_file.shapes import KEY, SIZE
from billing_core.domain.catalog import Model, Parameter, Rate

# What the request itself says, and what our reading of the answer depends on.
OURS = frozenset(
    {
        "height",
        "model",
        "n",
        "partial_images",
        "prompt",
        "response_format",
        "safety_identifier",
        "size",
        "stream",
        "user",
        "width",
    }
)


def models(file: Section) -> Iterator[Model]:
    """Our names for models, and what their providers call them."""
    with file.table("models") as named:
        for key, section in named.named_tables(KEY):
            with section:
                yield Model(key, section.text("provider", shape=KEY), section.text("name"), _by_quality(section))


def _by_quality(section: Section) -> Mapping[str, Mapping[str, Parameter]]:
    with section.table("qualities") as qualities:
        return {quality: _parameters(table) for quality, table in qualities.named_tables(KEY)}


def _parameters(section: Section) -> Mapping[str, Parameter]:
    """What the provider is told for a quality, in its own words."""
    found: dict[str, Parameter] = {}
    for name in section.names():
        if name in OURS:
            section.blame(name, "is told by the request itself")
        elif (value := section.parameter(name)) is not None:
            found[name] = value
    return found


def rates(file: Section) -> Iterator[Rate]:
    """The rate card: `[rates.MODEL.QUALITY]`, then a number of credits for each size."""
    with file.table("rates") as by_model:
        for model, by_quality in by_model.named_tables(KEY):
            for quality, by_size in by_quality.named_tables(KEY):
                for size in by_size.names():
                    if not SIZE.fits(size):
                        by_size.blame(size, f"must be {SIZE.wanted}")
                    yield Rate(model, size, quality, by_size.whole(size))
