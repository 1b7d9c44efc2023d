"""search: a search's matches are deleted by a trigger; the foreign key was checked for each row that is written"""

from alembic import op

revision = "2026_11_28_2121"
down_revision = "2026_11_28_2120"
branch_labels = None
depends_on = None

_KEY = "fk_saved_search_matches_search_id_saved_searches"


def upgrade() -> None:
    op.drop_constraint(op.f(_KEY), "saved_search_matches", type_="foreignkey")
    op.execute(
        "CREATE FUNCTION saved_searches_forget_matches() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM saved_search_matches WHERE search_id = OLD.id; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER forget_matches BEFORE DELETE ON saved_searches FOR EACH ROW"
        " EXECUTE FUNCTION saved_searches_forget_matches()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_matches ON saved_searches")
    op.execute("DROP FUNCTION saved_searches_forget_matches()")
    op.execute(
        "DELETE FROM saved_search_matches m WHERE NOT EXISTS (SELECT FROM saved_searches s WHERE s.id = m.search_id)"
    )
    op.create_foreign_key(
        op.f(_KEY), "saved_search_matches", "saved_searches", ["search_id"], ["id"], ondelete="CASCADE"
    )
