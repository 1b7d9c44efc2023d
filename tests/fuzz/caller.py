"""Run Schemathesis as one role: `python -m tests.fuzz.caller STATE.json run …`, in a process of its own.

Each call has a login that is in force (some calls end it) and comes from an address of its own, so that limits of calls
do not hide what lies behind them.
"""

import json
import sys
from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.cli import schemathesis as command_line
from schemathesis.openapi.checks import RejectedPositiveData

from core.db.session import make_engine, make_session_factory, transaction
from core.security.platform_keys import given_keys
from tests.api.people import People

BEYOND_THE_DOCUMENT = {
    "two_origins": "OpenAPI cannot say that two parameters exclude each other",
    "missing_origin": "nor that one needs another",
    "model_without_make": "nor that one needs another",
    "hybrid_needs_words": "nor that one needs another",
    "invalid_range": "nor that one number is at most another",
    "unknown_city": "the towns are data",
    "bad_range": "nor that one day is before another",
    "range_too_long": "nor how many days lie between them",
    "invalid_point": "a point is one text of two numbers",
    "invalid_cursor": "cursors are opaque",
    "bad_position": "and so are positions in a stream",
    "bad_phone": "the numbering plans of the world are no pattern",
    "bad_role": "which roles an organisation has depends on its kind",
    "bad_branch": "the branches are data",
    "country_not_served": "the countries are a setting",
    "bad_email": "nor are addresses, with the domains that there are",
    "if_match_needed": "the header may be left out where it is documented, and the answer says why it is needed",
    "sale_refused": "nor that two fields go with one value of a third; days of a sale move with the calendar",
    "reason_needed": "nor that a value of one field needs another field",
    "details_needed": "nor that the type of a lead needs another field",
    "bad_lead_event": "nor that the kind of an event needs another field",
    "bad_attachment": "what makes a document is no pattern",
    "unsupported_image_type": "nor is what makes a picture",
    "unknown_owner": "the people are data",
    "bad_search": "a saved search is the query of another operation, of which a schema says nothing",
    "search_too_wide": "nor that it asks for something",
    "too_many_saved_searches": "the searches of a person are data",
    "unknown_timezone": "the time zones are data",
    "bad_quiet_hours": "nor that two times differ",
    "always_sent": "nor that one kind needs a channel",
    "desk_changed": "tags of what a caller has read are opaque",
    "lead_changed": "and so are these",
    "bad_calendar": "the hours of a day are no pattern",
    "calendar_never_opens": "nor can the document count hours",
    "bad_sla_policy": "nor that a percentage is given once",
    "bad_assignment_rules": "the branches and people are data",
    "leads_needed": "nor that one of two fields is needed",
    "empty_message": "nor that blanks are no message",
    "adf_entities_refused": "nor what XML may declare",
    "contact_needed": "who can be answered depends on the caller's login",
    "edit_breaks_rules": "the rules of moderation read what texts mean",
    "bad_batch": "a beacon is JSON in a text, of which a schema says nothing; times are of this century",
    "received_at_refused": "batches may have fields that are not named, but not this one",
    "listing_changed": "tags of what a caller has read are opaque",
    "idempotency_key_reused": "nor that a key belongs to the body with which it was first sent",
    "idempotency_key_needed": "the header may be left out where it is documented, and the answer says why it is needed",
    "bad_deposit_amount": "the most of a deposit is the price of its car",
    "bad_refund_amount": "nor how much of a deposit is left",
    "unknown_provider": "the providers are a setting",
    "unknown_lead": "the leads of a buyer are data",
    "upload_too_large": "the limit of uploads is a setting",
    "no_feed": "nor which cars came with a feed",
    "photo_order_incomplete": "the photos of a car are data",
    "box_outside_photo": "and so is their size",
    "unknown_event": "the events that partners subscribe to are gathered from the domains",
    "replay_unclear": "nor that one field excludes another",
    "unknown_filter_value": "makes, models and towns are data",
    "filter_needs_car": "nor which events are about a car",
    "bad_url": "what an address is cannot be a pattern",
    "scheme_not_allowed": "the schemes of addresses are a rule of outbound connections",
    "port_not_allowed": "and so are their ports",
    "secret_in_url": "nor that an address holds no password",
    "bad_headers": "nor which headers are the platform's own",
    "listing_refused": "listings pass the rules of feeds, whose limits move with the year",
}
"""Codes of refusals of requests that fit the document, each with the reason why the document cannot state the rule."""
_FIRST_ADDRESS = int(IPv4Address("100.64.0.0"))


def refusal_codes(problem: dict[str, Any]) -> set[str]:
    """Return the codes of a refusal: those of the fields where the body as a whole is refused."""
    of_fields = {error["code"] for error in problem.get("errors") or ()}
    return of_fields if problem["code"] == "invalid_request" and of_fields else {problem["code"]}


class Login:
    """The role's access token, made anew once it was refused, and the dealer's upload token."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._user = UUID(state["user_id"]) if state["user_id"] else None
        self._upload_token: str | None = state["upload_token"]
        self._sessions = make_session_factory(make_engine(state["database_url"]))
        self._people = People(self._sessions, given_keys(*state["keys"]))
        self._token: str | None = None

    def get(self, case: schemathesis.Case, _context: schemathesis.AuthContext) -> str | None:
        if case.operation.path.startswith("/v1/feeds/"):
            return self._upload_token
        if self._user is not None and self._token is None:
            with transaction(self._sessions) as session:
                self._token = self._people.login(session, self._user).token
        return self._token

    def set(self, case: schemathesis.Case, token: str, _context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {token}"

    def forget(self, case: schemathesis.Case, response: schemathesis.Response) -> None:
        """Log in anew after a refusal, and after the calls that end sessions."""
        if response.status_code == 401 or case.method == "DELETE":
            self._token = None


def main() -> None:
    state, *arguments = sys.argv[1:]
    schemathesis.serializer.alias("application/pdf", "application/octet-stream")
    login = Login(json.loads(Path(state).read_text()))
    calls = 0

    @schemathesis.hook
    def before_call(_context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
        nonlocal calls
        calls += 1
        case.headers["X-Forwarded-For"] = str(IPv4Address(_FIRST_ADDRESS + calls))

    @schemathesis.hook
    def after_call(
        _context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response
    ) -> None:
        login.forget(case, response)

    accepted: Counter[str] = Counter()

    @schemathesis.hook
    def filter_failure(
        _context: schemathesis.HookContext,
        failure: Exception,
        _case: schemathesis.Case,
        response: schemathesis.Response,
    ) -> bool:
        if not isinstance(failure, RejectedPositiveData):
            return True
        codes = refusal_codes(response.json())
        excused = codes <= BEYOND_THE_DOCUMENT.keys()
        accepted.update(codes if excused else ())
        return not excused

    class GivenLogin:  # the library makes an object of a class without arguments
        get = staticmethod(login.get)
        set = staticmethod(login.set)

    schemathesis.auth(refresh_interval=None)(GivenLogin)
    command_line(arguments)


if __name__ == "__main__":
    main()
