"""A request's parameters, read one at a time. What nobody read is refused in the end, as Stripe does."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from attrs import define, field

from billing_core.adapters.simulated.refusals import Refused

T = TypeVar("T")

_LONGEST = 5000
_LATEST = 2**33
_MOST_METADATA = 50
_FLAGS = {"true": True, "false": False}


@define
class Params:
    """Readers answer None where the parameter is missing; all raise Refused for what Stripe would not take.

    An empty text unsets a parameter: only where `can_unset` says so is it allowed.
    """

    _values: Mapping[str, Any]
    _path: str = ""
    _read: dict[str, list["Params"]] = field(factory=dict)

    def name(self, key: str) -> str:
        """The parameter's whole name, as errors tell it."""
        return f"{self._path}[{key}]" if self._path else key

    def has(self, key: str) -> bool:
        """Whether it was sent; this alone does not count as reading it."""
        return key in self._values

    def text(self, key: str, *, can_unset: bool = False, longest: int = _LONGEST) -> str | None:
        value = self._take(key)
        if value is None or (value == "" and can_unset):
            return None
        if not isinstance(value, str):
            raise self.invalid(key, "Invalid string")
        if value == "":
            message = (
                f"You passed an empty string for '{self.name(key)}'. We assume empty values are an attempt to unset a"
                f" parameter; however '{self.name(key)}' cannot be unset."
            )
            raise self.refused(key, message, code="parameter_invalid_empty")
        if len(value) > longest:
            message = f"Invalid string: must be at most {longest} characters"
            raise self.refused(key, message, code="parameter_invalid_string_too_long")
        return value

    def needed(self, key: str, value: T | None) -> T:
        """The value that was read. Refuses its absence."""
        if value is None:
            raise self.refused(key, f"Missing required param: {self.name(key)}.", code="parameter_missing")
        return value

    def must(self, key: str) -> str:
        """A text that has to be there."""
        return self.needed(key, self.text(key))

    def whole(self, key: str, *, least: int = -_LATEST, most: int = 99_999_999) -> int | None:
        text = self.text(key)
        if text is None:
            return None
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise self.refused(key, f"Invalid integer: {text}", code="parameter_invalid_integer")
        number = int(text)
        if number < least:
            message = f"This value must be greater than or equal to {least}."
            raise self.refused(key, message, code="parameter_invalid_integer")
        if number > most:
            message = f"This value must be less than or equal to {most}."
            raise self.refused(key, message, code="parameter_invalid_integer")
        return number

    def decimal(self, key: str) -> Decimal | None:
        text = self.text(key)
        try:
            number = None if text is None else Decimal(text)
        except InvalidOperation:
            number = Decimal("nan")
        if number is not None and not number.is_finite():
            raise self.refused(key, f"Invalid decimal: {text}", code="parameter_invalid_decimal")
        return number

    def flag(self, key: str) -> bool | None:
        text = self.text(key)
        if text is not None and text not in _FLAGS:
            raise self.refused(key, f"Invalid boolean: {text}")
        return None if text is None else _FLAGS[text]

    def choice(self, key: str, *options: str) -> str | None:
        text = self.text(key)
        if text is not None and text not in options:
            raise self.refused(key, f"Invalid {self.name(key)}: must be one of {_either(options)}")
        return text

    def moment(self, key: str) -> datetime | None:
        seconds = self.whole(key, least=0, most=_LATEST)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def texts(self, key: str) -> list[str] | None:
        value = self._take(key)
        if value is None:
            return None
        if value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise self.invalid(key, "Invalid array")
        return value

    def inside(self, key: str) -> "Params":
        """The parameters within that one; none where it is missing or empty."""
        value = self._take(key)
        if value in (None, ""):
            value = {}
        if not isinstance(value, dict):
            raise self.invalid(key, "Invalid object")
        return self._child(key, value, self.name(key))

    def rows(self, key: str) -> list["Params"]:
        """Each of a list's, none where it is missing or empty."""
        value = self._take(key)
        if value in (None, ""):
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.invalid(key, "Invalid array")
        return [self._child(key, each, f"{self.name(key)}[{n}]") for n, each in enumerate(value)]

    def metadata(self, key: str = "metadata", *, over: Mapping[str, str] | None = None) -> dict[str, str]:
        """What was there before, with what is sent put over it; an empty text takes a key, or all of them, away."""
        value = self._take(key)
        if value is None:
            return dict(over or {})
        if value == "":
            return {}
        if isinstance(value, list):
            value = {str(n): each for n, each in enumerate(value)}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self.invalid(key, "Invalid object")
        merged = {name: text for name, text in {**(over or {}), **value}.items() if text != ""}
        if len(merged) > _MOST_METADATA:
            raise self.refused(key, f"Metadata can have at most {_MOST_METADATA} keys.")
        for name, text in merged.items():
            if len(name) > 40 or len(text) > 500:
                raise self.refused(key, "Metadata keys can have 40 characters and values 500 characters at most.")
        return merged

    def anything(self, key: str) -> Any:
        """The parameter as it was sent, with true and false understood: for what is only told again."""
        return _understood(self._take(key))

    def finish(self) -> None:
        """Refuses parameters that nobody has read."""
        unread = list(self._unread())
        if unread:
            word = "parameter" if len(unread) == 1 else "parameters"
            message = f"Received unknown {word}: {', '.join(unread)}"
            raise Refused(message=message, code="parameter_unknown", param=unread[0])

    def refused(self, key: str, message: str, *, code: str | None = None) -> Refused:
        """What to raise about a parameter."""
        return Refused(message=message, code=code, param=self.name(key))

    def invalid(self, key: str, what: str) -> Refused:
        return self.refused(key, f"{what}: {str(self._values[key])[:100]}")

    def _take(self, key: str) -> Any:
        self._read.setdefault(key, [])
        return self._values.get(key)

    def _child(self, key: str, values: Mapping[str, Any], path: str) -> "Params":
        child = Params(values, path)
        self._read[key].append(child)
        return child

    def _unread(self) -> Iterator[str]:
        for key in self._values:
            if key not in self._read:
                yield self.name(key)
            for child in self._read.get(key, ()):
                yield from child._unread()


def _either(options: tuple[str, ...]) -> str:
    *others, last = options
    return f"{', '.join(others)}, or {last}" if len(others) > 1 else " or ".join(options)


def _understood(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _understood(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_understood(inner) for inner in value]
    return _FLAGS.get(value, value)
