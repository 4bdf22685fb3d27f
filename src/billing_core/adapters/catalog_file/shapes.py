"""How texts must look that end up in URLs, in lookup keys, at a provider."""

import re

from attrs import frozen


@frozen
class Shape:
    """A pattern, how a person would say it, and a text that has it."""

    pattern: re.Pattern[str]
    wanted: str
    example: str

    def fits(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None


KEY = Shape(re.compile(r"[a-z0-9][a-z0-9._-]{0,63}"), "a key: a-z or 0-9, then those or . _ - (64 at most)", "key")
SIZE = Shape(re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}"), "WIDTHxHEIGHT in pixels, such as 1024x1024", "1x1")
CURRENCY = Shape(re.compile(r"[a-z]{3}"), "three lower-case letters, such as usd", "usd")
COLOR = Shape(re.compile(r"#[0-9a-fA-F]{6}"), "a colour such as #0066cc", "#000000")
BORDER = Shape(re.compile(r"rectangular|rounded|pill"), "rectangular, rounded or pill", "pill")
FIELD = Shape(re.compile(r"[a-zA-Z0-9]{1,200}"), "letters and digits (200 at most)", "field")
FIELD_KIND = Shape(re.compile(r"text|numeric"), "text or numeric", "text")
LABEL = Shape(re.compile(r"(?=.*\S)[^\x00-\x1f]{1,50}"), "a text of 50 characters at most", "label")
INTERVAL = Shape(re.compile(r"month|year"), "month or year", "month")
