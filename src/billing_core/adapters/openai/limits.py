"""How long we wait, and how much we read."""

from collections.abc import Mapping

from attrs import frozen

MIB = 1024 * 1024


@frozen(kw_only=True)
class Limits:
    """Seconds and bytes. `answer_s` is for a whole answer, by quality; others get `default_s`.

    The longest is well within the quarter of an hour after which a generation that nothing was heard of is looked at.
    """

    connect_s: float = 10
    answer_s: Mapping[str, float] = {"low": 90, "standard": 120, "medium": 150, "xhigh": 300, "max": 300}
    default_s: float = 180
    listing_s: float = 15
    download_s: float = 60
    answer_bytes: int = 96 * MIB
    picture_bytes: int = 32 * MIB

    def answer_within(self, quality: str) -> float:
        """The seconds that an answer of this quality may take."""
        return self.answer_s.get(quality, self.default_s)
