"""Arrange pictures on a contact sheet, one column per sample."""

from dataclasses import dataclass

import cv2
import numpy as np

PAPER = (255, 255, 255)
INK = (40, 40, 40)
GAP = 12
LINE = 20  # height of a line of text
FONT = cv2.FONT_HERSHEY_SIMPLEX
FONT_SCALE = 0.45


@dataclass
class Row:
    """One picture per sample, under one heading.

    Args:
        heading: What the pictures show.
        pictures: RGB, ``(H, W, 3)`` in uint8, one per sample.
        colour: Of the swatch before the heading, if any.
    """

    heading: str
    pictures: list[np.ndarray]
    colour: tuple | None = None


def sheet(rows: list[Row], captions: list[list[str]]) -> np.ndarray:
    """Return a contact sheet: the rows below one another, captions above.

    Args:
        rows: Each with one picture per sample.
        captions: For each sample the lines above its column.
    """
    column = max(p.shape[1] for row in rows for p in row.pictures)
    width = GAP + len(rows[0].pictures) * (column + GAP)
    bands = [blank(GAP, width), caption_band(captions, column, width)]
    for row in rows:
        bands += [heading_band(row, width), picture_band(row, column, width)]
    return np.concatenate([*bands, blank(GAP, width)])


def beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return two pictures side by side, their middles at one height."""
    height = max(left.shape[0], right.shape[0])
    whole = blank(height, left.shape[1] + GAP + right.shape[1])
    for picture, start in ((left, 0), (right, left.shape[1] + GAP)):
        top = (height - picture.shape[0]) // 2
        area = whole[top:, start:]
        area[: picture.shape[0], : picture.shape[1]] = picture
    return whole


def caption_band(
    captions: list[list[str]], column: int, width: int
) -> np.ndarray:
    band = blank(max(map(len, captions)) * LINE, width)
    for sample, caption in enumerate(captions):
        for line, text in enumerate(caption):
            top_left = (GAP + sample * (column + GAP), line * LINE)
            write(band, text, top_left, column)
    return band


def heading_band(row: Row, width: int) -> np.ndarray:
    band = blank(GAP + LINE + 4, width)
    left, top = GAP, GAP
    if row.colour is not None:
        corner, opposite = (left, top + 4), (left + 11, top + 15)
        cv2.rectangle(band, corner, opposite, row.colour, cv2.FILLED)
        left += 18
    write(band, row.heading, (left, top), width - left - GAP)
    return band


def picture_band(row: Row, column: int, width: int) -> np.ndarray:
    band = blank(max(picture.shape[0] for picture in row.pictures), width)
    for sample, picture in enumerate(row.pictures):
        left = GAP + sample * (column + GAP)
        left += (column - picture.shape[1]) // 2
        band[: picture.shape[0], left : left + picture.shape[1]] = picture
    return band


def blank(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), PAPER, np.uint8)


def write(
    picture: np.ndarray, text: str, top_left: tuple[int, int], width: int
) -> None:
    """Write one line from ``top_left`` on, cut to ``width`` pixels."""
    whole = text
    while text and cv2.getTextSize(text, FONT, FONT_SCALE, 1)[0][0] > width:
        whole = whole[:-1]
        text = whole and f'{whole}...'
    baseline = (top_left[0], top_left[1] + LINE - 6)
    cv2.putText(picture, text, baseline, FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
