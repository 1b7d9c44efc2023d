"""The invented people of the market, one for each role, with the phones that they log in by."""

from dataclasses import dataclass

from samples.dealers import deliveries

STAFF_CODE = "automart"
STAFF_NAME = "Automart"


@dataclass(frozen=True)
class SamplePerson:
    """A person: role in words of the platform, phone, and the organisation and branch in which the role holds."""

    role: str
    phone: str
    org: str | None = None
    branch: str | None = None


def market_people() -> list[SamplePerson]:
    """Return a person of each role; their phones are the same every time, and no operator has given them out."""
    dealer, other = [org for org, _ in deliveries().values() if len(org.branches) > 1][:2]
    first, second = dealer.branches[0].code, dealer.branches[1].code
    held: list[tuple[str, str | None, str | None]] = [
        ("buyer", None, None),
        ("private_seller", None, None),
        ("sales_agent", dealer.code, first),
        ("branch_manager", dealer.code, second),
        ("org_admin", dealer.code, None),
        ("org_admin", other.code, None),
        ("moderator", STAFF_CODE, None),
        ("finance", STAFF_CODE, None),
        ("analyst", STAFF_CODE, None),
        ("platform_admin", STAFF_CODE, None),
    ]
    return [SamplePerson(role, f"0300 00000{at:02d}", org, branch) for at, (role, org, branch) in enumerate(held, 1)]
