"""The background loops of deposits: one asks providers, the other ends what has run out."""

from collections.abc import Callable

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.deposits.providers.factory import open_providers
from serving.deposits.holds.expiring import expire_deposits
from serving.deposits.providers.reconciling import ask_intents, send_refunds


def _reconciling(platform: Platform) -> Callable[[Turn], bool]:
    providers = open_providers(platform.settings)

    def turn(work: Turn) -> bool:
        asked = ask_intents(work.transaction, providers, utc_now())
        sent = send_refunds(work.transaction, providers, utc_now())
        return asked or sent

    return turn


def _expiring(platform: Platform) -> Callable[[Turn], bool]:
    del platform

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            return expire_deposits(session, utc_now()) > 0

    return turn


RECONCILE = Loop("deposits.reconcile", _reconciling)
EXPIRE = Loop("deposits.expire", _expiring, pause_seconds=1.0)
