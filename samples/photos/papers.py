"""Draw papers that sellers photograph by mistake: invented names and numbers of no register."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from samples.photos.canvas import Frame, Pixels, texture, write

_PEOPLE: Final = ("SAMPLE PERSON", "INVENTED OWNER", "EXAMPLE KHAN", "EXAMPLE BIBI")
Paper = tuple[Pixels, list[tuple[float, float, float, str]]]
"""A blank sheet, and lines of text: left, top and height as shares of its height, and the words."""


def _sheet(ratio: float, colour: tuple[int, int, int]) -> Pixels:
    return np.full((600, round(600 * ratio), 3), colour, np.uint8)


def _number(rng: np.random.Generator, digits: int) -> str:
    return "".join(map(str, rng.integers(0, 10, digits)))


def _registration_card(rng: np.random.Generator) -> Paper:
    sheet = _sheet(1.58, (205, 225, 210))
    sheet[:90] = (30, 110, 70)
    Frame(sheet, 720, 190, 170, 170).box((0, 0, 1, 1), (214, 176, 92))
    lines = [
        (0.06, 0.04, 0.07, "VEHICLE REGISTRATION CARD"),
        (0.06, 0.2, 0.05, f"Registration No  QXA-{_number(rng, 4)}"),
        (0.06, 0.3, 0.05, f"Owner  {rng.choice(_PEOPLE)}"),
        (0.06, 0.4, 0.05, f"Chassis No  QX0{_number(rng, 9)}"),
        (0.06, 0.5, 0.05, f"Engine No  X{_number(rng, 7)}"),
        (0.06, 0.6, 0.05, "Make  AVENTO   Colour  WHITE"),
        (0.06, 0.7, 0.05, f"Model  20{_number(rng, 2)}   Seats  5"),
        (0.06, 0.86, 0.04, "EXCISE AND TAXATION"),
    ]
    return sheet, lines


def _cnic(rng: np.random.Generator) -> Paper:
    sheet = _sheet(1.58, (222, 232, 222))
    Frame(sheet, 0, 0, sheet.shape[1], 600).shade(((0, 0), (1, 0), (1, 0.2), (0, 0.2)), (40, 130, 90), (90, 170, 130))
    face = Frame(sheet, 690, 170, 210, 270)
    face.box((0, 0, 1, 1), (170, 190, 205))
    face.ellipse((0.5, 0.42), (0.25, 0.33), (190, 150, 120))
    face.ellipse((0.5, 1.0), (0.42, 0.35), (60, 70, 100))
    lines = [
        (0.06, 0.05, 0.065, "NATIONAL IDENTITY CARD"),
        (0.06, 0.26, 0.045, "Name"),
        (0.06, 0.33, 0.055, str(rng.choice(_PEOPLE))),
        (0.06, 0.45, 0.045, "Father Name"),
        (0.06, 0.52, 0.055, "SAMPLE FATHER"),
        (0.06, 0.66, 0.045, "Identity Number"),
        (0.06, 0.73, 0.06, f"00000-{_number(rng, 7)}-0"),
        (0.06, 0.87, 0.045, "Date of Birth 00.00.1900"),
    ]
    return sheet, lines


def _cheque(rng: np.random.Generator) -> Paper:
    sheet = _sheet(2.2, (226, 214, 232))
    frame = Frame(sheet, 0, 0, sheet.shape[1], 600)
    for y in (0.42, 0.56, 0.8):
        frame.line(((0.04, y), (0.72, y)), (110, 100, 120), 0.002)
    frame.line(((0.75, 0.66), (0.96, 0.66), (0.96, 0.5), (0.75, 0.5), (0.75, 0.66)), (110, 100, 120), 0.002)
    points = np.cumsum(rng.normal((14, 0), (8, 26), (14, 2)), axis=0) + np.array([900, 480])
    cv2.polylines(
        sheet, [points.astype(np.int32)], isClosed=False, color=(20, 30, 120), thickness=3, lineType=cv2.LINE_AA
    )
    lines = [
        (0.08, 0.08, 0.09, "SAMPLE BANK LIMITED"),
        (1.5, 0.1, 0.06, f"No {_number(rng, 8)}"),
        (0.08, 0.33, 0.06, f"Pay  {rng.choice(_PEOPLE)}  or bearer"),
        (0.08, 0.48, 0.06, "Rupees  not a payment"),
        (1.68, 0.55, 0.06, f"Rs {_number(rng, 6)}"),
        (0.2, 0.88, 0.06, f'"{_number(rng, 8)}" {_number(rng, 7)}'),
    ]
    return sheet, lines


def _auction_sheet(rng: np.random.Generator) -> Paper:
    sheet = _sheet(1.38, (240, 240, 236))
    frame = Frame(sheet, 0, 0, sheet.shape[1], 600)
    for y in np.linspace(0.12, 0.95, 9):
        frame.line(((0.03, y), (0.97, y)), (40, 40, 60), 0.002)
    for x in (0.03, 0.3, 0.62, 0.97):
        frame.line(((x, 0.12), (x, 0.95)), (40, 40, 60), 0.002)
    car = Frame(sheet, 560, 330, 220, 160)
    car.line(((0, 0.6), (0.2, 0.5), (0.35, 0.1), (0.7, 0.1), (0.85, 0.5), (1, 0.6), (1, 0.85), (0, 0.85), (0, 0.6)),
             (30, 30, 40), 0.01)  # fmt: skip
    words = ("AUCTION SHEET", "LOT", "GRADE 4", "A1 U2", "W1 P", "660 cc", "AT AC PS PW", "INSPECTOR", "KM", "COLOUR")
    lines = [(0.06, 0.03, 0.07, "VEHICLE AUCTION REPORT")]
    for _ in range(22):
        text = f"{rng.choice(words)} {_number(rng, 3)}"
        lines.append((float(rng.uniform(0.05, 1.0)), float(rng.uniform(0.14, 0.9)), 0.034, text))
    return sheet, lines


PAPERS: Final[dict[str, Callable[[np.random.Generator], Paper]]] = {
    "registration_card": _registration_card,
    "cnic": _cnic,
    "cheque": _cheque,
    "auction_sheet": _auction_sheet,
}


def draw_paper(name: str, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Draw a paper on a table, seen a little from the side."""
    width, height = size
    sheet, lines = PAPERS[name](rng)
    for left, top, high, text in lines:
        write(sheet, text, (round(left * 600), round(top * 600), round(high * 600)), (25, 25, 35))
    wood = np.asarray(rng.integers((70, 50, 30), (190, 170, 150)))
    table = np.clip(wood + texture((height, width), 50, rng)[..., None] * 9, 0, 255).astype(np.uint8)
    high, wide = sheet.shape[:2]
    scale = min(width / wide, height / high) * rng.uniform(0.68, 0.95)
    corners = (np.array([(0, 0), (wide, 0), (wide, high), (0, high)]) - (wide / 2, high / 2)) * scale
    turn = rng.normal(0, 0.06)
    spun = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
    placed = spun + np.array([width / 2, height / 2]) + rng.normal(0, width * 0.012, (4, 2))
    matrix = cv2.getPerspectiveTransform(
        np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32), placed.astype(np.float32)
    )
    laid = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(sheet.shape[:2], 255, np.uint8), matrix, size)[..., None] / 255.0
    seen: Pixels = (table * (1 - mask) + laid * mask).astype(np.uint8)
    return seen
