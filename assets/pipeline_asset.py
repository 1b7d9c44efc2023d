"""Declare assets in one line each: what all of them have in common follows from their key."""

from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg

_OWNERS = {"price_bands": "team:ml"}
_OWNER = "team:data"


def pipeline_asset(
    key: dg.AssetKey,
    *,
    deps: Iterable[dg.AssetKey] = (),
    kinds: set[str],
    freshness: dg.FreshnessPolicy | None,
    description: str,
    **more: Any,  # noqa: ANN401  (arguments of dagster.asset)
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare the decorated function as the asset of a key.

    Args:
        key: of `assets.keys`; its first part is the asset's group, and decides who owns it.
        deps: the keys of the assets that it is made from.
        kinds: the engines and formats that the UI shows.
        freshness: how old it may be; None needs a `freshness_reason` in the metadata.
        description: what exists once it is materialised.
        more: further arguments of `dagster.asset`, such as `check_specs`.
    """
    declare: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        **_facts(key, deps, kinds, freshness), description=description, **more
    )
    return declare


def pipeline_spec(
    key: dg.AssetKey,
    *,
    deps: Iterable[dg.AssetKey],
    kinds: set[str],
    freshness: dg.FreshnessPolicy | None,
    description: str,
) -> dg.AssetSpec:
    """Declare one asset among several that a function makes; arguments as of `pipeline_asset`."""
    return dg.AssetSpec(**_facts(key, deps, kinds, freshness), description=description)


def _facts(
    key: dg.AssetKey, deps: Iterable[dg.AssetKey], kinds: set[str], freshness: dg.FreshnessPolicy | None
) -> dict[str, Any]:
    return {
        "key": key,
        "deps": list(deps),
        "group_name": key.path[0],
        "owners": owners_of(key),
        "kinds": kinds,
        "freshness_policy": freshness,
    }


def owners_of(key: dg.AssetKey) -> list[str]:
    """Name the team that owns the assets of the key's group."""
    return [_OWNERS.get(key.path[0], _OWNER)]
