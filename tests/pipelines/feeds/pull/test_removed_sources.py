"""A source that its dealer removes while its server is read is no failure of the others."""

from http.server import BaseHTTPRequestHandler

from sqlalchemy import delete

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedSource
from tests.pipelines.feeds.pull.conftest import Pull, Site


def test_source_removed_while_it_is_read_fails_alone(pull: Pull, site: Site, session_factory: SessionFactory) -> None:
    def remove_and_fail(handler: BaseHTTPRequestHandler, *_: object) -> None:
        with transaction(session_factory) as session:
            session.execute(delete(FeedSource))
        handler.send_response(500)
        handler.end_headers()

    site.pages["/stock.csv"] = remove_and_fail
    assert pull(f"{site.url}/stock.csv").status == "failed"
