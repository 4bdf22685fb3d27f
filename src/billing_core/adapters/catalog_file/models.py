"""What stands under `[models.…]` and `[rates.…]`: who draws, and what a picture costs."""

from collections.abc import Iterator

from billing_core.adapters.catalog_file.section import Section
from billing_core.adapters.catalog_file.shapes import KEY, SIZE
from billing_core.domain.catalog import Model, Rate


def models(file: Section) -> Iterator[Model]:
    """Our names for models, and what their providers call them."""
    with file.table("models") as named:
        for key, section in named.named_tables(KEY):
            with section:
                yield Model(key, section.text("provider", shape=KEY), section.text("name"))


def rates(file: Section) -> Iterator[Rate]:
    """The rate card: `[rates.MODEL.QUALITY]`, then a number of credits for each size."""
    with file.table("rates") as by_model:
        for model, by_quality in by_model.named_tables(KEY):
            for quality, by_size in by_quality.named_tables(KEY):
                for size in by_size.names():
                    if not SIZE.fits(size):
                        by_size.blame(size, f"must be {SIZE.wanted}")
                    yield Rate(model, size, quality, by_size.whole(size))
