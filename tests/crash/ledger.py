"""What every caller asked for and what they were told. It lives in the process that is never killed."""

from collections import Counter
from typing import Any

from attrs import define, field, frozen

from tests.crash.operations import Operation


@frozen
class Told:
    """A definite answer."""

    status: int
    answer: Any

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300


@define
class Ledger:
    """By the operation's cause. What was asked and not told may have happened, or not, but never twice."""

    asked: dict[str, Operation] = field(factory=dict)
    told: dict[str, Told] = field(factory=dict)
    counts: Counter[str] = field(factory=Counter)
    wrong: list[str] = field(factory=list)

    def ask(self, operation: Operation) -> None:
        self.asked[operation.cause] = operation

    def tell(self, operation: Operation, told: Told) -> None:
        """The same operation must be told the same, however often it is asked for."""
        first = self.told.setdefault(operation.cause, told)
        self.counts["told" if first is told else "told again"] += 1
        if first != told:
            self.wrong.append(f"{operation.cause} was told {first}, and then {told}")

    def untold(self) -> list[Operation]:
        return [operation for cause, operation in self.asked.items() if cause not in self.told]
