"""Say for every deduction what the seller should do, in English and Urdu."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Advice:
    """The points that a fault costs at its worst, and what to do about it."""

    points: int
    english: str
    urdu: str


ADVICE: Final[Mapping[str, Advice]] = {
    "document": Advice(
        100, "This looks like a paper, not the car. Upload papers as documents: only you and moderators see these.",
        "یہ گاڑی نہیں بلکہ کوئی کاغذ لگتا ہے۔ کاغذات دستاویزات میں لگائیں: انہیں صرف آپ اور نگران دیکھتے ہیں۔"),
    "plain": Advice(
        80, "This is a plain picture or a placeholder. Upload a photo of the car itself.",
        "یہ خالی تصویر ہے۔ خود گاڑی کی تصویر لگائیں۔"),
    "no_vehicle": Advice(
        50, "No car is seen here. Upload a photo that shows the car.",
        "اس میں گاڑی نظر نہیں آ رہی۔ ایسی تصویر لگائیں جس میں گاڑی دکھائی دے۔"),
    "blurred": Advice(
        40, "The photo is out of focus. Wipe the lens, touch the car on the screen to focus, and take it again.",
        "تصویر دھندلی ہے۔ لینس صاف کریں، سکرین پر گاڑی کو چھو کر فوکس کریں اور دوبارہ تصویر لیں۔"),
    "moved": Advice(
        40, "The camera moved. Hold the phone with both hands or lean it on something, and take it again.",
        "کیمرا ہل گیا ہے۔ فون دونوں ہاتھوں سے پکڑیں یا کسی چیز سے ٹکائیں اور دوبارہ تصویر لیں۔"),
    "underexposed": Advice(
        30, "The photo is too dark. Take it in daylight, with the light behind you.",
        "تصویر بہت تاریک ہے۔ دن کی روشنی میں تصویر لیں، روشنی آپ کے پیچھے ہو۔"),
    "overexposed": Advice(
        30, "The photo is too bright. Turn away from the sun, or touch the bright part on the screen first.",
        "تصویر میں روشنی بہت زیادہ ہے۔ سورج کی طرف سے ہٹ کر تصویر لیں، یا پہلے سکرین پر روشن حصے کو چھوئیں۔"),
    "low_resolution": Advice(
        30, "The photo is too small. Upload the original from your phone, not a copy from a chat.",
        "تصویر بہت چھوٹی ہے۔ فون کی اصل تصویر لگائیں، چیٹ سے لی ہوئی نقل نہیں۔"),
    "screenshot": Advice(
        25, "This is a screenshot. Upload the photo itself.",
        "یہ سکرین شاٹ ہے۔ اصل تصویر لگائیں۔"),
    "collage": Advice(
        20, "Several photos are put together in one. Upload each of them by itself.",
        "ایک میں کئی تصویریں جوڑی گئی ہیں۔ ہر تصویر الگ لگائیں۔"),
    "contact_text": Advice(
        20, "A phone number or address stands on the photo. Upload it without; buyers reach you through the ad.",
        "تصویر پر فون نمبر یا پتا لکھا ہے۔ اس کے بغیر تصویر لگائیں؛ خریدار اشتہار کے ذریعے رابطہ کرتے ہیں۔"),
    "jpeg_damage": Advice(
        18, "The photo was compressed too often. Upload the original from your phone.",
        "تصویر بار بار بھیجنے سے خراب ہو گئی ہے۔ فون کی اصل تصویر لگائیں۔"),
    "vehicle_small": Advice(
        12, "The car is too small in the photo. Step closer, so that it fills half of the picture.",
        "تصویر میں گاڑی بہت چھوٹی ہے۔ قریب آئیں تاکہ گاڑی آدھی تصویر میں آئے۔"),
    "banner": Advice(
        12, "A bar with text was added. Upload the photo without it.",
        "تصویر پر تحریر کی پٹی لگائی گئی ہے۔ اس کے بغیر تصویر لگائیں۔"),
    "noisy": Advice(
        12, "The photo is grainy. Take it in more light.",
        "تصویر میں دانے ہیں۔ زیادہ روشنی میں تصویر لیں۔"),
    "vehicle_cut_off": Advice(
        8, "Part of the car is cut off. Step back until all of it is in the picture.",
        "گاڑی کا کچھ حصہ کٹ گیا ہے۔ پیچھے ہٹیں تاکہ پوری گاڑی تصویر میں آئے۔"),
    "watermark": Advice(
        8, "Text was laid over the photo. Upload it without.",
        "تصویر کے اوپر تحریر لکھی گئی ہے۔ اس کے بغیر تصویر لگائیں۔"),
    "border": Advice(
        8, "A border was added around the photo. Upload it without.",
        "تصویر کے گرد حاشیہ لگایا گیا ہے۔ اس کے بغیر تصویر لگائیں۔"),
    "tilted": Advice(
        6, "The photo is tilted. Hold the phone level.",
        "تصویر ٹیڑھی ہے۔ فون سیدھا پکڑیں۔"),
    "too_few": Advice(
        25, "Add photos: buyers look for at least eight, from all sides and from inside.",
        "مزید تصویریں لگائیں: خریدار کم از کم آٹھ دیکھنا چاہتے ہیں، ہر طرف سے اور اندر سے۔"),
    "missing_slots": Advice(
        20, "Views that buyers look for are missing. Add those that are named.",
        "کچھ ضروری رخ نہیں ہیں۔ بتائے گئے رخ کی تصویریں لگائیں۔"),
    "weak_cover": Advice(
        10, "Another photo would be a better cover. Choose one that shows the whole car from its front.",
        "کوئی اور تصویر سرورق کے لیے بہتر ہے۔ ایسی تصویر چنیں جس میں سامنے سے پوری گاڑی ہو۔"),
    "order": Advice(
        4, "Put photos of the outside first, then those of the inside.",
        "پہلے باہر کی تصویریں رکھیں، پھر اندر کی۔"),
    "repeated": Advice(
        12, "The same photo is there twice. Take one of them out.",
        "ایک ہی تصویر دو بار لگی ہے۔ ایک ہٹا دیں۔"),
}  # fmt: skip
"""Advice by code, the costliest first; the last five are about listings."""
