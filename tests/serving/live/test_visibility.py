"""No event of others is ever sent, whatever memberships a caller has."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.access.principal import Membership, Principal, ServiceIdentity
from core.access.roles import Role
from serving.live.errors import BadPositionError
from serving.live.position import position_text, read_position
from serving.live.rows import Row
from serving.live.visibility import may_see
from tests.examples import examples

ORGS = [UUID(int=number) for number in range(1, 4)]
PEOPLE = [UUID(int=number) for number in range(11, 14)]
BRANCHES = [UUID(int=number) for number in range(21, 24)]
_IDS = st.sampled_from(PEOPLE)
_MEMBERSHIPS = st.builds(
    lambda org, role, branches: Membership(org, f"org-{org.int}", role, branches),
    st.sampled_from(ORGS),
    st.sampled_from(list(Role)),
    st.none() | st.frozensets(st.sampled_from(BRANCHES), max_size=2),
)
_SYSTEMS = st.builds(
    lambda org, scopes: ServiceIdentity("erp", org, f"org-{org.int}", scopes),
    st.sampled_from(ORGS),
    st.frozensets(st.sampled_from(["leads.read", "deposits.read", "feeds.read"])),
)
_CALLERS = st.one_of(
    st.builds(lambda user, held: Principal(user, tuple(held)), _IDS, st.lists(_MEMBERSHIPS, max_size=3)),
    st.builds(lambda system: Principal(service_account=system), _SYSTEMS),
    st.just(Principal.anonymous()),
)
_ROWS = st.builds(
    lambda stream, role, topic, branch, owner: Row(
        stream, 1, role, topic, "created", UUID(int=1), 1,
        {"branch_id": branch and str(branch), "owner_id": owner and str(owner)}, datetime(2026, 11, 27, tzinfo=UTC), "",
    ),
    st.sampled_from(ORGS + PEOPLE),
    st.sampled_from(["org", "seller", "buyer"]),
    st.sampled_from(["lead", "deposit", "listing"]),
    st.none() | st.sampled_from(BRANCHES),
    st.none() | st.sampled_from(PEOPLE),
)  # fmt: skip


@settings(max_examples=examples(1_000))
@given(_CALLERS, _ROWS, st.none() | st.sampled_from(ORGS))
def test_what_is_sent_is_the_callers_own(caller: Principal, row: Row, acting: UUID | None) -> None:
    if not may_see(caller, row, acting):
        return
    if row.role != "org":
        assert row.stream_id == caller.user_id
        return
    assert row.stream_id == acting
    held = [each for each in caller.memberships if each.org_id == row.stream_id]
    system = caller.service_account
    if system is not None:
        assert system.org_id == row.stream_id
        assert row.topic == "listing" or f"{row.topic}s.read" in system.scopes
    elif row.topic == "listing":
        assert held
    else:
        own = str(caller.user_id) == row.payload["owner_id"]
        works = [each for each in held if each.role in (Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN)]
        branch = row.payload["branch_id"]
        assert any(own or each.branch_ids is None or branch in set(map(str, each.branch_ids)) for each in works)


def test_member_of_a_branch_sees_its_leads_and_those_that_it_has_or_had() -> None:
    member = Principal(PEOPLE[0], (Membership(ORGS[0], "o", Role.SALES_AGENT, frozenset({BRANCHES[0]})),))

    def lead(**payload: str | None) -> bool:
        row = Row(ORGS[0], 1, "org", "lead", "k", UUID(int=1), 1, dict(payload), datetime(2026, 1, 1, tzinfo=UTC), "")
        return may_see(member, row, ORGS[0])

    assert lead(branch_id=str(BRANCHES[0]))
    assert lead(branch_id=None, owner_id=str(PEOPLE[0]))
    assert lead(branch_id=str(BRANCHES[1]), left_owner_id=str(PEOPLE[0]))
    assert not lead(branch_id=str(BRANCHES[1]), owner_id=str(PEOPLE[1]))
    assert not lead(branch_id=None)


@given(st.dictionaries(st.sampled_from(["khan-motors", "@me", "a1"]), st.integers(0, 10**17), max_size=2))
def test_position_is_read_as_it_was_written(numbers: dict[str, int]) -> None:
    assert read_position(position_text(numbers)) == numbers


@given(st.text(max_size=300) | st.sampled_from(["a:1,a:2", "@me:01", "@me:-1", "@me:1,", ":1", "@me:" + "9" * 40]))
def test_any_other_position_is_refused(given_text: str) -> None:
    try:
        found = read_position(given_text)
    except BadPositionError:
        return
    assert position_text(found) == given_text


@pytest.mark.parametrize("bad", ["a:1,a:2", "@me:01", "@me:1,", "@you:1x", "@me:1\n", "A:1", "@me:٣"])
def test_bad_positions(bad: str) -> None:
    with pytest.raises(BadPositionError):
        read_position(bad)
