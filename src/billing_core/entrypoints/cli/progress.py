"""How long work shows how far it is: on stderr, so that stdout stays for the result."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


def progress(*, hidden: bool) -> Progress:
    """A bar with how many of how many, how fast, and how long still. It goes when the work is done.

    Where nobody looks, as in the log of a cron job, there is none.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=hidden or not console.is_terminal, transient=True)


def tell(shown: Progress, line: str) -> None:
    """A line on stderr, above the bar."""
    shown.console.print(line, markup=False, highlight=False, soft_wrap=True)
