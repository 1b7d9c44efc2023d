"""Choose what is made of an organisation's photos."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.tables.photo_backgrounds import PhotoChoice
from serving.identity.orgs.orgs import find_org
from serving.photos.declarations import CHOOSE_PHOTOS


def read_choice(session: Session, principal: Principal, org_code: str) -> bool:
    """Tell whether an organisation shows photos with a clean background.

    Raises:
        ForbiddenError, UnknownOrgError: see `find_org`.
    """
    chosen = session.get(PhotoChoice, find_org(session, principal, org_code, CHOOSE_PHOTOS).id)
    return chosen is not None and chosen.clean_backgrounds


def choose(session: Session, principal: Principal, org_code: str, *, clean_backgrounds: bool) -> bool:
    """Choose it. What was made before is shown or not from now on; nothing that is shown is replaced.

    Raises:
        ForbiddenError, UnknownOrgError: see `find_org`.
    """
    org = find_org(session, principal, org_code, CHOOSE_PHOTOS)
    before = read_choice(session, principal, org_code)
    values = {"clean_backgrounds": clean_backgrounds, "changed_at": utc_now()}
    write = insert(PhotoChoice).values(org_id=org.id, **values)
    session.execute(write.on_conflict_do_update(index_elements=["org_id"], set_=values))
    session.expire_all()
    act = Act(
        "photos.choose", "org", str(org.id), org.id, {"clean_backgrounds": before},
        {"clean_backgrounds": clean_backgrounds},
    )  # fmt: skip
    record(session, Actor.of(principal), act)
    return clean_backgrounds
