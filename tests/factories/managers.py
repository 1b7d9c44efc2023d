"""Callers who manage listings."""

from functools import cache

from core.access.principal import Principal
from core.security.platform_keys import PlatformKeys, given_keys, new_key_settings
from serving.listings.management.manager import Manager


@cache
def keys() -> PlatformKeys:
    return given_keys(*new_key_settings().values())


def manager(principal: Principal) -> Manager:
    return Manager(principal, keys)
