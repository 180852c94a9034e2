"""Pictures as people bring them: arrays that hold one or several, and files."""

import difflib
import io
import math
import os
import pathlib
import struct
import warnings

import numpy as np

from .arithmetic import whole_number

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
_RAW = (".arw", ".cr2", ".cr3", ".crw", ".dng", ".nef", ".nrw", ".orf", ".raf", ".raw", ".rw2", ".srw")


# Arrays


def pictures(name, x, count=None):
    """The pictures in `x`: array (N, H, W) or (N, H, W, 3 or 4), or a list of such pictures where shapes or types differ.

    The one rule of the package for what is one picture and what are several. (H, W) is gray, (H, W, 1) too, (H, W, 3)
    is red, green and blue, (H, W, 4) these and the opacity; one more axis in front makes several. Rows of 784 are
    images of 28 × 28. Each part of a list is one picture. What can be read in two ways is an error that says what
    to write for each.

    Parameters
    ----------
    name : str
        What the errors call the argument.
    x : array, list of arrays, or image of Pillow
    count : "one", "several" or None
        What is wanted. None: either.
    """
    array = _array_or_list(name, x)
    if isinstance(array, list):
        found = [pictures(f"{name}[{place}]", one, "one")[0] for place, one in enumerate(array)]
        if count == "one" and len(found) != 1:
            raise ValueError(f"`{name}` must be one picture; got a list of {len(found)}. Take one of them: {name}[0].")
        alike = len({one.shape for one in found}) == 1 and (count == "several" or len({one.dtype for one in found}) == 1)
        return np.stack(found) if alike else found
    if array.size == 0:
        raise ValueError(f"`{name}` is empty: shape {array.shape}. There is nothing to show.")
    reader = {1: _from_row, 2: _from_matrix, 3: _from_three_axes, 4: _from_four_axes}.get(array.ndim)
    found = reader(name, array, count) if reader else None
    if found is None:
        hint = " A picture has rows and columns." if array.ndim < 2 else ""
        fits = {
            "one": "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)",
            "several": "(N, H, W), (N, H, W, 1), (N, H, W, 3) or (N, H, W, 4)",
            None: "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4), or several of them, (N, H, W, …)",
        }[count]
        raise ValueError(f"`{name}` must have shape {fits}; got {array.shape}.{hint}")
    if count == "one" and len(found) != 1:
        raise ValueError(
            f"`{name}` must be one picture; shape {array.shape} holds {len(found)}. Take one of them: {name}[0]."
        )
    return found


def one_picture(name, x):
    """The one picture in `x`, of shape (H, W), (H, W, 3) or (H, W, 4), by the same rule."""
    return pictures(name, x, "one")[0]


def as_numbers(x):
    """Pillow's images as arrays, as they look; anything else as it is."""
    return np.asarray(as_it_looks(x)) if _is_pillow(x) else x


def channels_first(array):
    """Whether a picture of this shape has its channels in front, as in PyTorch."""
    return array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[-1] not in (1, 3, 4)


def on_white(name, picture):
    """A picture of shape (H, W, 4) as it looks on white paper: (H, W, 3). Others as they are."""
    if picture.ndim != 3 or picture.shape[-1] != 4:
        return picture
    colors, opacity = picture[..., :3].astype(float), picture[..., 3:].astype(float)
    white = 255.0 if picture.dtype.kind in "iu" or np.nanmax(picture) > 1 else 1.0
    if not (opacity.min() >= 0 and opacity.max() <= white):
        raise ValueError(
            f"`{name}` has four channels: the last is the opacity, from 0 to 1, or to 255 for integers. These go from "
            f"{opacity.min():.3g} to {opacity.max():.3g}. Are they feature maps? plots.show_feature_maps shows those."
        )
    share = opacity / white
    mixed = colors * share + white * (1 - share)
    return np.round(mixed).astype(picture.dtype) if picture.dtype.kind in "iu" else mixed.astype(picture.dtype)


def _array_or_list(name, x):
    """`x` as an array of numbers; as a list, if its parts are pictures of their own."""
    x = as_numbers(x)
    if hasattr(x, "__next__"):
        x = list(x)
    if isinstance(x, (list, tuple)) and any(_is_pillow(part) or _axes(part) >= 2 for part in x):
        return list(x)
    file = " A picture in a file is read by cnnlab.utils.load_img." if isinstance(x, (str, os.PathLike)) else ""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"`{name}` must hold numbers in rows of equal length; these differ.") from None
    if array.dtype.kind not in "fiub" and array.size or x is None:
        got = f"numbers of type {array.dtype}" if array.dtype.kind == "c" else _called(x, array)
        raise TypeError(f"`{name}` must be an array of real numbers, or a list of such arrays; got {got}.{file}")
    return array


def _axes(part):
    try:
        return np.ndim(part)
    except ValueError:  # rows of different lengths
        return 2


def _called(x, array):
    return f"an array of type {array.dtype}" if isinstance(x, np.ndarray) else repr(x)[:60]


def _is_pillow(x):
    return hasattr(x, "getbands") and hasattr(x, "convert")


def _from_row(name, row, count):
    """784 numbers are a picture of 28 × 28; so are other squares from 8 × 8 on."""
    side = math.isqrt(len(row))
    if side * side == len(row) and side >= 8:
        return row.reshape(1, side, side)
    if len(row) == 3072:
        return _ask(name, row.shape, _cifar(name, "-1"))


def _from_matrix(name, matrix, count):
    rows, columns = matrix.shape
    side = math.isqrt(columns)
    square = side * side == columns
    strange = not columns / 2 <= rows <= 2 * columns  # for a picture
    if columns == 784 and strange or square and count == "several":
        return matrix.reshape(rows, side, side)
    if columns == 3072 and (strange or count == "several") and (count != "one" or rows > 1):
        return _ask(name, matrix.shape, {"one gray picture": f"{name}[None]"} | _cifar(name, rows))
    if square and side >= 8 and (strange or columns == 784) and count is None:
        ways = {
            f"one gray picture, {rows} by {columns}": f"{name}[None]",
            f"{rows} images of {side} by {side}, each in a row": f"{name}.reshape(-1, {side}, {side})",
        }
        return _ask(name, matrix.shape, ways)
    return None if count == "several" else matrix[np.newaxis]


def _cifar(name, count):
    return {"rows of CIFAR-10, 32 by 32 in color": f"{name}.reshape({count}, 3, 32, 32).transpose(0, 2, 3, 1)"}


def _from_three_axes(name, x, count):
    first, second, last = x.shape
    gray = {f"{first} gray images of {second} by {last}": f"{name}[..., None]"}
    if count == "several":
        return x
    if last == 1:
        return x[np.newaxis, :, :, 0]
    if first == 1 and last not in (3, 4):
        return x
    if last == 3:
        if second != 3 or count == "one":
            return x[np.newaxis]
        return _ask(name, x.shape, {f"one color picture, {first} by {second}": f"{name}[None]"} | gray)
    if last == 4:
        if count == "one" or second != 4 and _has_opacity(x):
            return x[np.newaxis]
        return _ask(name, x.shape, {f"one RGBA picture, {first} by {second}": f"{name}[None]"} | gray)
    color = {f"one color picture, {second} by {last}, with its channels first": f"np.moveaxis({name}, 0, -1)"}
    if first == 3 and min(second, last) > 4 and (count == "one" or (second, last) != (28, 28)):  # MNIST is gray
        return _ask(name, x.shape, color | ({"one of three gray images": f"{name}[0]"} if count == "one" else gray))
    if last == 2 and second > 4:
        one = {f"one gray picture, {first} by {second}, without its opacity": f"{name}[..., 0]"}
        return _ask(name, x.shape, one | gray)
    if first == second != last:
        maps = "one of them" if count == "one" else "side by side"
        ways = {f"{last} channels of {first} by {second}, {maps}":
                f"{name}[..., 0]" if count == "one" else f"plots.show_feature_maps({name})"}  # fmt: skip
        return _ask(name, x.shape, ways | ({f"one of {first} gray images": f"{name}[0]"} if count == "one" else gray))
    return x


def _has_opacity(x):
    """Whether the fourth channel is an opacity: 0 to 255 in bytes, or 0 to 1, and 1 somewhere."""
    if x.dtype == np.uint8:
        return True
    return x.dtype.kind == "f" and bool(np.all((x >= 0) & (x <= 1))) and x[..., 3].max() == 1


def _from_four_axes(name, x, count):
    if x.shape[-1] == 1:
        return x[..., 0]
    if x.shape[-1] in (3, 4):
        return x
    if x.shape[1] == 1:
        return x[:, 0]
    if x.shape[1] in (3, 4):
        return _ask(name, x.shape, {"color pictures with their channels first": f"np.moveaxis({name}, 1, -1)"})


def _ask(name, shape, ways):
    """Raise: what the array may be, and what to write for each."""
    if len(ways) == 1:
        [(what, code)] = ways.items()
        raise ValueError(f"`{name}` of shape {shape} looks like {what}. Write {code}.")
    told = "; ".join(f"for {what}, write {code}" for what, code in ways.items())
    raise ValueError(f"`{name}` of shape {shape} can be read in two ways: {told}.")


# Files


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """A picture from a file, as it looks: an image of Pillow with 8 bits for each of its colors.

    `np.array(load_img("dog.jpg"))` is an array of uint8, shape (H, W, 3). Unlike `keras.utils.load_img`, this one turns
    photos upright as their EXIF note says, puts what is transparent on white, makes 8 bits of 16 (by 257, instead
    of cutting them off), and takes `bytes` for the content of a file. Of an animation it gives the first picture.

    Parameters
    ----------
    path : str or Path, bytes, or file
        Where the file lies; or what it holds, such as the content of an upload; or an open file.
    color_mode : "rgb", "rgba" or "grayscale"
        "rgba" keeps the opacity. The arrays have shapes (H, W, 3), (H, W, 4) and (H, W).
    target_size : (height, width), optional
        Scale to this size, in pixels.
    interpolation : "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos"
        How to scale.
    keep_aspect_ratio : bool
        Cut the largest part of the wanted proportions from the middle first, instead of stretching.

    Raises
    ------
    FileNotFoundError
        If there is no such file. It names files beside it that are called alike.
    ValueError
        If the file cannot be read; it says what to do, such as how to convert HEIC.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("LA", (3, 2), (0, 0)).save(file, "png")  # black, and wholly transparent
    >>> load_img(file.getvalue()).getpixel((0, 0))
    (255, 255, 255)
    """
    from PIL import Image

    if color_mode not in tuple(_MODES):
        raise ValueError(f"`color_mode` must be one of {', '.join(map(repr, _MODES))}; got {color_mode!r}.")
    if interpolation not in _INTERPOLATIONS:
        known = ", ".join(map(repr, _INTERPOLATIONS))
        raise ValueError(f"`interpolation` must be one of {known}; got {interpolation!r}.")
    size = _check_size(target_size)
    data, called = _content(path)
    image = _decoded(data, called)
    image = image.convert("RGBA") if color_mode == "rgba" else _flat(image).convert(_MODES[color_mode])
    if size is None or image.size == size[::-1]:
        return image
    box = _middle(image.size, size[::-1]) if keep_aspect_ratio else None
    return image.resize(size[::-1], Image.Resampling[interpolation.upper()], box=box)


def img_to_array(img, data_format=None, dtype=None):
    """An image of Pillow as an array of float32, shape (H, W, 3), (H, W, 4) or (H, W, 1), as in `keras.utils`.

    Parameters
    ----------
    img : image of Pillow, as `load_img` gives it
    data_format : None or "channels_last"
    dtype : optional
        Another type than float32.

    >>> from PIL import Image
    >>> img_to_array(Image.new("L", (3, 2))).shape
    (2, 3, 1)
    """
    from .ops._arguments import check_data_format

    check_data_format(data_format)
    if not _is_pillow(img) and not isinstance(img, np.ndarray):
        raise TypeError(f"`img` must be an image of Pillow, as load_img gives it; got {type(img).__name__}.")
    array = np.asarray(img, dtype or np.float32)
    if array.ndim not in (2, 3):
        raise ValueError(f"`img` must be one picture, (H, W) or (H, W, channels); got shape {array.shape}.")
    return array if array.ndim == 3 else array[..., np.newaxis]


def as_it_looks(image):
    """An image of Pillow of any mode as one of mode "L", "RGB" or "RGBA", upright."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode == "I" or image.mode.startswith("I;16"):  # 16 bits, of which 65535 is white
        return Image.fromarray(_eight_bits(np.asarray(image), 65535))
    if image.mode == "F":
        values = np.asarray(image)
        return Image.fromarray(_eight_bits(values, 1 if np.nanmax(values) <= 1 else 255))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(values, white):
    values = values.astype(float)
    if not (values.min() >= 0 and values.max() <= white):  # NaN too
        raise ValueError(
            f"it holds numbers from {values.min():.3g} to {values.max():.3g}, not grays from 0 to {white}. "
            "Read them as numbers, np.array(PIL.Image.open(file)), and scale them yourself."
        )
    return np.round(values / white * 255).astype(np.uint8)


def _flat(image):
    """On white paper, if some of it is transparent."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _check_size(size):
    if size is None:
        return None
    try:
        height, width = (whole_number("target_size", length, at_least=1) for length in size)
    except (TypeError, ValueError):
        raise ValueError(f"`target_size` must be (height, width) in pixels, or None; got {size!r}.") from None
    return height, width


def _middle(size, wanted):
    """The largest box of the wanted proportions in the middle, as Keras cuts it: left, top, right, bottom."""
    (width, height), (to_width, to_height) = size, wanted
    crop_width, crop_height = min(width, height * to_width // to_height), min(height, width * to_height // to_width)
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def _content(path):
    """What the file holds, and what errors call it."""
    if isinstance(path, (bytes, bytearray, memoryview)):
        return bytes(path), "the upload"
    if hasattr(path, "read"):
        data = path.read()
        if not isinstance(data, bytes):
            raise ValueError("`path` is a file opened as text. Open it with open(name, 'rb').")
        return data, "the file"
    if not isinstance(path, (str, os.PathLike)):
        given = "an array or an image already" if isinstance(path, np.ndarray) or _is_pillow(path) else repr(path)[:60]
        raise TypeError(f"`path` must be the name of a file, its content as bytes, or an open file; got {given}.")
    text = os.fspath(path)
    if isinstance(text, str) and "://" in text:
        raise ValueError(
            f"`path` is an address, {text!r}, and load_img reads files. Save the picture from your browser, and "
            "put it beside the notebook."
        )
    path = pathlib.Path(text)
    if not text or path.is_dir():
        raise ValueError(f"`path` must be the name of a picture's file; {text!r} is a folder.")
    if not path.is_file():
        beside = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
        alike = {each.lower(): each for each in beside}
        near = [alike[each] for each in difflib.get_close_matches(path.name.lower(), alike, n=3, cutoff=0.5)]
        found = f" There is {' and '.join(map(repr, near))}." if near else " In JupyterLab, drag it into the file list."
        raise FileNotFoundError(f"`path`: there is no file {text!r} here.{found}")
    return path.read_bytes(), repr(path.name)


def _decoded(data, called):
    """The picture, as it looks."""
    from PIL import Image

    why = _unreadable(data, called)
    if why:
        raise ValueError(f"`path`: {called} {why}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd notes in a file; of its size, see below
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
            image.load()
            return as_it_looks(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        most = Image.MAX_IMAGE_PIXELS // 1_000_000
        raise ValueError(
            f"`path`: {called} has more than {most} million pixels. Opened, it could fill the memory. "
            "Make a smaller copy with the program that shows your photos."
        ) from None
    except Image.UnidentifiedImageError:
        raise ValueError(
            f"`path`: {called} is not a picture that can be read here. Open it in the program that shows your "
            "photos, and export it as JPEG or PNG."
        ) from None
    except ValueError as error:
        raise ValueError(f"`path`: {called}: {error}") from None
    except (OSError, SyntaxError, EOFError, TypeError, IndexError, KeyError, OverflowError, struct.error):
        raise ValueError(
            f"`path`: {called} begins like a picture, but it is damaged or cut off. Copy or download it again."
        ) from None


def _unreadable(data, called):
    """What to do with a file that is no picture for us; None if nothing is known against it."""
    start = data[:512].lstrip().lower()
    brand = data[8:12]
    if not data:
        return "is empty: 0 bytes. Copy or download it again."
    if called.strip("'\"").lower().endswith(_RAW):
        return "is a camera's raw file. Export it as JPEG with the camera's program, and read that."
    if data[4:8] == b"ftyp" and brand not in (b"avif", b"avis"):
        if brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"):
            return (
                "is HEIC, the format of iPhones, which is not read here. On a Mac, open it in Preview and choose "
                "File > Export > JPEG; on Windows, open it in Photos and choose Save as; on the iPhone, "
                "Settings > Camera > Formats > Most Compatible makes new photos JPEG."
            )
        return "is a video or a camera's raw file. Take a still picture from it, as JPEG or PNG."
    if start.startswith(b"%pdf"):
        return "is a PDF. Open it, and export the page, or a screenshot of it, as PNG."
    if start.startswith((b"<!doctype html", b"<html")):
        return "is a web page, not a picture. On the page, right-click the picture and choose Save image as."
    if start.startswith(b"<svg") or start.startswith((b"<?xml", b"<!--")) and b"<svg" in data[:4096].lower():
        return "is SVG: a drawing, without pixels. Open it in a browser, and take a screenshot, or export it as PNG."
    if b"\0" not in data[:512] and all(byte >= 32 or byte in b"\t\n\r\f" for byte in data[:512]) and not (
        data[:1] == b"P" and data[1:2] in b"1234567fF"  # pictures that are written as text
    ) and b"#define" not in data[:512] and not data.startswith((b"/* XPM", b"%!PS")):  # fmt: skip
        return "is a text, not a picture."
    return None
