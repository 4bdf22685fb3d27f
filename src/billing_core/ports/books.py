"""The books as a whole: every port that one store keeps, and what of an account its row shows."""

from typing import Protocol

from billing_core.ports.accounts import AccountRepository
from billing_core.ports.api_keys import ApiKeys
from billing_core.ports.bookmarks import Bookmarks
from billing_core.ports.catalogs import Catalogs
from billing_core.ports.directory import Directory
from billing_core.ports.figures import Figures
from billing_core.ports.generations import Generations
from billing_core.ports.groups import Groups
from billing_core.ports.history import History
from billing_core.ports.inbox import Inbox
from billing_core.ports.incidents import Incidents
from billing_core.ports.jobs import Jobs
from billing_core.ports.overview import Overview
from billing_core.ports.rates import Rates
from billing_core.ports.register import Register
from billing_core.ports.warnings import FraudWarnings


class Books(Protocol):
    """One store behind all of its ports."""

    @property
    def accounts(self) -> AccountRepository: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def history(self) -> History: ...
    @property
    def register(self) -> Register: ...
    @property
    def generations(self) -> Generations: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def overview(self) -> Overview: ...
    @property
    def warnings(self) -> FraudWarnings: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def catalogs(self) -> Catalogs: ...
    @property
    def bookmarks(self) -> Bookmarks: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def groups(self) -> Groups: ...
