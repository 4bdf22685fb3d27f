"""What the gateway's own page of a checkout asks beside the payment, and how it looks."""

from enum import Enum

from attrs import field, frozen
from attrs.validators import min_len


class FieldKind(Enum):
    """What a custom field takes."""

    TEXT = "text"
    NUMERIC = "numeric"


@frozen(kw_only=True)
class CustomField:
    """Something that the customer is asked at the checkout. `label` is what they read."""

    key: str = field(validator=min_len(1))
    label: str
    kind: FieldKind = FieldKind.TEXT
    optional: bool = False


class BorderStyle(Enum):
    """The corners of what is on the page."""

    RECTANGULAR = "rectangular"
    ROUNDED = "rounded"
    PILL = "pill"


@frozen(kw_only=True)
class Branding:
    """How the page looks. What is None is as the gateway's dashboard has it; colours are `#rrggbb`."""

    display_name: str | None = None
    background_color: str | None = None
    button_color: str | None = None
    border_style: BorderStyle | None = None
