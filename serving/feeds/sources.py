"""Show, add and remove the addresses that a dealer's files are read from."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import FeedSource
from core.egress.addresses import shown_url
from core.errors import ConflictError, InvalidInputError
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.mail.addresses import hidden_secret
from pipelines.feeds.pull.sources import NewSource, add_source_or_mail
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.errors import (
    CredentialOfOthersError,
    FeedSourceNotFoundError,
    NoMappingError,
    SourceExistsError,
    SourceRefusedError,
)
from serving.feeds.mappings import require_mapping
from serving.identity.orgs.orgs import find_org

__all__ = ["NewSource", "add_own_source", "list_sources", "remove_source"]


def list_sources(session: Session, principal: Principal, dealer: str) -> list[FeedSource]:
    """List the dealer's sources in the order in which they were added.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    return list(session.scalars(select(FeedSource).filter_by(org_id=org.id).order_by(FeedSource.id)))


def add_own_source(
    session: Session, opened: tuple[Storage, Settings], principal: Principal, dealer: str, new: NewSource
) -> FeedSource:
    """Read an address for a dealer from now on; nothing is fetched yet. For `mailto:` make it a mail address.

    A dealer may name the credential alone that is called as it is: with another's name our server would send that
    one's password to an address of the dealer's choice. Staff may name any.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
        NoMappingError, MappingNotFoundError: it is not known how to read the file.
        CredentialOfOthersError, SourceRefusedError, SourceExistsError: see there.
    """
    storage, settings = opened
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    if new.credential not in (None, org.code) and not principal.is_staff:
        raise CredentialOfOthersError(org.code)
    if (wanted := new.mapping or org.default_mapping) is None:
        raise NoMappingError(org.code)
    require_mapping(storage, org, wanted)
    try:
        source = add_source_or_mail(session, storage, org, new, settings)
    except ConflictError as error:
        raise SourceExistsError(error.detail) from error
    except InvalidInputError as error:
        raise SourceRefusedError(error.detail) from error
    facts = {"url": hidden_secret(shown_url(source.url)), "mapping": source.mapping, "credential": source.credential}
    act = Act("feeds.add_source", "feed_source", str(source.id), org.id, after=facts)
    record(session, Actor.of(principal), act)
    return source


def remove_source(session: Session, principal: Principal, dealer: str, source_id: UUID) -> None:
    """Stop reading an address; files that came from it, and their cars, stay.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
        FeedSourceNotFoundError: also where it is another dealer's.
    """
    org = find_org(session, principal, dealer, MANAGE_FEEDS)
    source = session.scalars(select(FeedSource).filter_by(id=source_id, org_id=org.id)).first()
    if source is None:
        raise FeedSourceNotFoundError(source_id)
    facts = {"url": hidden_secret(shown_url(source.url))}
    record(session, Actor.of(principal), Act("feeds.remove_source", "feed_source", str(source.id), org.id, facts))
    session.delete(source)
    session.flush()
