"""Draw on one picture.

A picture is RGB, ``(H, W, 3)`` in uint8. Points are ``(P, 2)``, ``(x, y)`` in
pixels, the centre of the first pixel at 0.
"""

from collections.abc import Sequence

import cv2
import numpy as np

# Okabe and Ito 2008, told apart by colour-blind readers; the most different
# first, black left out.
COLOURS = (
    (213, 94, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (230, 159, 0),
    (0, 114, 178),
)
TILE = 168  # 6 x 28, 4 x 42, 3 x 56, 3/4 of 224
SHARP = 2.5  # enlarged this much or more, pixels are seen
FRAME = 4  # pixels around an output
MARGIN = 1 / 6  # of a tile's longer side
GROUND = (214, 214, 214)
HALO = (0, 0, 0)
SHIFT = 4  # OpenCV's fractional bits
FURTHEST = 2.0**26  # more does not fit in OpenCV's 32 bits


def colour_of(index: int) -> tuple[int, int, int]:
    """Return the colour of a transformer by its number, from 0."""
    return COLOURS[index % len(COLOURS)]


def enlarge(picture: np.ndarray, longest: float = TILE) -> np.ndarray:
    """Return the picture with its longer side about ``longest`` pixels.

    A small one grows by a whole number, so that each pixel becomes a sharp
    square; one that is not is resampled.
    """
    height, width = picture.shape[:2]
    ratio = longest / max(height, width)
    if ratio >= SHARP:
        ratio = round(ratio)
        return picture.repeat(ratio, axis=0).repeat(ratio, axis=1)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    kernel = cv2.INTER_LINEAR if ratio > 1 else cv2.INTER_AREA
    return cv2.resize(picture, size, interpolation=kernel)


def surround(picture: np.ndarray, width: int, colour: tuple) -> np.ndarray:
    """Return the picture with a frame of ``width`` pixels around it."""
    sides = (width,) * 4
    return cv2.copyMakeBorder(
        picture, *sides, cv2.BORDER_CONSTANT, value=colour
    )


def move_points(
    points: np.ndarray, size: tuple[int, int], tile: np.ndarray
) -> np.ndarray:
    """Return points of a picture of ``size (H, W)`` in its enlarged tile.

    Pixels have an extent: the outer edge of the first, -0.5, stays at -0.5.
    """
    ratio = np.divide(tile.shape[1::-1], size[::-1])
    return (points + 0.5) * ratio - 0.5


def with_outlines(
    tile: np.ndarray,
    size: tuple[int, int],
    drawings: Sequence[tuple[Sequence[np.ndarray], np.ndarray | None, tuple]],
    thin: Sequence[tuple[Sequence[np.ndarray], tuple]] = (),
) -> np.ndarray:
    """Return a tile on its ground with outlines drawn onto both.

    Args:
        tile: An enlarged picture.
        size: ``(H, W)`` of the picture.
        drawings: For each outline its lines, its control points or None, and
            its colour; points in pixels of the picture.
        thin: Lines and their colour, drawn thinly below all outlines.
    """
    margin = round(max(tile.shape) * MARGIN)
    picture = surround(tile, margin, GROUND)
    for lines, colour in thin:
        moved = [move_points(line, size, tile) + margin for line in lines]
        draw_thinly(picture, moved, colour)
    for lines, dots, colour in drawings:
        moved = [move_points(line, size, tile) + margin for line in lines]
        draw_lines(picture, moved, colour)
        if dots is not None:
            dots = move_points(dots, size, tile) + margin
            draw_dots(picture, dots, 2.5, colour)
    return picture


def draw_lines(
    picture: np.ndarray, lines: Sequence[np.ndarray], colour: tuple
) -> None:
    """Draw lines, each through its points, onto ``picture``.

    A point that is not finite is left out, with both lines to it. The first
    point of all gets a dot: there is the first corner of the output.
    """
    pieces = drawable_pieces(lines)
    for thickness, ink in ((4, HALO), (2, colour)):
        cv2.polylines(
            picture, pieces, False, ink, thickness, cv2.LINE_AA, SHIFT
        )
    draw_dots(picture, lines[0][:1], 4.0, colour)


def draw_thinly(
    picture: np.ndarray, lines: Sequence[np.ndarray], colour: tuple
) -> None:
    """Draw lines one pixel wide, without a dot, onto ``picture``."""
    pieces = drawable_pieces(lines)
    cv2.polylines(picture, pieces, False, colour, 1, cv2.LINE_AA, SHIFT)


def drawable_pieces(lines: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return lines as OpenCV takes them, cut where a point is not finite."""
    return [
        fixed(straighten(piece)) for line in lines for piece in unbroken(line)
    ]


def draw_dots(
    picture: np.ndarray, points: np.ndarray, radius: float, colour: tuple
) -> None:
    """Draw a dot at each of ``points``, those not finite left out."""
    for centre in fixed(points[drawable(points)]).tolist():
        for size, ink in ((radius + 1, HALO), (radius, colour)):
            cv2.circle(
                picture,
                centre,
                round(size * 2**SHIFT),
                ink,
                cv2.FILLED,
                cv2.LINE_AA,
                SHIFT,
            )


def unbroken(line: np.ndarray) -> list[np.ndarray]:
    """Return the pieces of a line between points left out."""
    keep = drawable(line)
    cuts = np.flatnonzero(np.diff(keep)) + 1
    pieces = zip(np.split(line, cuts), np.split(keep, cuts), strict=True)
    return [piece for piece, kept in pieces if kept[0] and len(piece) > 1]


def straighten(line: np.ndarray) -> np.ndarray:
    """Return the line without points on a straight part of it.

    Where OpenCV joins short thick lines, their round ends show.
    """
    line = line.astype(np.float32)
    if (line[0] != line[-1]).any():
        return cv2.approxPolyDP(line, 0.1, False)[:, 0]
    # OpenCV loses the last side of an open line that ends where it starts
    corners = cv2.approxPolyDP(line[:-1], 0.1, True)[:, 0]
    return np.concatenate([corners, corners[:1]])


def drawable(points: np.ndarray) -> np.ndarray:
    """Return which points OpenCV can hold, ``(P,)``."""
    return (np.abs(points) < FURTHEST).all(axis=1)  # NaN is not


def fixed(points: np.ndarray) -> np.ndarray:
    """Return points in OpenCV's fixed-point numbers."""
    return np.round(points * 2**SHIFT).astype(np.int32)
