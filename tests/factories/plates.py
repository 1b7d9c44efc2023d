"""Pictures of number plates, drawn."""

from PIL import Image, ImageDraw, ImageFont

CANARY = "LEA4711"


def plate_picture(text: str = CANARY, size: tuple[int, int] = (960, 720)) -> tuple[Image.Image, tuple[int, ...]]:
    """Draw a plate on a grey ground; return the picture and the plate's box."""
    picture = Image.new("RGB", size, (96, 104, 110))
    draw = ImageDraw.Draw(picture)
    box = (360, 400, 600, 460)
    draw.rectangle((120, 200, 840, 560), fill=(120, 30, 30))
    draw.rectangle(box, fill=(240, 240, 235), outline=(10, 10, 10), width=2)
    draw.text((480, 430), text, fill=(10, 10, 10), font=ImageFont.load_default(size=50), anchor="mm")
    return picture, box
