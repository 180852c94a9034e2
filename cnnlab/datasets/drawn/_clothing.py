"""Pieces of clothing: silhouettes of random proportions in a random fabric."""

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
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

ABSENT = np.float32(99)  # a distance so far away that nothing is painted


# Each function below draws one class: a list of (signed distance, tone), painted in this order;
# a tone multiplies the fabric, 0 is a hole. `x` runs from -14 to 14, `y` from 0 to 28, down.
# `r` holds random numbers from 0 to 1, of shape (images, 1, 1). Most garments are symmetric,
# so that `side`, the distance from the middle line, stands for both halves.
def _torso(side, y, r, shoulder, waist, hem, hem_at, neck):
    top = 0.6 + 0.8 * r[0]
    cloth = polygon_distance(
        side,
        y,
        [
            (-9, top),
            (neck, top),
            (shoulder, top + 1 + r[1]),
            (shoulder - 0.6, 9.0),
            (waist, 15.0),
            (hem, hem_at),
            (-9, hem_at + 0.5 * r[2]),
        ],
    )
    return cloth, top


def _sleeve(side, y, top, shoulder, reach, end, width):
    return polygon_distance(
        side,
        y,
        [
            (shoulder - 2.5, top + 0.4),
            (shoulder, top + 1.2),
            (reach, end - 0.8),
            (reach - width, end),
            (shoulder - 1.2, top + 8),
        ],
    )


def _long_sleeve(side, y, r, top, shoulder):
    reach = shoulder + 2.5 + 2.5 * r[0]
    return _sleeve(side, y, top, shoulder, reach, 21 + 5 * r[1], 2 + 1.2 * r[2])


def _short_sleeve(side, y, r, top, shoulder):
    reach = shoulder + 2 + 3.5 * r[0]
    return _sleeve(side, y, top, shoulder, reach, 8 + 3 * r[1], 2 + 1.5 * r[2])


def _neckline(side, y, r, top, width):
    """A round neck or a V; never both."""
    depth = 0.8 + 2.5 * r[0]
    round_neck = ellipse_distance(side, y, 0, top, width, depth)
    v_neck = polygon_distance(side, y, [(-9, -3), (width, -3), (width, top), (0, top + 2.5 * depth)])
    v_neck = np.maximum(v_neck, side - width)
    return np.where(r[1] < 0.7, round_neck, v_neck)


def _middle_line(side, y, start, end, half_width):
    return segment_distance(side, y, (0, start), (0, end)) - half_width


def _t_shirt(x, y, r):
    side = np.abs(x)
    shoulder, neck = 6.5 + 1.5 * r[0], 2.2 + 1.2 * r[1]
    width = shoulder - 1.2 + 1.5 * r[2]
    body, top = _torso(side, y, r[3:], shoulder, width, width + r[6], 24.5 + 2.5 * r[7], neck)
    sleeve = _short_sleeve(side, y, r[8:], top, shoulder)
    sleeve = np.where(r[11] < 0.12, ABSENT, sleeve)
    across, down = 2 + 2 * r[12], 11 + 6 * r[13]
    badge = polygon_distance(side, y, [(-9, 9), (across, 9), (across, down), (-9, down)])
    badge = np.where(r[14] < 0.65, ABSENT, badge)
    return [
        (np.minimum(body, sleeve), 1),
        (badge, 0.3 + 1.2 * r[15]),
        (_neckline(side, y, [0.6 * r[16], 0.8 * r[17]], top, neck), 0),
    ]


def _trouser(x, y, r):
    side = np.abs(x)
    waist, hip = 3.6 + 1.5 * r[0], 4.4 + 1.6 * r[1]
    crotch, ankle = 7 + 4 * r[2], 0.8 + 2.5 * r[3]
    outer = ankle + 2 + 1.2 * r[4]
    top = 0.5 + r[5]
    legs = polygon_distance(
        side,
        y,
        [
            (-9, top),
            (waist, top),
            (hip, 8),
            (outer, 27.4),
            (outer - 2.2 - 0.8 * r[6], 27.4),
            (0.2 + 0.3 * r[7], crotch),
            (-9, crotch),
        ],
    )
    belt = polygon_distance(side, y, [(-9, top + 1.4), (9, top + 1.4), (9, top + 1.9), (-9, top + 1.9)])
    return [(legs, 1), (np.maximum(belt, legs), 0.8)]


def _pullover(x, y, r):
    side = np.abs(x)
    shoulder, neck = 6.3 + 1.5 * r[0], 2 + 1.2 * r[1]
    width = shoulder - 1 + 1.5 * r[2]
    hem_at = 22.5 + 4.5 * r[3]
    body, top = _torso(side, y, r[4:], shoulder, width, width - 0.4 + r[7], hem_at, neck)
    sleeve = _long_sleeve(side, y, r[8:], top, shoulder)
    rib = np.maximum(body, hem_at - 1.6 - y)
    return [
        (np.minimum(body, sleeve), 1),
        (np.maximum(sleeve, -body - 0.5), 0.9),
        (rib, 0.85),
        (_neckline(side, y, [0.6 * r[11], 0.8 * r[12]], top, neck), 0),
    ]


def _dress(x, y, r):
    side = np.abs(x)
    shoulder, neck = 3.2 + 2 * r[0], 1.3 + 1.2 * r[1]
    waist = 2.6 + 1.8 * r[2]
    hem = waist + 0.6 + 4 * r[3] * r[4]
    body, top = _torso(side, y, r[5:], shoulder, waist, hem, 26.8 + 0.8 * r[8], neck)
    short, long = (f(side, y, r[9:], top, shoulder) for f in (_short_sleeve, _long_sleeve))
    sleeve = np.where(r[12] < 0.45, ABSENT, np.where(r[12] < 0.75, short + 0.4, long + 0.4))
    belt = np.maximum(np.maximum(body, 12 - y), y - 13)
    belt = np.where(r[13] < 0.6, ABSENT, belt)
    return [
        (np.minimum(body, sleeve), 1),
        (belt, 0.4),
        (_neckline(side, y, r[14:], top, neck), 0),
    ]


def _coat(x, y, r):
    side = np.abs(x)
    shoulder, neck = 6.3 + 1.4 * r[0], 2 + r[1]
    width = shoulder - 0.6 + 1.2 * r[2]
    body, top = _torso(side, y, r[3:], shoulder, width, width + 1.2 * r[6], 25.8 + 1.6 * r[7], neck)
    sleeve = _long_sleeve(side, y, r[8:], top, shoulder)
    collar = polygon_distance(
        side,
        y,
        [
            (-1, top + 2 + 6 * r[11]),
            (neck - 0.6, top - 0.4),
            (neck + 1.6, top + 0.8),
        ],
    )
    opening = _middle_line(side, y, top + 2, 27, 0.1 + 0.5 * r[12])
    pocket = segment_distance(side, y, (3.2, 19.5), (5, 18.5)) - 0.3
    return [
        (np.minimum(body, sleeve), 1),
        (np.maximum(sleeve, -body - 0.7), 0.85),
        (pocket, 0.6),
        (collar, 0.75 + 0.4 * r[13]),
        (opening, 0.6 * r[14]),
    ]


def _shirt(x, y, r):
    side = np.abs(x)
    shoulder, neck = 5.8 + 1.6 * r[0], 1.8 + 1.2 * r[1]
    width = shoulder - 0.8 + 1.5 * r[2]
    body, top = _torso(side, y, r[3:], shoulder, width, width + r[6], 25 + 2.3 * r[7], neck)
    short, long = (f(side, y, r[8:], top, shoulder) for f in (_short_sleeve, _long_sleeve))
    sleeve = np.where(r[11] < 0.2, short, long)
    placket = _middle_line(side, y, top + 1.5, 26, 0.35)
    row = y / 3 - np.floor(y / 3) - 0.5
    button = np.sqrt(side * side + row * row * 9) - 0.5
    button = np.maximum(button, body + 1)
    placket, button = (np.where(r[12] < 0.1, ABSENT, part) for part in (placket, button))
    collar = polygon_distance(
        side,
        y,
        [
            (-0.5, top + 2.5 + r[13]),
            (neck - 0.6, top - 0.6),
            (neck + 1.5, top + 1),
        ],
    )
    return [
        (np.minimum(body, sleeve), 1),
        (placket, 0.85),
        (button, 0.5),
        (_neckline(side, y, r[14:], top, neck * 0.8), 0),
        (collar, 0.75 + 0.4 * r[16]),
    ]


def _sandal(x, y, r):
    heel, sole = 7 * r[0] * r[0], 0.5 + 0.7 * r[1]
    ground = 19 + heel * 0.7
    back = 11 + 1.5 * r[2]
    # The foot goes from the toe on the left, over the ball, up to the heel.
    toe, ball, rear = (-12.5, ground - 0.6), (-5.0, ground - 0.8), (back, ground - 0.8 - heel)
    foot = np.minimum(segment_distance(x, y, toe, ball), segment_distance(x, y, ball, rear)) - sole
    block = polygon_distance(
        x,
        y,
        [
            (back - 2 - 3 * r[3], rear[1]),
            (back + 0.8, rear[1]),
            (back + 0.5, ground),
            (back - 0.8 - 2 * r[4], ground),
        ],
    )
    ankle = rear[1] - 2.5 - 3.5 * r[5]
    instep = (-6 + 3 * r[6], toe[1] - 3 - 2 * r[7])
    strips = [
        ((-10.0, toe[1]), instep),
        (instep, (-3.0, ball[1])),
        (instep, (5.0, ankle)),
        ((5.0, ankle), (back, ankle)),
        ((back, ankle), rear),
        ((5.0, ankle), (6.0, rear[1] + 1)),
    ]
    width, missing = 0.4 + 0.9 * r[8], (0, 0.3, 0.5, 0.3, 0.3, 0.5)
    shape = [(np.minimum(foot, block), 1)]
    for i, (start, end) in enumerate(strips):
        strip = segment_distance(x, y, start, end) - width
        shape.append((np.where(r[9 + i] < missing[i], ABSENT, strip), 0.9))
    return shape


def _sneaker(x, y, r):
    ground, opening = 19.5 + r[0], 10.5 + 2 * r[1]
    tongue = 0.5 + 4 * r[2]
    upper = polygon_distance(
        x,
        y,
        [
            (-13.3, ground - 1),
            (-12.6, ground - 3 - r[3]),
            (-6, ground - 5 - 1.5 * r[4]),
            (tongue, opening),
            (tongue + 2.5, opening + 0.5),
            (8, opening + 1.5 + r[5]),
            (12, opening - 0.5 + 1.5 * r[6]),
            (13, ground - 3),
            (13.2, ground),
            (-12.5, ground),
        ],
    )
    sole = np.maximum(upper, ground - 1.2 - r[7] - y)
    stripes = [
        segment_distance(x, y, (a - 2 + 4 * r[8], ground - 6), (a + 1.0, ground - 1.5)) - 0.5 for a in (-2.0, 1.0, 4.0)
    ]
    mark = np.minimum(np.minimum(stripes[0], stripes[1]), stripes[2])
    mark = np.where(r[9] < 0.4, ABSENT, np.maximum(mark, upper))
    return [(upper, 1), (mark, 0.2 + 1.4 * r[10]), (sole, 0.5 + 0.9 * r[11])]


def _bag(x, y, r):
    side = np.abs(x)
    top, base = 8 + 6 * r[0], 22 + 4 * r[1]
    upper, lower = 7 + 6 * r[2], 8 + 5 * r[3]
    body = polygon_distance(
        side,
        y,
        [
            (-9, top),
            (upper - 1, top),
            (upper, top + 1),
            (lower, base - 1.5),
            (lower - 1.5, base),
            (-9, base),
        ],
    )
    reach, rise = 3 + 5 * r[4], (top - 1.5) * (0.5 + 0.5 * r[5])
    handle = ellipse_distance(side, y, 0, top, reach, rise)
    handle = np.abs(handle) - 0.5 - 0.5 * r[6]
    handle = np.where(r[7] < 0.15, ABSENT, np.maximum(handle, y - top))
    middle = top + 3 + 5 * r[8]
    flap = segment_distance(side, y, (0, middle), (13, top + 2 + 4 * r[9])) - 0.35
    flap = np.where(r[10] < 0.4, ABSENT, np.maximum(flap, body))
    clasp = np.where(r[11] < 0.5, ABSENT, ellipse_distance(side, y, 0, middle, 1, 1))
    return [(handle, 0.9), (body, 1), (flap, 0.5), (clasp, 1.5)]


def _ankle_boot(x, y, r):
    top, ground = 2.5 + 6 * r[0], 23.5 + 2 * r[1]
    front, heel = -0.5 + 4 * r[2], 4 * r[3] * r[4]
    back = 11 + 2 * r[5]
    boot = polygon_distance(
        x,
        y,
        [
            (front, top),
            (back, top + r[6]),
            (back - 0.5, 15),
            (back + 0.5, ground - 4),
            (back + 0.3, ground),
            (back - 4 - r[7], ground),
            (back - 5 - r[7], ground - heel),
            (-2, ground - 0.5 * heel),
            (-4, ground),
            (-12, ground),
            (-13, ground - 2),
            (-11, ground - 4 - r[8]),
            (-4, ground - 7),
            (front - 0.5, 14 - 2 * r[9]),
        ],
    )
    sole = np.maximum(boot, ground - 1 - r[10] - y)
    zip_line = segment_distance(x, y, (front + 3, top), (front + 3.0, ground - 6)) - 0.3
    zip_line = np.where(r[11] < 0.5, ABSENT, np.maximum(zip_line, boot))
    return [(boot, 1), (zip_line, 0.5), (sole, 0.4 + 0.9 * r[12])]


PIECES = (
    _t_shirt,
    _trouser,
    _pullover,
    _dress,
    _coat,
    _sandal,
    _shirt,
    _sneaker,
    _bag,
    _ankle_boot,
)


def _fabric(count, rng):
    """Brightness of the cloth, of shape (count, 28, 28): plain, striped, checked or printed."""
    x, y = pixel_grid(28)
    period = uniform(rng, 2.5, 7, count, 1, 1)
    upright, level = (np.abs(v / period - np.floor(v / period) - 0.5) * 4 - 1 for v in (x, y))
    blotches = np.minimum(np.maximum((smooth_field(rng, count, 28, 9) - 0.5) * 6, -1), 1)
    choice = rng.random((count, 1, 1))
    pattern = np.where(choice < 0.58, np.float32(0), upright)
    pattern = np.where(choice < 0.65, pattern, level)
    pattern = np.where(choice < 0.75, pattern, (upright + level) / 2)
    pattern = np.where(choice < 0.82, pattern, blotches)
    folds = smooth_field(rng, count, 28, 5) - 0.5
    edge = (x - 14) * (x - 14) / 196
    weave = uniform(rng, -1, 1, count, 28, 28) * uniform(rng, 0, 0.1, count, 1, 1)
    shade = 1 + weave + pattern * uniform(rng, 0.1, 0.5, count, 1, 1)
    shade = shade + folds * uniform(rng, 0, 0.5, count, 1, 1) - edge * uniform(rng, -0.2, 0.3, count, 1, 1)
    return shade * uniform(rng, 0.3, 0.95, count, 1, 1)


def draw(labels, rng):
    """Images of shape (labels, 28, 28), float32: 0 is black, 1 white, to be clipped there."""
    count = len(labels)
    fabric = _fabric(count, rng)
    parts = rng.random((20, count, 1, 1), dtype=np.float32)
    x, y = pixel_grid(28)
    x, y = x - 14 + bell(rng, 0.3, count, 1, 1), y + bell(rng, 0.3, count, 1, 1)
    cosine, sine = rotation(bell(rng, 0.01, count, 1, 1))
    x, y = x * cosine + (y - 14) * sine, (y - 14) * cosine - x * sine + 14
    lopsided = bell(rng, 0.02, count, 1, 1)
    x = x * (1 + lopsided * x / 14) * uniform(rng, 0.96, 1.08, count, 1, 1)

    images = np.zeros((count, 28, 28), np.float32)
    for label, piece in enumerate(PIECES):
        mine = labels == label
        if not mine.any():
            continue
        picture = images[mine]
        for distance, tone in piece(x[mine], y[mine], parts[:, mine]):
            picture = blend(picture, tone, cover(distance))
        images[mine] = picture
    return images * fabric
