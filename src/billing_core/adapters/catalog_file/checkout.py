"""What stands under `[checkout]`: what the gateway's page asks, and how it looks."""

from collections.abc import Iterator

from billing_core.adapters.catalog_file.section import Section
from billing_core.adapters.catalog_file.shapes import BORDER, COLOR, FIELD, FIELD_KIND, LABEL
from billing_core.domain.checkout_page import BorderStyle, Branding, CustomField, FieldKind

MOST_FIELDS = 3


def custom_fields(checkout: Section) -> Iterator[CustomField]:
    """The questions, in the order in which they stand; the gateway takes so many, each key once."""
    seen: set[str] = set()
    for number, each in enumerate(checkout.tables("custom_fields"), start=1):
        with each:
            asked = CustomField(
                key=each.text("key", shape=FIELD),
                label=each.text("label", shape=LABEL),
                kind=FieldKind(each.text("kind", shape=FIELD_KIND)) if "kind" in each else FieldKind.TEXT,
                optional=each.flag("optional", default=False),
            )
        if asked.key in seen:
            each.blame("key", f"{asked.key} is the key of another field too")
        if number > MOST_FIELDS:
            each.blame("key", f"there may be {MOST_FIELDS} custom fields")
        seen.add(asked.key)
        yield asked


def branding(checkout: Section) -> Branding | None:
    """The look, where something is said of it."""
    if "branding" not in checkout:
        return None
    with checkout.table("branding") as look:
        return Branding(
            display_name=look.text("display_name", shape=LABEL) if "display_name" in look else None,
            background_color=look.text("background_color", shape=COLOR) if "background_color" in look else None,
            button_color=look.text("button_color", shape=COLOR) if "button_color" in look else None,
            border_style=BorderStyle(look.text("border_style", shape=BORDER)) if "border_style" in look else None,
        )
