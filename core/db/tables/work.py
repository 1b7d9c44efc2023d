"""Claims on background loops, by the process that runs each."""

from datetime import datetime

from sqlalchemy import Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class WorkClaim(Base):
    """One loop and its present owner. All times are the database's clock, so hosts need not agree on theirs."""

    __tablename__ = "work_claims"

    loop: Mapped[str] = mapped_column(Text, primary_key=True)
    owner: Mapped[str | None] = mapped_column(Text)  # host, process and a random part; null: nobody runs it
    token: Mapped[int] = mapped_column(server_default="0")  # rises with each claim; an older one may not write any more
    expires_at: Mapped[datetime | None]  # the lease; the owner renews it while it lives
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))  # not claimed before: back-off
    failures: Mapped[int] = mapped_column(Integer, server_default="0")  # in a row
    last_error: Mapped[str | None] = mapped_column(Text)
    last_code: Mapped[str | None] = mapped_column(Text)  # the stable code of that error, where it has one
    done_at: Mapped[datetime | None]  # the end of the last turn that did not fail, as of a heartbeat
