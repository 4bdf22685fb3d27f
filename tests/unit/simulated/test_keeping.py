"""What the simulated Stripe keeps: found by its names, and taken back as a whole."""

from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.simulated.keeping import Keeping
from billing_core.adapters.simulated.state import Customer, State

AT = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(["a@app.test", "b@app.test", None])
PUTS = st.lists(st.tuples(st.sampled_from("123"), NAMES), max_size=12)


def keep(keeping: Keeping, puts: list[tuple[str, str | None]]) -> None:
    for key, email in puts:
        keeping.put(Customer(id=key, email=email, created_at=AT))
        keeping.count("cus")


def found(keeping: Keeping) -> dict[str, set[str]]:
    """Who is found by which name."""
    names = ("a@app.test", "b@app.test")
    return {name: {customer.id for customer in keeping.named(Customer, name)} for name in names}


@given(before=PUTS, after=PUTS)
def test_what_is_taken_back_never_was(
    before: list[tuple[str, str | None]], after: list[tuple[str, str | None]]
) -> None:
    keeping = Keeping(State())
    keep(keeping, before)
    keeping.settle()
    kept, names = keeping.state.copy(), found(keeping)
    keep(keeping, after)
    keeping.undo()

    assert (kept, names) == (keeping.state, found(keeping))
    assert list(kept.customers) == list(keeping.state.customers)


@given(puts=PUTS)
def test_everything_is_found_by_the_names_that_it_has_now(puts: list[tuple[str, str | None]]) -> None:
    keeping = Keeping(State())
    keep(keeping, puts)
    emails = dict(puts)

    assert {name: {key for key, email in emails.items() if email == name} for name in found(keeping)} == found(keeping)
    assert found(keeping) == found(Keeping(keeping.state))


def test_what_is_forgotten_is_not_found() -> None:
    keeping = Keeping(State())
    keep(keeping, [("1", "a@app.test")])
    keeping.settle()
    keeping.forget(Customer, "1")

    assert set() == found(keeping)["a@app.test"]


def test_a_deleted_customer_is_found_by_its_id_alone() -> None:
    keeping = Keeping(State())
    keep(keeping, [("1", "a@app.test")])
    keeping.put(evolve(keeping.state.customers["1"], deleted=True))

    assert (set(), ["1"]) == (found(keeping)["a@app.test"], list(keeping.state.customers))
