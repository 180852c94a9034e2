"""Handwritten-looking digits: strokes through jittered control points."""

import numpy as np

from ._raster import bell, cover, pixel_grid, rotation, segment_distance, uniform

# How people write each digit. A style is a list of strokes, a stroke a list of points (x, y)
# in a box of about 20 x 20, y down, that a smooth curve passes through. A stroke that ends
# where the next begins makes a corner: points with the same coordinates move together.
STYLES = {
    0: [
        [[(10, 0), (5, 3), (3, 10), (5, 17), (10, 20), (15, 17), (17, 10), (15, 3), (10, 0)]],
        [[(12, 1), (7, 1), (3, 7), (3, 13), (7, 19), (12, 19), (17, 13), (17, 7), (13, 2), (9, 0)]],
        [[(14, 1), (8, 1), (4, 8), (4, 15), (8, 20), (14, 16), (16, 9), (13, 2), (8, 2)]],
        [[(13, 0), (12, 3), (6, 2), (3, 9), (4, 16), (10, 20), (16, 16), (17, 8), (13, 3), (9, 2)]],
        [[(12, 3), (6, 4), (0, 10), (4, 16), (11, 17), (19, 12), (18, 5), (12, 3), (7, 4)]],
        [[(9, 0), (4, 5), (3, 12), (7, 19), (13, 19), (17, 13), (15, 6), (10, 3)]],
        [[(12, 0), (5, 6), (3, 13), (6, 19), (13, 17), (17, 9), (15, 3), (10, 3), (6, 8)]],
        [[(7, 0), (4, 6), (4, 15), (10, 20), (16, 15), (16, 7), (11, 3), (5, 6)]],
    ],
    1: [
        [[(10, 0), (10, 7), (10, 14), (10, 20)]],
        [[(6, 5), (10, 0)], [(10, 0), (10, 7), (10, 14), (10, 20)]],
        [[(6, 4), (10, 0)], [(10, 0), (10, 10), (10, 20)], [(5, 20), (10, 20), (15, 20)]],
        [[(10, 0), (10, 10), (10, 20)]],
        [[(10, 0), (9, 7), (10, 14), (12, 20)]],
        [[(4, 9), (8, 4), (11, 0)], [(11, 0), (10, 7), (8, 14), (7, 20)]],
    ],
    2: [
        [[(4, 5), (6, 1), (11, 0), (15, 4), (13, 10), (8, 15), (3, 20)], [(3, 20), (10, 20), (17, 19)]],
        [[(4, 4), (9, 0), (14, 3), (13, 9), (8, 15), (4, 19), (2, 17), (5, 15), (10, 18), (18, 19)]],
        [[(3, 3), (9, 0), (15, 3), (15, 9), (10, 15), (5, 18), (5, 15), (10, 16), (17, 20)]],
        [[(4, 2), (10, 0), (15, 3), (12, 11), (4, 19)], [(4, 19), (9, 18), (13, 20), (18, 18)]],
        [[(5, 3), (10, 0), (14, 4), (11, 11), (5, 17), (2, 18), (2, 14), (7, 14), (12, 18), (21, 17)]],
        [[(3, 4), (8, 0), (13, 2), (12, 9), (9, 15)], [(2, 16), (9, 15), (21, 18)]],
        [[(4, 4), (9, 0), (14, 4), (13, 11), (8, 18), (3, 20), (2, 16), (7, 14), (13, 17), (17, 20)]],
        [[(6, 7), (3, 4), (9, 0), (16, 3), (14, 11), (7, 18), (2, 18), (4, 14), (10, 16), (17, 19)]],
        [[(4, 3), (11, 0), (16, 5), (13, 13), (7, 19), (3, 16), (8, 13), (13, 16), (19, 15)]],
        [[(4, 2), (14, 1)], [(14, 1), (13, 8), (7, 17)], [(7, 17), (17, 17)]],
    ],
    3: [
        [[(4, 3), (9, 0), (14, 3), (13, 7), (8, 9)], [(8, 9), (14, 11), (16, 15), (12, 19), (7, 20), (3, 17)]],
        [[(4, 2), (10, 0), (14, 3), (11, 8), (8, 10), (7, 9), (10, 9), (15, 13), (13, 18), (7, 20), (2, 18)]],
        [[(4, 1), (9, 1), (15, 0)], [(15, 0), (12, 4), (8, 8)], [(8, 8), (14, 10), (15, 15), (10, 19), (4, 20)]],
        [[(5, 1), (12, 0), (13, 5), (8, 8)], [(8, 8), (15, 10), (14, 17), (7, 20), (2, 17), (5, 14)]],
        [[(3, 4), (8, 0), (14, 3), (9, 8)], [(9, 8), (14, 12), (11, 19), (3, 20)]],
        [[(5, 1), (14, 0)], [(14, 0), (9, 6)], [(9, 6), (14, 9), (14, 15), (8, 20), (4, 18)]],
        [[(3, 1), (9, 0), (14, 1)], [(14, 1), (11, 5), (8, 7)], [(8, 7), (13, 9), (13, 15), (9, 20)]],
        [[(5, 5), (7, 0), (14, 1), (14, 7), (9, 9)], [(9, 9), (15, 11), (14, 18), (7, 20), (3, 15)]],
    ],
    4: [
        [[(5, 0), (4, 6), (3, 11)], [(3, 11), (10, 11), (17, 10)], [(14, 1), (13, 10), (12, 20)]],
        [[(12, 0), (7, 7), (3, 13)], [(3, 13), (10, 13), (17, 13)], [(12, 0), (12, 10), (12, 20)]],
        [[(4, 0), (3, 6), (6, 10), (11, 9), (15, 4)], [(16, 0), (15, 4), (14, 12), (13, 20)]],
        [[(4, 1), (3, 8)], [(3, 8), (9, 9), (16, 8)], [(16, 0), (16, 8), (15, 20)]],
        [[(3, 0), (3, 9), (10, 10), (16, 8)], [(15, 0), (14, 10), (14, 20)]],
        [[(8, 0), (3, 5), (5, 10), (11, 9), (17, 6)], [(15, 1), (12, 10), (9, 20)]],
        [[(6, 0), (4, 6), (3, 12), (9, 12), (16, 11)], [(12, 5), (11, 12), (10, 20)]],
        [[(5, 0), (4, 6), (4, 11)], [(4, 11), (9, 11), (14, 10)], [(14, 0), (14, 10), (14, 20)]],
        [[(3, 2), (4, 9), (9, 11), (14, 8), (16, 0)], [(16, 0), (14, 8), (12, 20)]],
    ],
    5: [
        [[(15, 0), (10, 0), (6, 0)], [(6, 0), (5, 4), (5, 8)], [(5, 8), (11, 7), (15, 11), (14, 17), (9, 20), (4, 18)]],
        [[(16, 0), (9, 1), (5, 4), (6, 8), (11, 10), (15, 14), (12, 19), (6, 20), (3, 17)]],
        [[(7, 1), (6, 5), (5, 9)], [(5, 9), (11, 9), (14, 14), (10, 19), (3, 20)], [(7, 1), (12, 1), (18, 0)]],
        [[(18, 0), (8, 2)], [(8, 2), (5, 9)], [(5, 9), (13, 10), (14, 16), (8, 20), (3, 18), (5, 15)]],
        [[(17, 0), (6, 0)], [(6, 0), (6, 8), (13, 9), (15, 15), (9, 20), (4, 19), (3, 15)]],
        [[(17, 2), (9, 0)], [(9, 0), (8, 5), (7, 9)], [(7, 9), (12, 11), (13, 16), (8, 20), (1, 19)]],
        [[(14, 0), (6, 1)], [(6, 1), (5, 7)], [(5, 7), (12, 6), (17, 11), (14, 18), (8, 20), (3, 16), (4, 11)]],
        [[(15, 1), (8, 0), (7, 4), (9, 8), (12, 12), (12, 17), (8, 20), (5, 18)]],
    ],
    6: [
        [[(13, 0), (7, 4), (4, 11), (4, 16), (8, 20), (14, 18), (15, 14), (11, 11), (6, 13), (4, 16)]],
        [[(11, 0), (7, 6), (4, 13), (6, 19), (11, 20), (14, 16), (11, 12), (7, 14), (5, 18)]],
        [[(16, 2), (12, 0), (6, 5), (4, 13), (7, 19), (13, 19), (15, 14), (10, 10), (5, 14)]],
        [[(6, 0), (4, 7), (3, 14), (6, 19), (12, 20), (17, 16), (14, 11), (8, 12), (4, 16)]],
        [[(9, 0), (5, 8), (3, 16), (8, 20), (16, 18), (18, 13), (13, 11), (7, 15), (6, 19)]],
        [[(11, 0), (9, 5), (8, 11), (7, 17), (9, 20), (12, 18), (12, 14), (9, 13), (7, 16)]],
        [[(7, 0), (5, 10), (5, 19)], [(5, 19), (11, 20), (13, 15), (9, 12), (5, 16)]],
        [[(8, 0), (3, 8), (3, 16), (9, 20), (16, 17), (17, 11), (12, 9), (8, 13), (9, 18)]],
        [[(14, 0), (6, 3), (3, 10), (5, 17), (11, 20), (16, 15), (14, 9), (8, 9), (4, 14)]],
    ],
    7: [
        [[(3, 1), (10, 1), (16, 0)], [(16, 0), (12, 9), (9, 20)]],
        [[(3, 1), (10, 1), (16, 0)], [(16, 0), (12, 9), (9, 20)], [(7, 11), (11, 10), (16, 10)]],
        [[(3, 5), (4, 1)], [(4, 1), (10, 1), (16, 1)], [(16, 1), (13, 9), (11, 20)]],
        [[(3, 3), (6, 0), (11, 2), (15, 2), (14, 7), (11, 13), (9, 20)]],
        [[(2, 4), (5, 1), (12, 2), (19, 0)], [(19, 0), (13, 8), (9, 20)]],
        [[(4, 5), (4, 0)], [(4, 0), (16, 1)], [(16, 1), (12, 8), (11, 20)], [(8, 10), (18, 9)]],
        [[(4, 8), (6, 2), (13, 1), (16, 0)], [(16, 0), (14, 7), (9, 13), (6, 20)]],
        [[(3, 5), (5, 1), (10, 4), (16, 1)], [(16, 1), (12, 10), (10, 20)]],
        [[(3, 9), (4, 2)], [(4, 2), (11, 0), (16, 1)], [(16, 1), (14, 10), (12, 20)]],
        [[(3, 5), (6, 1), (12, 1), (16, 5), (14, 12), (11, 20)]],
    ],
    8: [
        [
            [
                (15, 3),
                (10, 0),
                (5, 3),
                (6, 7),
                (10, 10),
                (15, 14),
                (14, 18),
                (10, 20),
                (5, 18),
                (6, 13),
                (10, 10),
                (14, 7),
                (15, 3),
            ]
        ],
        [
            [(10, 0), (6, 2), (6, 7), (10, 9), (14, 7), (14, 2), (10, 0)],
            [(10, 9), (5, 12), (5, 18), (10, 20), (15, 18), (15, 12), (10, 9)],
        ],
        [[(17, 2), (11, 0), (6, 3), (7, 8), (12, 12), (13, 17), (9, 20), (5, 17), (7, 12), (13, 7), (16, 1)]],
        [[(15, 2), (8, 0), (5, 4), (9, 8), (13, 12), (14, 17), (10, 20), (7, 17), (9, 12), (15, 6), (16, 3)]],
        [[(16, 5), (11, 0), (4, 3), (7, 8), (13, 12), (12, 18), (8, 20), (5, 17), (9, 11), (16, 5)]],
        [[(18, 3), (10, 1), (3, 3), (6, 8), (11, 11), (13, 16), (10, 20), (6, 18), (8, 13), (12, 9), (18, 3)]],
        [[(14, 0), (7, 1), (5, 6), (10, 10), (13, 14), (9, 20), (6, 16), (9, 11), (15, 6), (14, 0)]],
        [
            [(10, 4), (7, 2), (7, 7), (10, 8), (13, 6), (12, 2), (10, 4)],
            [(10, 8), (4, 12), (4, 18), (10, 20), (16, 18), (16, 12), (10, 8)],
        ],
        [[(17, 1), (12, 0), (5, 3), (6, 8), (11, 11), (12, 17), (9, 20), (7, 17), (10, 11), (16, 7), (16, 2)]],
        [
            [(13, 3), (8, 0), (3, 4), (6, 9), (12, 8), (15, 4)],
            [(17, 0), (12, 8), (8, 14), (8, 19), (12, 19), (12, 14), (6, 9)],
        ],
        [[(15, 0), (8, 2), (8, 7), (13, 11), (15, 16), (10, 20), (5, 18), (6, 13), (12, 9), (17, 4)]],
    ],
    9: [
        [[(15, 3), (10, 0), (5, 3), (5, 8), (10, 10), (14, 7), (15, 3)], [(15, 3), (14, 11), (13, 20)]],
        [
            [(15, 4), (11, 0), (5, 2), (4, 8), (9, 10), (14, 7), (15, 4)],
            [(15, 4), (15, 11), (13, 17), (8, 20), (4, 18)],
        ],
        [[(14, 2), (9, 0), (4, 5), (7, 9), (12, 7), (15, 2)], [(15, 2), (12, 11), (8, 20)]],
        [[(14, 4), (9, 1), (4, 5), (4, 10), (9, 12), (14, 8), (15, 2)], [(16, 0), (15, 2), (15, 10), (15, 20)]],
        [[(15, 1), (8, 1), (4, 5), (8, 8), (13, 5), (15, 1)], [(15, 1), (14, 8), (12, 14), (11, 20)]],
        [[(14, 2), (8, 3), (4, 7), (8, 10), (14, 8)], [(14, 2), (14, 8), (11, 14), (8, 20)]],
        [[(17, 0), (10, 1), (5, 4), (8, 8), (14, 5)], [(14, 5), (13, 12), (10, 20)]],
        [[(13, 1), (6, 2), (3, 6), (6, 9), (12, 7), (14, 3)], [(14, 3), (15, 10), (12, 17), (6, 18)]],
        [[(15, 2), (9, 0), (4, 6), (8, 10), (14, 6), (15, 2), (15, 10), (14, 20)]],
        [[(13, 3), (7, 1), (3, 7), (5, 12), (11, 12), (16, 6)], [(17, 1), (16, 6), (15, 13), (14, 20)]],
        [[(14, 2), (7, 0), (3, 6), (6, 12), (12, 10), (14, 2)], [(14, 2), (15, 8), (15, 14), (14, 20)]],
    ],
}
PIECES = 3  # straight segments that stand for the curve between two control points


def _catmull_rom(indices):
    """The smooth curve through the points with these indices, in straight segments.

    Each is (indices of the four points near it, their weights at its start, at its end).
    """
    padded = [indices[0], *indices, indices[-1]]
    weights = []
    for piece in range(PIECES + 1):
        t = piece / PIECES
        weights.append(
            (
                (-t + 2 * t * t - t * t * t) / 2,
                (2 - 5 * t * t + 3 * t * t * t) / 2,
                (t + 4 * t * t - 3 * t * t * t) / 2,
                (-t * t + t * t * t) / 2,
            )
        )
    return [
        (padded[i : i + 4], weights[piece], weights[piece + 1])
        for i in range(len(indices) - 1)
        for piece in range(PIECES)
    ]


def _compile_styles():
    """The styles as arrays: control points, and which four of them bend each segment, how much."""
    compiled = []
    for styles in STYLES.values():
        for strokes in styles:
            points = list(dict.fromkeys(point for stroke in strokes for point in stroke))
            segments = []
            for stroke in strokes:
                segments += _catmull_rom([points.index(point) for point in stroke])
            compiled.append((points, segments))
    most_points = max(len(points) for points, _ in compiled)
    most_segments = max(len(segments) for _, segments in compiled)
    # Shorter styles repeat their last point and segment, which adds no ink.
    points = [p + [p[-1]] * (most_points - len(p)) for p, _ in compiled]
    segments = [s + [s[-1]] * (most_segments - len(s)) for _, s in compiled]
    counts = [len(s) for _, s in compiled]
    return (
        np.array(points, np.float32),
        np.array([[s[0] for s in style] for style in segments]),
        np.array([[s[1:] for s in style] for style in segments], np.float32),
        np.array(counts),
    )


CONTROL, BENT_BY, WEIGHTS, COUNTS = _compile_styles()
STYLE_COUNT = np.array([len(styles) for styles in STYLES.values()])
FIRST_STYLE = np.cumsum(STYLE_COUNT) - STYLE_COUNT


def _write(labels, rng):
    """Segment ends ``(x, y)`` of shape (images, segments, 2), in the box of the styles."""
    count = len(labels)
    style = FIRST_STYLE[labels] + (rng.random(count) * STYLE_COUNT[labels]).astype(int)
    control = CONTROL[style]
    # Untidiness differs from hand to hand, then from point to point.
    mess = uniform(rng, 0.2, 1.3, count, 1, 1)
    control = control + bell(rng, 1.0, *control.shape) * mess
    weights = WEIGHTS[style]
    ends = np.zeros(weights.shape[:3] + (2,), np.float32)
    for i in range(4):
        bent_by = np.take_along_axis(control, BENT_BY[style, :, i][..., None], axis=1)
        ends = ends + weights[..., i, None] * bent_by[:, :, None, :]
    return (ends[..., 0] - 10) / 10, (ends[..., 1] - 10) / 10, COUNTS[style]


def _distort(x, y, rng):
    """The strokes bent as a whole, slanted, stretched and turned."""
    count = len(x)
    a, b, c, d, e, f = bell(rng, 0.1, 6, count, 1, 1)
    x, y = (
        x + a * x * y + b * y * y + c * (y * y * y - y),
        y + d * x * y + e * x * x + 2 * f * (y * y - 1),
    )
    x = x * uniform(rng, 0.6, 1.5, count, 1, 1)
    x = x - y * (0.15 + bell(rng, 0.25, count, 1, 1))
    cosine, sine = rotation(bell(rng, 0.06, count, 1, 1))
    return x * cosine - y * sine, x * sine + y * cosine


def _place(x, y, radius, segments, rng):
    """The strokes in pixels: ink in a box of 20, its center of mass in the middle of the 28.

    This is how MNIST's authors say they placed theirs; here the hand is less steady.
    """
    count = len(x)
    wide = x.max(axis=(1, 2)) - x.min(axis=(1, 2))
    tall = y.max(axis=(1, 2)) - y.min(axis=(1, 2))
    box = uniform(rng, 18.5, 20.5, count)
    scale = ((box - 2 * radius) / np.maximum(wide, tall))[:, None, None]
    x, y = x * scale, y * scale
    across, down = x[..., 1] - x[..., 0], y[..., 1] - y[..., 0]
    mass = np.sqrt(across * across + down * down)
    mass = mass * (np.arange(x.shape[1]) < segments[:, None])
    total = mass_x = mass_y = np.zeros(count, np.float32)
    for i in range(x.shape[1]):  # one by one: the order of a sum decides its last digit
        total = total + mass[:, i]
        mass_x = mass_x + mass[:, i] * (x[:, i, 0] + x[:, i, 1]) / 2
        mass_y = mass_y + mass[:, i] * (y[:, i, 0] + y[:, i, 1]) / 2
    shift_x = 14 - mass_x / total + bell(rng, 0.5, count)
    shift_y = 14 - mass_y / total + bell(rng, 0.5, count)
    return x + shift_x[:, None, None], y + shift_y[:, None, None]


def draw(labels, rng):
    """Images of shape (labels, 28, 28), float32: 0 is black, 1 white, to be clipped there."""
    count = len(labels)
    x, y, segments = _write(labels, rng)
    x, y = _distort(x, y, rng)
    radius = 0.7 + uniform(rng, 0, 1.8, count) * uniform(rng, 0.1, 1, count)
    x, y = _place(x, y, radius, segments, rng)

    grid_x, grid_y = pixel_grid(28)
    distance = np.full((count, 28, 28), 99, np.float32)
    x, y = x[..., None, None], y[..., None, None]
    for i in range(x.shape[1]):
        here = segment_distance(grid_x, grid_y, (x[:, i, 0], y[:, i, 0]), (x[:, i, 1], y[:, i, 1]))
        np.minimum(distance, here, out=distance)

    softness = uniform(rng, 0.9, 1.8, count, 1, 1)
    ink = cover(distance - radius[:, None, None], softness)
    ink = ink * uniform(rng, 0.85, 1.4, count, 1, 1)
    grain = uniform(rng, 0, 0.25, count, 1, 1) * uniform(rng, 0, 1, count, 1, 1)
    return ink * (1 - grain * uniform(rng, 0, 1, count, 28, 28))
