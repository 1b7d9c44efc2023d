"""Words of the report of a file, in English and Urdu."""

from typing import Final

from pipelines.feeds.reject_codes import REJECT_CODES

_URDU: Final = {
    "Your stock file": "آپ کے اسٹاک کی فائل",
    "Received": "موصول ہوئی",
    "State": "حالت",
    "registered": "انتظار میں ہے",
    "applied": "شائع ہو گئی",
    "duplicate": "پہلے والی فائل ہی ہے، کچھ نہیں بدلا",
    "stale": "پرانی ہے، کچھ نہیں بدلا",
    "refused": "قبول نہیں ہوئی، کچھ نہیں بدلا",
    "Why": "وجہ",
    "Rows read": "پڑھی گئی سطریں",
    "New cars": "نئی گاڑیاں",
    "Changed cars": "تبدیل شدہ گاڑیاں",
    "Unchanged cars": "بغیر تبدیلی گاڑیاں",
    "Rejected rows": "مسترد سطریں",
    "Cars taken off": "ہٹائی گئی گاڑیاں",
    "Cars kept until you decide": "آپ کی تصدیق تک رکھی گئی گاڑیاں",
    "These cars are not in the file and stay on offer until you approve that they are gone.":
        "یہ گاڑیاں فائل میں نہیں ہیں، اور جب تک آپ تصدیق نہ کریں کہ یہ نہیں رہیں، فروخت کے لیے دکھائی جاتی رہیں گی۔",
    "Why rows were rejected": "سطریں کیوں مسترد ہوئیں",
    "What to do": "کیا کریں",
    "Rows": "سطریں",
    "Row": "سطر",
    "Stock number": "اسٹاک نمبر",
    "Column": "کالم",
    "Value": "خانے میں لکھا",
    "Car": "گاڑی",
    "Reason": "وجہ",
    "Not understood": "جو سمجھ نہیں آیا",
    "Cells": "خانے",
    "Words": "الفاظ",
    "Not one cell of these columns was understood:": "ان کالموں کا ایک خانہ بھی سمجھ نہیں آیا:",
    "Prices in rupees": "قیمتیں (روپے)",
    "Smallest": "سب سے کم",
    "Median": "درمیانی",
    "Largest": "سب سے زیادہ",
    "Cars under a tenth of the market": "بازار کے دسویں حصے سے کم قیمت گاڑیاں",
    "Implausible prices": "ناقابلِ یقین قیمتیں",
    "Rows to correct": "درست کرنے والی سطریں",
    "The first of them; all are in the CSV.": "ان میں سے پہلی؛ سب CSV میں ہیں۔",
    "Nothing to correct.": "درست کرنے کو کچھ نہیں۔",
}  # fmt: skip

_URDU_FIXES: Final = {
    "ragged_row": "جن خانوں میں فاصل یا نئی سطر ہو انہیں واوین میں لکھیں۔",
    "bad_quoting": "واوین کے اندر کے ہر واوین کو دو بار لکھیں۔",
    "nul_byte": "فائل دوبارہ سادہ متن کے طور پر نکالیں۔",
    "not_utf8": "فائل UTF-8 میں محفوظ کریں۔",
    "row_too_long": "تفصیل مختصر کریں۔",
    "bad_json": "ہر گاڑی کو ایک آبجیکٹ لکھیں؛ JSON Lines میں ایک سطر پر۔",
    "missing_key": "ہر گاڑی کو ایک ایسا نمبر دیں جو اسی کا رہے۔",
    "bad_key": "نمبر لکھنے سے پہلے کالم کو متن (Text) بنائیں، اور ہر گاڑی کا اپنا مختصر نمبر بھیجیں۔",
    "duplicate_key": "ہر گاڑی ایک بار بھیجیں۔",
    "missing_make": "کمپنی لکھیں، مثلاً Toyota۔",
    "unknown_make": "عنوان کمپنی کے نام سے شروع کریں، یا ہم سے کمپنی شامل کرنے کو کہیں۔",
    "missing_model": "ماڈل لکھیں، مثلاً Corolla۔",
    "missing_year": "سال چار ہندسوں میں لکھیں۔",
    "bad_year": "سال درست کریں۔",
    "price_not_understood": "رقم لکھیں، مثلاً 4500000 یا 45 lacs، یا خانہ خالی چھوڑیں۔",
    "price_too_low": "پوری قیمت روپوں میں لکھیں، یا خانہ خالی چھوڑیں۔",
    "price_too_high": "قیمت درست کریں۔",
    "implausible_price": "قیمت درست کریں، یا ہمیں بتائیں کہ یہ درست ہے۔",
    "currency_not_supported": "قیمت پاکستانی روپوں میں لکھیں۔",
    "mileage_out_of_range": "کلومیٹر درست کریں، یا خانہ خالی چھوڑیں۔",
    "not_for_sale": "کچھ نہیں کرنا۔",
    "unknown_availability": "available، reserved، sold یا withdrawn لکھیں، یا ہم سے لفظ شامل کرنے کو کہیں۔",
    "not_a_car": "کچھ نہیں کرنا۔",
    "unknown_visibility": "یہ خانہ درست کریں کہ گاڑی کسے دکھائی جائے۔",
    "unknown_channel": "چینل درست کریں۔",
}


def say(words: str, language: str) -> str:
    """Return words of the page in a language."""
    return _URDU[words] if language == "ur" else words


def fix_in(code: str, language: str) -> str:
    """Say what to do about a reject in a language; nothing for a code of an older version."""
    known = REJECT_CODES.get(code)
    if known is None:
        return ""
    return _URDU_FIXES[code] if language == "ur" else known.fix


def problem_of(code: str) -> str:
    """Say what is wrong with a row, in English."""
    known = REJECT_CODES.get(code)
    return code if known is None else known.problem
