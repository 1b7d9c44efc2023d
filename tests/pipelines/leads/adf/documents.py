"""Leads as other systems write them."""

OFFICIAL_SAMPLE = """<?ADF VERSION “1.0”?>
<?XML VERSION “1.0”?>
<adf>
<prospect status=”new”>
<id sequence=”1” source=”Autobytel”>1234567890</id>
<requestdate>2000-03-30T15:30:20-08:00</requestdate>
<vehicle interest=”buy” status=’new’>
<year>1999</year>
<make>Chevrolet</make>
<model>Blazer</model>
<odometer units=”miles”>12000
<price type=”quote” currency=”USD”>26495</price>
</vehicle>
<customer>
<contact primarycontact=”1”>
<name part=”first”>John</name><name part="last">Doe</name>
<email>jdoe@example.com</email>
<phone type=“voice” time=“day”>393-999-3922</phone>
</contact>
<comments>Can you do < 25,000 & change? Tell me &hellip; soon</comments>
</customer>
<vendor><contact><name part=”full”>Acura of Bellevue</name></contact></vendor>
</prospect>
</adf>
"""


def mail(body: bytes, *headers: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    """Return a mail with a body and more headers."""
    head = ("From: Ali Khan <ali@example.com>", "Message-ID: <one@example.com>", f"Content-Type: {kind}", *headers)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
