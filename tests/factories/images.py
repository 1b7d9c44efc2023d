"""Image files made in memory: honest ones with metadata, and hostile ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

GPS_TEXT = b"31.5204"
CAMERA = "SpyCam-4711"
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="31.5204"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
SECRETS = (GPS_TEXT, CAMERA.encode(), b"Exif", b"xmpmeta", b"8BIM", b"planted comment", b"GPS")
"""No stored variant holds any of these."""


def picture(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Red at the left top, green at the right top, blue at the left bottom, grey at the right bottom."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2, height // 2), fill=(255, 0, 0))
    draw.rectangle((width // 2, 0, width, height // 2), fill=(0, 255, 0))
    draw.rectangle((0, height // 2, width // 2, height), fill=(0, 0, 255))
    return image if mode == "RGB" else image.convert(mode)


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF with a camera, a place, and a thumbnail's worth of text."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = CAMERA
    tags[0x010E] = GPS_TEXT.decode()
    tags.get_ifd(0x8825).update({1: "N", 2: (31.0, 31.0, 13.44), 3: "E", 4: (74.0, 21.0, 31.0)})
    return tags


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 400, height: int = 300, **options: Any) -> bytes:
    return saved(picture(width, height), "JPEG", quality=90, **options)


def jpeg_with_secrets(orientation: int = 1, size: tuple[int, int] = (400, 300)) -> bytes:
    """EXIF with GPS, XMP, IPTC, a comment, and a second picture behind the end."""
    plain = saved(picture(*size), "JPEG", quality=90, exif=exif(orientation), comment=b"planted comment", xmp=XMP)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0c\x1c\x02\x5a\0\x07" + GPS_TEXT
    segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return plain[:2] + segment + plain[2:] + jpeg(64, 64)


def png_with_secrets(orientation: int = 1) -> bytes:
    text = PngInfo()
    text.add_text("Location", GPS_TEXT.decode())
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved(picture(), "PNG", exif=exif(orientation), pnginfo=text)


def webp_with_secrets(orientation: int = 1) -> bytes:
    return saved(picture(), "WEBP", quality=90, exif=exif(orientation).tobytes(), xmp=XMP)


def in_other_colours(kind: str = "JPEG") -> bytes:
    """A picture in a colour space other than sRGB: its green is far from the pixel's numbers."""
    image = picture()
    lab = ImageCms.createProfile("LAB")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    del lab
    return saved(image, kind, icc_profile=profile)


def png_of(width: int, height: int, rows: bytes = b"", *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG of any claimed size; its pixels are `rows` packed."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, body) for name, body in parts)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_png_chunks(data: bytes, *chunks: bytes) -> bytes:
    """Put chunks behind the header of a PNG."""
    return data[:33] + b"".join(chunks) + data[33:]


def pixel_bomb() -> bytes:
    """Within the limit of pixels, and of one colour: some 130 KB that unpack to 134 MB."""
    return png_of(4096, 4096, bytes(4096 * (1 + 4096 * 8)), depth=16, colour=6)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    data = saved(picture(1600, 1200), "JPEG", quality=90, progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + b"\xff\xd9"


def animated(kind: str) -> bytes:
    """Three frames; the first one is the picture."""
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("yellow", "black")]
    return saved(picture(), kind, save_all=True, append_images=frames, duration=100)


def mpo() -> bytes:
    """Make a file of two pictures, as some cameras write."""
    return saved(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (400, 300), "yellow")])


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def in_wide_colours(image: Image.Image) -> bytes:
    """Encode the same colours in Display P3, with its profile, as phones save them."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    profile = bytearray(plain.tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, at, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in primaries:
            struct.pack_into(">3i", profile, at + 8, *(round(each * 65_536) for each in primaries[name]))
    wide = ImageCms.ImageCmsProfile(io.BytesIO(bytes(profile)))
    converted = ImageCms.profileToProfile(image, plain, wide)
    assert converted is not None
    return saved(converted, "JPEG", quality=95, icc_profile=bytes(profile))
