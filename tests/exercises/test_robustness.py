"""A bank of answers to the exercises of lesson 10b, right and wrong, each written in a style of its own."""

import numpy as np
from bank import *  # noqa: F403


def shift_by_padding(images, pixels):
    return np.pad(images, ((0, 0), (0, 0), (pixels, 0)))[:, :, : images.shape[2]]


def shift_by_roll(images, pixels):
    moved = np.roll(images, pixels, axis=-1)
    moved[..., :pixels] = 0
    return moved


def shift_by_loops(images, pixels):
    moved = []
    for image in images:
        moved.append([[0] * min(pixels, len(row)) + list(row[: max(len(row) - pixels, 0)]) for row in image])
    return moved


def shift_by_minus(images, pixels):
    canvas = np.zeros(images.shape)
    canvas[..., pixels:] = images[..., :-pixels]
    return canvas


def light_by_where(images, contrast, brightness):
    changed = images * contrast + brightness
    return np.where(changed > 1, 1, np.where(changed < 0, 0, changed))


def light_in_place(images, contrast, brightness):
    changed = images.astype("float32")
    changed *= contrast
    changed += brightness
    changed[changed < 0] = 0
    changed[changed > 1] = 1
    return changed


def cover_by_mask(images, top, left, size, value):
    rows, columns = np.mgrid[: images.shape[1], : images.shape[2]]
    inside = (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
    return np.where(inside, value, images)


def cover_by_loops(images, top, left, size, value):
    covered = images.tolist()
    for image in covered:
        for row in image[top : top + size]:
            row[left : left + size] = [value] * len(row[left : left + size])
    return covered


def cover_with(images, place, value):
    covered = np.array(images)
    covered[place] = value
    return covered


RIGHT = {
    "shift_right": [shift_by_padding, shift_by_roll, shift_by_loops],
    "change_light": [light_by_where, light_in_place, lambda x, c, b: np.minimum(np.maximum(c * x + b, 0), 1)],
    "cover": [cover_by_mask, cover_by_loops, lambda x, t, l, s, v: cover_with(x, np.s_[:, t : t + s, l : l + s], v)],
}
KNOWN = {
    "shift_right": {
        "to_the_left": lambda x, k: np.pad(x, ((0, 0), (0, 0), (0, k)))[:, :, k:],
        "wrapped": lambda x, k: np.concatenate([x[:, :, x.shape[2] - k :], x[:, :, : x.shape[2] - k]], axis=2),
        "downward": lambda x, k: np.pad(x, ((0, 0), (k, 0), (0, 0)))[:, : x.shape[1]],
        "first_axis": lambda x, k: x[np.arange(-k, len(x) - k) % len(x)],
        "border_repeated": lambda x, k: np.pad(x, ((0, 0), (0, 0), (k, 0)), mode="edge")[:, :, : x.shape[2]],
        "wider": lambda x, k: np.concatenate([np.zeros((*x.shape[:2], k)), x], axis=2),
        "minus_zero": shift_by_minus,
    },
    "change_light": {
        "not_cut": lambda x, c, b: x * c + b,
        "brightness_first": lambda x, c, b: ((x + b) * c).clip(0, 1),
        "cut_too_early": lambda x, c, b: (x * c).clip(0, 1) + b,
        "cut_twice": lambda x, c, b: ((x * c).clip(0, 1) + b).clip(0, 1),
        "around_gray": lambda x, c, b: ((x - 0.5) * c + 0.5 + b).clip(0, 1),
        "cut_above_only": lambda x, c, b: np.where(x * c + b > 1, 1, x * c + b),
        "cut_below_only": lambda x, c, b: np.where(x * c + b < 0, 0, x * c + b),
        "light_swapped": lambda x, c, b: light_by_where(x, b, c),
        "stretched": lambda x, c, b: (x * c - (x * c).min()) / np.ptp(x * c),
    },
    "cover": {
        "rows_for_columns": lambda x, t, l, s, v: cover_by_mask(x, l, t, s, v),
        "ends_at_size": lambda x, t, l, s, v: cover_with(x, np.s_[:, t:s, l:s], v),
        "one_too_large": lambda x, t, l, s, v: cover_with(x, np.s_[:, t : t + s + 1, l : l + s + 1], v),
        "first_image_only": lambda x, t, l, s, v: np.concatenate([cover_by_mask(x[:1], t, l, s, v), x[1:]]),
        "wrong_axes": lambda x, t, l, s, v: cover_with(x, np.s_[t : t + s, l : l + s], v),
        "value_added": lambda x, t, l, s, v: x + cover_by_mask(np.zeros(x.shape), t, l, s, v),
        "always_black": lambda x, t, l, s, v: cover_by_mask(x, t, l, s, 0.0),
        "all_but_the_square": lambda x, t, l, s, v: np.where(cover_by_mask(0 * x, t, l, s, 1) == 1, x, v),
        "around_the_place": lambda x, t, l, s, v: cover_by_mask(x, t - s // 2, l - s // 2, s, v),
    },
}
OTHER_WRONG = {
    "shift_right": [lambda x, k: x, lambda x, k: 0 * x, lambda x, k: None, lambda x, k: x[:, :, :-1]],
    "change_light": [lambda x, c, b: x, lambda x, c, b: 0 * x, lambda x, c, b: None, lambda x, c, b: np.clip(x, 0, 1)],
    "cover": [lambda x, t, l, s, v: x, lambda x, t, l, s, v: 0 * x, lambda x, t, l, s, v: x[:, t : t + s, l : l + s]],
}


def test_an_answer_that_writes_into_the_images_is_told_so():
    from cnnlab.exercises.engine import find

    def cover(images, top, left, size, value):
        images[:, top : top + size, left : left + size] = value
        return images

    verdict = find("cover").judge(cover)
    assert not verdict.right and "changes its argument images" in verdict.text
