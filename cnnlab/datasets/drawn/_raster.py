"""Anti-aliased shapes for a whole batch of images at once, in NumPy.

Everything that is drawn comes from ``+ - * /``, ``sqrt``, rounding and comparing alone. IEEE 754
fixes every bit of these, so a seed draws the same bytes on every machine. ``sin``, ``exp``, matrix
products and long sums may differ in the last digit from one processor to the next.
"""

import numpy as np


def uniform(rng, low, high, *shape):
    """Float32 numbers spread evenly over ``[low, high)``; `low` and `high` may be arrays."""
    return low + (high - low) * rng.random(shape, dtype=np.float32)


def bell(rng, spread, *shape):
    """Float32 numbers heaped around 0: standard deviation `spread`, never past 3 times that."""
    a, b, c = 2 * rng.random((3, *shape), dtype=np.float32) - 1
    return (a + b + c) * spread


def rotation(half_tangent):
    """Cosine and sine of the angle whose half has this tangent (about angle / 2, if small)."""
    square = half_tangent * half_tangent
    return (1 - square) / (1 + square), 2 * half_tangent / (1 + square)


def pixel_grid(size):
    """Pixel centers ``x`` of shape (1, 1, size) and ``y`` of shape (1, size, 1)."""
    centers = np.arange(size, dtype=np.float32) + np.float32(0.5)
    return centers[None, None, :], centers[None, :, None]


def segment_distance(x, y, start, end):
    """Distance from each pixel to the segment from `start` to `end`, both ``(x, y)`` pairs."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    from_x, from_y = x - start[0], y - start[1]
    squared = along_x * along_x + along_y * along_y
    # The tiny term keeps a segment of no length from dividing 0 by 0.
    part = (from_x * along_x + from_y * along_y) / (squared + np.float32(1e-9))
    part = np.minimum(np.maximum(part, 0), 1)
    gap_x, gap_y = from_x - part * along_x, from_y - part * along_y
    return np.sqrt(gap_x * gap_x + gap_y * gap_y)


def cover(distance, softness=1.0):
    """Share of a pixel that a shape covers, from the signed distance to its edge (inside < 0)."""
    return np.minimum(np.maximum(0.5 - distance / softness, 0), 1)


def blend(under, over, share):
    """`over` painted on `under`, as opaque as `share` says (0 to 1)."""
    return under + (over - under) * share


def polygon_distance(x, y, points):
    """Signed distance from each pixel to the outline through `points`, inside < 0.

    Each point is a pair ``(x, y)`` of numbers or of arrays that broadcast with the pixels.
    """
    nearest = np.float32(99)
    inside = np.zeros((1, 1, 1), bool)
    for start, end in zip(points, points[1:] + points[:1]):
        nearest = np.minimum(nearest, segment_distance(x, y, start, end))
        # A ray to the side crosses the outline an odd number of times from inside.
        turn = (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])
        down = (start[1] <= y) & (y < end[1]) & (turn > 0)
        up = (end[1] <= y) & (y < start[1]) & (turn <= 0)
        inside = inside ^ (down | up)
    return np.where(inside, -nearest, nearest)


def ellipse_distance(x, y, center_x, center_y, radius_x, radius_y):
    """Roughly the signed distance to an ellipse, inside < 0; exact for a circle."""
    across, down = (x - center_x) / radius_x, (y - center_y) / radius_y
    away = np.sqrt(across * across + down * down)
    return (away - 1) * np.minimum(radius_x, radius_y)


def smooth_field(rng, count, size, cells):
    """A soft random pattern of shape (count, size, size), 0 to 1, about `cells` blobs across."""
    knots = rng.random((count, cells + 2, cells + 2), dtype=np.float32)
    place = np.arange(size, dtype=np.float32) * np.float32(cells / size)
    left = place.astype(int)
    part = place - left.astype(np.float32)
    part = part * part * (3 - 2 * part)
    rows = blend(knots[:, left], knots[:, left + 1], part[:, None])
    return blend(rows[:, :, left], rows[:, :, left + 1], part)
