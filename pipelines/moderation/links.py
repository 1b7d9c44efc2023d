"""Find e-mail addresses, links and names on other platforms in a text, also where signs are written as words."""

import re
from typing import Final

from pipelines.moderation.findings import Finding

_AT: Final = r"\s{0,2}(?:@|\(\s?at\s?\)|\[\s?at\s?\]|\{at\}|\bat\s?the\s?rate(?:\s?of)?\b|\bat\b|ایٹ دی ریٹ|ایٹ)\s{0,2}"
_DOT: Final = r"\s{0,2}(?:\.|\(\s?dot\s?\)|\[\s?dot\s?\]|\{dot\}|\bdot\b|\bdott\b|ڈاٹ)\s{0,2}"
_TLD: Final = r"(?:com|net|org|pk|edu|info|biz|shop|store|online|site|xyz|کام)"
_PROVIDER: Final = r"(?:gmail|g\s?mail|hotmail|yahoo|outlook|live|icloud|ymail|proton|protonmail|جی میل|یاہو)"
_EMAIL: Final = re.compile(rf"[\w.+-]{{2,64}}{_AT}(?:{_PROVIDER}|[a-z0-9-]{{2,40}}{_DOT}{_TLD})(?!\w)")
_PLAIN_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,60}\.[a-z]{2,}")
_LINK: Final = re.compile(
    rf"https?\s?:\s?/|\bhxxps?:|\bwww\s?\.|\bwww{_DOT}|\b(?:wa\.me|t\.me|bit\.ly|goo\.gl|m\.me|fb\.me|tinyurl)\b"
    rf"|(?<![\w@.])[a-z][a-z0-9-]{{2,40}}(?:\.(?:com|net|org|pk|info|biz|shop|store|online|xyz)\b(?!\s?\.\w)"
    rf"|\.(?:com|net|org|edu|gov|co)\.pk\b|\.(?:co|io|app|me|link|site)/\w)"
    rf"|(?<![\w])[a-z][a-z0-9-]{{2,40}}\s?(?:\(\s?dot\s?\)|\[\s?dot\s?\]|\{{dot\}}|\bdot\b)\s?(?:com|net|org|pk)\b"
    r"|[\w-]{2,40} ڈاٹ (?:کام|پی کے|کوم)"
)
_MASKED_EMAIL: Final = "[email]"
_PLATFORM: Final = (
    r"(?:insta|instagram|ig|facebook|fb|telegram|snapchat|snap|tiktok|tik tok|youtube|yt|twitter|messenger|skype|imo"
    r"|انسٹا|انسٹاگرام|فیس بک|ٹک ٹاک|ٹیلی گرام|یوٹیوب)"
)
_PLACE: Final = r"(?:id|page|handle|account|channel|group|profile|username|پیج|آئی ڈی|اکاؤنٹ)"
_ASKING: Final = r"(?:follow|add|dm|inbox|message|msg|text|find|search|فالو|میسج)"
_ON_A_PLATFORM: Final = re.compile(
    rf"(?<!\w){_PLATFORM}\s?(?:{_PLACE}|user|pe|par|on|پر)?\s?[:=@-]\s?[\w.]{{3,}}"
    rf"|(?<!\w){_PLATFORM}\s{_PLACE}(?!\w)"
    rf"|{_ASKING}\s(?:us |me |kar(?:o|ein|en)? |on |at |hamein |mujhe |ہمیں |مجھے ){{0,3}}(?:our )?{_PLATFORM}(?!\w)"
)
_HANDLE: Final = re.compile(r"(?<![\w.])@\s?[a-z_][\w.]{3,29}")
_WHATSAPP: Final = re.compile(
    r"(?:whats?\s?app?|watt?sapp?|w(?:h)?atsap|wtsapp|واٹس ?ایپ|واٹساپ)\s?(?:me|only|msg|message|karein|karen|kar|kro|"
    r"karo|pe|par|per|on|number|no|nmbr|contact|rabta|link|group|us|کریں|پر|نمبر|گروپ)(?!\w)"
)


def find_links(folded: str, field: str) -> list[Finding]:
    """Find addresses and names outside the platform in a folded text; at most one finding of each kind."""
    codes = set()
    if _MASKED_EMAIL in folded or _PLAIN_EMAIL.search(folded) or _EMAIL.search(folded):
        codes.add("contact_email")
    if "[cnic]" in folded:
        codes.add("contact_identity")
    rest = _PLAIN_EMAIL.sub(" ", folded)
    if _LINK.search(rest):
        codes.add("contact_link")
    if not codes and any(each.search(rest) for each in (_ON_A_PLATFORM, _HANDLE, _WHATSAPP)):
        codes.add("contact_likely")
    return [Finding(code, field) for code in sorted(codes)]
