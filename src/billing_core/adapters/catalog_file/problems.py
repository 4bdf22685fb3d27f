"""What is wrong with a catalog file, said so that it can be mended at once."""

from attrs import define, frozen

from billing_core.domain.errors import PortFailure


@frozen(order=True)
class Problem:
    """One mistake: the line (from 1), the key as a dotted path, and what to do about it."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.key}: {self.message}" if self.key else f"line {self.line}: {self.message}"


@define(str=False)
class CatalogError(PortFailure):
    """The file is no catalog. All problems that could be found are told, by line."""

    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
