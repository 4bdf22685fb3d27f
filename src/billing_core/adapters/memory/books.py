"""All ports of the books over one state in memory."""

from billing_core.adapters.books.columns import Describe, columns_of
from billing_core.adapters.books.moment import Now, utc_now
from billing_core.adapters.books.rates import ProcessRates
from billing_core.adapters.memory.accounts import MemoryAccounts
from billing_core.adapters.memory.api_keys import MemoryApiKeys
from billing_core.adapters.memory.bookmarks import MemoryBookmarks
from billing_core.adapters.memory.catalogs import MemoryCatalogs
from billing_core.adapters.memory.directory import MemoryDirectory
from billing_core.adapters.memory.figures import MemoryFigures
from billing_core.adapters.memory.generations import MemoryGenerations
from billing_core.adapters.memory.history import MemoryHistory
from billing_core.adapters.memory.inbox import MemoryInbox
from billing_core.adapters.memory.incidents import MemoryIncidents
from billing_core.adapters.memory.jobs import MemoryJobs
from billing_core.adapters.memory.overview import MemoryOverview
from billing_core.adapters.memory.register import MemoryRegister
from billing_core.adapters.memory.state import MemoryState
from billing_core.adapters.memory.warnings import MemoryWarnings
from billing_core.ports.groups import Groups


class MemoryBooks:
    """`describe` tells what the catalog knows of an account; `now` dates causes and conflicts. It commits no groups."""

    def __init__(self, describe: Describe = columns_of, *, now: Now = utc_now) -> None:
        self.state = MemoryState()
        self.accounts = MemoryAccounts(self.state, describe, now)
        self.directory = MemoryDirectory(self.state)
        self.history = MemoryHistory(self.state)
        self.register = MemoryRegister(self.state)
        self.generations = MemoryGenerations(self.state)
        self.inbox = MemoryInbox(self.state)
        self.incidents = MemoryIncidents(self.state)
        self.warnings = MemoryWarnings(self.state)
        self.figures = MemoryFigures(self.state)
        self.overview = MemoryOverview(self.state)
        self.jobs = MemoryJobs(self.state)
        self.catalogs = MemoryCatalogs(self.state)
        self.bookmarks = MemoryBookmarks(self.state)
        self.api_keys = MemoryApiKeys(self.state)
        self.rates = ProcessRates()
        self.groups = Groups()
