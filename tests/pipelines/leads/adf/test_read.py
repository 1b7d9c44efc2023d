"""Lenient reading of ADF documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from pipelines.leads.adf.decoding import AdfTooLargeError, decoded
from pipelines.leads.adf.message import read_message
from pipelines.leads.adf.prospects import AdfId, Person, Vehicle
from pipelines.leads.adf.read import UnreadableAdfError, read_adf
from pipelines.leads.adf.tree import EntitiesRefusedError, TooManyElementsError
from tests.pipelines.leads.adf.documents import OFFICIAL_SAMPLE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_official_sample_is_read_in_any_encoding(encoding: str) -> None:
    found = read_message(OFFICIAL_SAMPLE.encode(encoding))

    (prospect,) = found.prospects
    assert found.kind == "adf"
    assert prospect.ids == (AdfId("1234567890", "Autobytel", "1"),)
    assert prospect.vehicles == (
        Vehicle(
            year="1999", make="Chevrolet", model="Blazer", odometer="12000", units="mi", status="new",
            price=prospect.vehicles[0].price,
        ),
    )  # fmt: skip
    assert prospect.customer == Person("John Doe", "jdoe@example.com", ("393-999-3922",))
    assert prospect.comments == "Can you do < 25,000 & change? Tell me … soon"
    assert (prospect.vendor, prospect.requested) == ("Acura of Bellevue", "2000-03-30T15:30:20-08:00")


def test_declared_encoding_counts_where_the_bytes_keep_it() -> None:
    urdu = '<?xml version="1.0" encoding="windows-1256"?><adf><prospect><customer><contact><name>علي</name>'

    assert read_adf(decoded(urdu.encode("cp1256")))[0].customer.name == "علي"
    assert decoded('<?xml encoding="utf-16"?>é'.encode()) == '<?xml encoding="utf-16"?>é'
    assert decoded('<?xml encoding="zlib"?>é'.encode()) == '<?xml encoding="zlib"?>é'


def test_elements_in_the_wrong_place_are_found() -> None:
    text = """<ADF><PROSPECT><CUSTOMER><NAME>A</NAME><PHONE>1</PHONE><phone>1</phone><comments>c</comments></CUSTOMER>
    <vehicle interest="Trade In" status="certified"><odometer><value>9</value><units>kms</units></odometer></vehicle>
    <vehicle></vehicle></PROSPECT><vendor><vendorname>V</vendorname></vendor><provider><name>P</name></provider>"""

    (prospect,) = read_adf(text)

    assert prospect.customer == Person("A", "", ("1",))
    assert prospect.vehicles == (Vehicle(odometer="9", units="km", interest="trade-in"),)
    assert (prospect.comments, prospect.vendor, prospect.provider) == ("c", "V", "P")


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE adf [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!doctype adf [<!entity % x SYSTEM "http://169.254.169.254/">%x;]>',
        "<!DOCTYPE adf [",
    ],
)
def test_entities_are_refused(head: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(EntitiesRefusedError):
            read_message(f"{head}<adf><prospect>&x;&b;</prospect></adf>".encode(encoding))


def test_unknown_reference_and_plain_doctype_stay_harmless() -> None:
    text = (
        '<!DOCTYPE adf SYSTEM "http://example.com/adf.dtd"><adf><prospect><customer><comments>&x; &#65; &#xD800; &#0;'
    )

    assert read_adf(text)[0].comments == "&x; A"


def test_limits_hold() -> None:
    with pytest.raises(AdfTooLargeError):
        read_message(b"<adf>" + b" " * 1_048_576)
    for huge in ("<a>" * 41, "<a/>" * 20_001):
        with pytest.raises(TooManyElementsError):
            read_adf(huge)
    with pytest.raises(UnreadableAdfError):
        read_adf("<adf>" + "<prospect/>" * 101)
    assert read_message(b"<a>" * 41).kind == "text"


@pytest.mark.parametrize(
    "part", ['<a x="', "<a x='y", "<a “", "&#", "<!--", "<a b=c ", "</a>", "<![CDATA[", "<?", "x=“"]
)
@pytest.mark.timeout(60)  # it takes a tenth of a second, or hours
def test_time_of_reading_grows_with_the_size_alone(part: str) -> None:
    read_message((part * (500_000 // len(part))).encode())


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for given_bytes in (raw, b"<adf><prospect><customer><contact>" + raw, b"From: a@b.c\n\n" + raw):
        try:
            found = read_message(given_bytes)
        except InvalidInputError:
            continue
        assert found.external_id(0).isprintable()
        assert "\0" not in found.text
