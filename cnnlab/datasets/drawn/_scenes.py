"""Small color scenes: one thing somewhere in front of a random view."""

import numpy as np

from ._raster import (
    bell,
    blend,
    cover,
    ellipse_distance,
    pixel_grid,
    polygon_distance,
    rotation,
    segment_distance,
    smooth_field,
    uniform,
)

NAMES = (
    "boat",
    "car",
    "fish",
    "flower",
    "house",
    "moon",
    "mushroom",
    "star",
    "tree",
    "umbrella",
)
PENTAGON = [(0.0, -1.0), (0.95, -0.31), (0.59, 0.81), (-0.59, 0.81), (-0.95, -0.31)]


def _ellipse(center_x, center_y, radius_x, radius_y=None):
    radius_y = radius_x if radius_y is None else radius_y
    return lambda x, y: ellipse_distance(x, y, center_x, center_y, radius_x, radius_y)


def _polygon(*points):
    return lambda x, y: polygon_distance(x, y, list(points))


def _line(start, end, half_width):
    return lambda x, y: segment_distance(x, y, start, end) - half_width


def _dome(brim, radius_x, radius_y):
    """The upper half of an ellipse."""
    return lambda x, y: np.maximum(ellipse_distance(x, y, 0, brim, radius_x, radius_y), y - brim)


# Each function below gives the parts of one thing: (shape, which of three colors), painted in
# this order. A shape takes coordinates from about -1 to 1, y down, to a signed distance. `r` holds
# random numbers from 0 to 1, of shape (images, 1, 1), that make each boat another boat.
def _boat(r):
    deck, mast = 0.2 + 0.3 * r[0], -0.2 + 0.4 * r[1]
    return [
        (_line((mast, -0.9), (mast, deck), 0.06), 2),
        (_polygon((mast + 0.1, -0.9), (mast + 0.6 + 0.3 * r[2], deck - 0.1), (mast + 0.1, deck - 0.1)), 1),
        (_polygon((mast - 0.1, -0.6 + 0.3 * r[3]), (mast - 0.1, deck - 0.1), (mast - 0.6, deck - 0.1)), 1),
        (_polygon((-1.0, deck), (1.0, deck), (0.65, deck + 0.5), (-0.65, deck + 0.5)), 0),
    ]


def _car(r):
    roof = -0.45 - 0.25 * r[0]
    wheel, front = 0.2 + 0.08 * r[1], 0.3 + 0.2 * r[2]
    return [
        (_polygon((-0.85, 0.0), (-0.6, roof), (front, roof), (front + 0.35, 0.0)), 0),
        (_polygon((-0.6, 0.0), (-0.5, roof + 0.15), (-0.15, roof + 0.15), (-0.15, 0.0)), 1),
        (_polygon((0.0, 0.0), (0.0, roof + 0.15), (0.25, roof + 0.15), (0.45, 0.0)), 1),
        (_polygon((-1.0, -0.05), (0.85 + 0.15 * r[3], -0.05), (1.0, 0.4), (-1.0, 0.4)), 0),
        (_ellipse(-0.55, 0.42, wheel), 2),
        (_ellipse(0.55, 0.42, wheel), 2),
    ]


def _fish(r):
    belly = 0.3 + 0.2 * r[0]
    fin = 0.35 + 0.2 * r[1]
    return [
        (_polygon((0.3, 0.0), (1.0, -fin), (0.8, 0.0), (1.0, fin)), 1),
        (_polygon((-0.3, -belly * 0.7), (0.0, -belly - 0.3 * r[2]), (0.3, -belly * 0.5)), 1),
        (_ellipse(-0.2, 0.0, 0.75, belly), 0),
        (_ellipse(-0.6, -0.1, 0.1), 2),
    ]


def _flower(r):
    petal, ring = 0.27 + 0.06 * r[0], 0.42 + 0.08 * r[1]
    return [
        (_line((0.0, -0.1), (0.3 * r[2], 1.1), 0.06), 2),
        *((_ellipse(a * ring, b * ring - 0.2, petal), 0) for a, b in PENTAGON),
        (_ellipse(0.0, -0.2, 0.22 + 0.06 * r[3]), 1),
    ]


def _house(r):
    wide, eaves = 0.65 + 0.2 * r[0], -0.2 + 0.2 * r[1]
    door = -0.35 + 0.2 * r[2]
    return [
        (_polygon((0.3, -0.85), (0.5, -0.85), (0.5, eaves), (0.3, eaves)), 2),
        (_polygon((-wide, eaves), (wide, eaves), (wide, 0.85), (-wide, 0.85)), 0),
        (_polygon((-wide - 0.2, eaves), (-0.2 + 0.4 * r[3], -0.9), (wide + 0.2, eaves)), 1),
        (_polygon((door - 0.14, 0.3), (door + 0.14, 0.3), (door + 0.14, 0.85), (door - 0.14, 0.85)), 2),
        (_polygon((0.15, 0.2), (0.5, 0.2), (0.5, 0.5), (0.15, 0.5)), 2),
    ]


def _moon(r):
    disk, bite = _ellipse(0.0, 0.0, 0.8), _ellipse(0.35 + 0.2 * r[0], -0.1, 0.65 + 0.1 * r[1])
    return [(lambda x, y: np.maximum(disk(x, y), -bite(x, y)), 0)]


def _mushroom(r):
    brim, foot = 0.25 * r[0], 0.2 + 0.1 * r[1]
    return [
        (_polygon((-0.2, brim - 0.1), (0.2, brim - 0.1), (foot, 0.9), (-foot, 0.9)), 1),
        (_dome(brim, 0.85, 0.65 + 0.25 * r[2]), 0),
        (_ellipse(-0.3, brim - 0.25, 0.14), 1),
        (_ellipse(0.25, brim - 0.35, 0.16), 1),
    ]


def _star(r):
    inner = 0.36 + 0.12 * r[0]
    points = []
    for (a, b), (c, d) in zip(PENTAGON, PENTAGON[1:] + PENTAGON[:1]):
        # The valley between two tips lies on the ray half-way between them.
        points += [(a, b), ((a + c) * inner * 0.618, (b + d) * inner * 0.618)]
    return [(_polygon(*points), 0)]


def _tree(r):
    spread, foot = 0.6 + 0.2 * r[0], 0.1 + 0.06 * r[1]
    layers = [
        _polygon((0.0, top), (spread * width, top + 0.75), (-spread * width, top + 0.75))
        for top, width in ((-0.15, 1.0), (-0.55, 0.8), (-0.95, 0.6))
    ]
    trunk = _polygon((-foot, 0.4), (foot, 0.4), (foot, 1.0), (-foot, 1.0))
    return [(trunk, 2), *((layer, 0) for layer in layers)]


def _umbrella(r):
    brim, height = -0.1 + 0.2 * r[0], 0.75 + 0.2 * r[1]
    return [
        (_line((0.0, brim), (0.0, 0.85), 0.06), 2),
        (_line((0.0, 0.85), (0.25, 0.85), 0.06), 2),
        (_line((0.25, 0.85), (0.25, 0.65), 0.06), 2),
        (_dome(brim, 0.95, height), 0),
        (_dome(brim, 0.3, height), 1),
    ]


THINGS = (_boat, _car, _fish, _flower, _house, _moon, _mushroom, _star, _tree, _umbrella)


# Above and below the horizon: red, green, blue. Any thing may stand in any view, so that the
# view tells nothing about the class.
VIEWS = np.array(
    [
        [(0.55, 0.78, 0.95), (0.45, 0.65, 0.30)],  # meadow
        [(0.75, 0.87, 0.95), (0.20, 0.45, 0.65)],  # sea
        [(0.95, 0.65, 0.45), (0.35, 0.30, 0.45)],  # dusk
        [(0.10, 0.12, 0.32), (0.15, 0.28, 0.25)],  # night
        [(0.60, 0.72, 0.88), (0.93, 0.94, 0.97)],  # snow
        [(0.60, 0.80, 0.90), (0.85, 0.70, 0.45)],  # desert
        [(0.15, 0.45, 0.60), (0.05, 0.22, 0.38)],  # deep water
        [(0.85, 0.80, 0.70), (0.60, 0.45, 0.35)],  # room
    ],
    np.float32,
)


def _view(count, rng):
    """Backgrounds: two colors that meet at a horizon, slanted or hilly, sharp or hazy."""
    x, y = pixel_grid(32)
    view = VIEWS[(rng.random(count) * len(VIEWS)).astype(int)]
    view = view + uniform(rng, -0.15, 0.15, count, 2, 3)
    hills = smooth_field(rng, count, 32, 3) * uniform(rng, 0, 12, count, 1, 1)
    horizon = uniform(rng, 2, 30, count, 1, 1) + bell(rng, 0.15, count, 1, 1) * (x - 16)
    sky = cover(y - horizon - hills, uniform(rng, 1, 10, count, 1, 1))
    view = view[..., None, None]
    picture = blend(view[:, 1], view[:, 0], sky[:, None])
    tone = smooth_field(rng, count, 32, 8) - 0.5
    return picture + (tone * uniform(rng, 0, 0.25, count, 1, 1))[:, None]


def _colors(behind, rng):
    """Three colors for each thing: one apart from what lies behind, two apart from that one."""
    colors = []
    for _ in range(3):
        far = np.where(behind < 0.5, np.float32(1), np.float32(0))
        color = rng.random(behind.shape, dtype=np.float32)
        colors.append(blend(color, far, uniform(rng, 0.4, 0.8, len(behind), 1)))
        behind = colors[0]
    return colors


def draw(labels, rng):
    """Images of shape (labels, 32, 32, 3), float32: 0 is black, 1 white, to be clipped there."""
    count = len(labels)
    images = _view(count, rng)  # channels first while drawing: long rows keep NumPy fast
    half = uniform(rng, 9, 13, count, 1, 1)
    center_x, center_y = uniform(rng, half * 0.9, 32 - half * 0.9, 2, count, 1, 1)
    row, column = center_y[:, 0, 0].astype(int), center_x[:, 0, 0].astype(int)
    colors = _colors(images[np.arange(count), :, row, column], rng)
    cosine, sine = rotation(bell(rng, 0.06, count, 1, 1))
    stretch = uniform(rng, 0.8, 1.2, count, 1, 1)
    flip = np.where(rng.random((count, 1, 1)) < 0.5, np.float32(-1), np.float32(1))
    parts = rng.random((4, count, 1, 1), dtype=np.float32)

    x, y = pixel_grid(32)
    x, y = (x - center_x) / half, (y - center_y) / half
    x, y = (x * cosine + y * sine) * flip * stretch, y * cosine - x * sine
    for label, thing in enumerate(THINGS):
        mine = labels == label
        if not mine.any():
            continue
        picture, here_x, here_y, pixels = images[mine], x[mine], y[mine], half[mine]
        for shape, color in thing(parts[:, mine]):
            share = cover(shape(here_x, here_y) * pixels)
            picture = blend(picture, colors[color][mine][..., None, None], share[:, None])
        images[mine] = picture
    return _weather(images, rng).transpose(0, 2, 3, 1)


def _weather(images, rng):
    """The scene behind two blades of grass, in uneven light, seen by a noisy camera."""
    count = len(images)
    x, y = pixel_grid(32)
    for _ in range(2):
        foot = uniform(rng, 0, 32, count, 1, 1)
        tip = foot + bell(rng, 4, count, 1, 1), uniform(rng, 12, 40, count, 1, 1)
        blade = segment_distance(x, y, (foot, 33), tip) - uniform(rng, 0.3, 1, count, 1, 1)
        color = uniform(rng, 0, 1, count, 3, 1, 1)
        images = blend(images, color, cover(blade)[:, None])
    uneven = smooth_field(rng, count, 32, 1) - 0.5
    light = uniform(rng, 0.6, 1.1, count, 1, 1) + uneven * uniform(rng, 0, 0.6, count, 1, 1)
    images = images * light[:, None]
    grain = uniform(rng, 0, 0.1, count, 1, 1, 1)
    return images + uniform(rng, -1, 1, *images.shape) * grain
