"""The invented people: each role once at least, valid phones, organisations that the market has."""

from core.access.roles import Role
from core.identity.contacts import phone
from samples.dealers import deliveries
from samples.people import STAFF_CODE, market_people


def test_there_is_a_person_of_each_role() -> None:
    assert {person.role for person in market_people()} == set(Role)


def test_phones_are_mobile_numbers_and_each_is_one_person() -> None:
    people = market_people()
    assert len({phone(person.phone).value for person in people}) == len(people)


def test_roles_are_held_in_organisations_of_the_market() -> None:
    orgs = {org.code: {branch.code for branch in org.branches} for org, _ in deliveries().values()}
    for person in market_people():
        if person.org not in (None, STAFF_CODE):
            assert person.branch is None or person.branch in orgs[person.org]


def test_people_are_the_same_every_time() -> None:
    assert market_people() == market_people()
