"""Apply all rules to one ad: texts, price, doubles, photos of others, and missing fields."""

from collections.abc import Collection, Mapping

from core.search.words.folding import fold
from pipelines.moderation.ads import TEXT_FIELDS, Ad
from pipelines.moderation.banned_words import find_banned
from pipelines.moderation.doubles import find_doubles
from pipelines.moderation.findings import Finding
from pipelines.moderation.links import find_links
from pipelines.moderation.phones import find_phones
from pipelines.moderation.prices import judge_price


def judge_ad(ad: Ad) -> list[Finding]:
    """Apply every rule to a private ad, in the order in which people read an ad."""
    findings = judge_texts(ad.car.texts)
    findings += judge_price(ad.car.price_pkr, ad.range)
    findings += find_doubles(ad.car, ad.others)
    return [*findings, Finding("photo_seen_elsewhere", "photos")] if ad.photo_elsewhere else findings


def judge_texts(texts: Mapping[str, str | None], fields: Collection[str] = TEXT_FIELDS) -> list[Finding]:
    """Apply the rules over texts to some fields; a description that is missing is noted."""
    findings = []
    for field in TEXT_FIELDS:
        if field not in fields:
            continue
        folded = fold(texts.get(field) or "")
        findings += find_phones(folded, field) + find_links(folded, field) + find_banned(folded, field)
        if field == "description" and not folded:
            findings.append(Finding("description_missing", field))
    return findings
