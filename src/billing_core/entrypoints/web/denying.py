"""Why no picture is made, in the words of the page where it was asked for."""

from attrs import frozen

from billing_core.application.accepting import LONGEST_PROMPT
from billing_core.domain import errors
from billing_core.domain.options import Action, Option
from billing_core.entrypoints.http.refusals import InvalidFields
from billing_core.entrypoints.web.problems import options_of
from billing_core.entrypoints.web.rendering import counted, plural
from billing_core.entrypoints.web.wording import named, times

PLACES = {"images_per_request": "n", "private_history": "private"}


@frozen
class Refused:
    """What to say, beside which field (empty: above the form), and the ways out."""

    text: str
    field: str = ""
    options: tuple[Option, ...] = ()


def refused(error: Exception) -> Refused:
    """The refusal in words. What it cannot explain was not the customer's doing."""
    return Refused(_words(error), _field(error), ways_of(error))


def ways_of(error: Exception) -> tuple[Option, ...]:
    """The ways out that lead somewhere or say when, each of them once: all packs are bought at one place."""
    ways = {(way.action, way.tier, way.available_at): way for way in options_of(error)}
    silent = {(Action.WAIT, None, None), (Action.REDUCE, None, None)}
    return tuple(way for told, way in ways.items() if told not in silent)


def _field(error: Exception) -> str:
    match error:
        case errors.NotEntitled():
            return PLACES.get(error.entitlement, error.entitlement)
        case errors.InvalidValue():
            return error.field
        case InvalidFields():
            return error.errors[0].field
        case _:
            return ""


def _words(error: Exception) -> str:
    match error:
        case errors.AccountSuspended():
            return "This account is suspended for now, so no pictures can be made. You can still see those you have."
        case errors.NotEntitled():
            return _not_in_the_plan(error)
        case errors.TooManyConcurrent():
            them = plural(error.limit, "picture is", "pictures are")
            return f"{them} under way, and your plan makes no more at once. Wait until one is ready."
        case errors.DailyQuotaExceeded():
            return f"{counted(error.used)} of the {plural(error.limit, 'picture')} of today are made."
        case errors.NotPriced():
            them = f"{named(error.model)} makes no {named(error.quality)} pictures of {times(error.size)}."
            return f"{them} Choose another size or quality."
        case errors.CostsTooMuch():
            return f"The price is now {plural(error.required, 'credit')}. If that is fine, press Create again."
        case errors.InsufficientCredits():
            return f"This costs {plural(error.required, 'credit')}, and you have {counted(error.available)}."
        case errors.PortFailure():
            return "This could not be done just now. Nothing was charged; please try again."
        case _:
            return _not_understood(_field(error))


def _not_in_the_plan(error: errors.NotEntitled) -> str:
    match error.entitlement:
        case "images_per_request":
            return f"Your plan makes up to {plural(int(error.allowed[0]), 'picture')} at once."
        case "private_history":
            return "Your plan does not keep pictures private."
        case what:
            return f"Your plan does not have this {what}."


def _not_understood(field: str) -> str:
    if field == "prompt":
        return f"Describe the picture, in up to {counted(LONGEST_PROMPT)} characters."
    return "This cannot be chosen. Please choose again."
