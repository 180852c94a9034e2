"""Pictures as people bring them: which arrays are one, and files of many kinds."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from cnnlab import plots, utils
from cnnlab._pictures import on_white, one_picture, pictures

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (28, 28), np.uint8)
RGBA = RANDOM.integers(0, 256, (28, 30, 4), np.uint8)


def numbers(*shape):
    return RANDOM.normal(size=shape)


# What is one picture, and what are several


@pytest.mark.parametrize(
    "x, shape",
    [
        (GRAY, (1, 28, 28)),
        (GRAY.tolist(), (1, 28, 28)),
        (GRAY[..., None], (1, 28, 28)),
        (GRAY[None], (1, 28, 28)),
        (numbers(28, 30, 3), (1, 28, 30, 3)),
        (RGBA, (1, 28, 30, 4)),
        (RGBA / 255, (1, 28, 30, 4)),  # as plt.imread reads PNG
        (RGBA[None], (1, 28, 30, 4)),
        (RGBA[..., None], (28, 30, 4)),
        (numbers(5, 28, 30), (5, 28, 30)),
        (numbers(3, 28, 28), (3, 28, 28)),  # no set of 28 × 28 is in color
        (numbers(5, 28, 30, 1), (5, 28, 30)),
        (numbers(5, 1, 28, 30), (5, 28, 30)),  # of PyTorch
        (numbers(5, 28, 30, 3), (5, 28, 30, 3)),
        (GRAY.ravel(), (1, 28, 28)),
        (numbers(9, 784), (9, 28, 28)),
        (numbers(60, 64), (1, 60, 64)),
        ([GRAY, GRAY + 1], (2, 28, 28)),
        ([GRAY.ravel()] * 2, (2, 28, 28)),
        (Image.fromarray(RGBA), (1, 28, 30, 4)),
        ([Image.fromarray(GRAY)], (1, 28, 28)),
    ],
)
def test_it_is_seen_what_an_array_holds(x, shape):
    assert np.shape(pictures("x", x)) == shape


def test_the_pixels_stay_where_they_are():
    for x in (GRAY.ravel(), GRAY[None, :, :, None], GRAY[None, None], GRAY.reshape(1, 784), Image.fromarray(GRAY)):
        np.testing.assert_array_equal(pictures("x", x)[0], GRAY)
    np.testing.assert_array_equal(pictures("x", RGBA[None])[0], RGBA)
    np.testing.assert_array_equal(pictures("x", RGBA[..., None])[3], RGBA[3])


@pytest.mark.parametrize(
    "x, first, second",
    [
        (numbers(28, 28, 4), "one RGBA picture, 28 by 28, write x[None]", "28 gray images of 28 by 4, write x[..., None]"),
        (numbers(3, 32, 32), "channels first, write np.moveaxis(x, 0, -1)", "3 gray images of 32 by 32, write x[..., None]"),
        (numbers(32, 3, 3), "one color picture, 32 by 3, write x[None]", "32 gray images of 3 by 3, write x[..., None]"),
        (numbers(26, 26, 8), "plots.show_feature_maps(x)", "26 gray images of 26 by 8, write x[..., None]"),
        (numbers(20, 30, 2), "without its opacity, write x[..., 0]", "20 gray images of 30 by 2, write x[..., None]"),
        (numbers(600, 784), "one gray picture, 600 by 784, write x[None]", "600 images of 28 by 28, each in a row, write x."),
        (numbers(5, 64), "one gray picture, 5 by 64, write x[None]", "5 images of 8 by 8, each in a row, write x.reshape"),
        (numbers(4, 3072), "one gray picture, write x[None]", "x.reshape(4, 3, 32, 32).transpose(0, 2, 3, 1)"),
        (numbers(5, 3, 32, 32), "channels first", "Write np.moveaxis(x, 1, -1)"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_asked_and_the_advice_works(x, first, second):
    with pytest.raises(ValueError) as caught:
        pictures("x", x)
    assert first in str(caught.value) and second in str(caught.value)
    for code in ("x[None]", "x[..., None]", "x[..., 0]", "np.moveaxis(x, 0, -1)", "np.moveaxis(x, 1, -1)"):
        if f"rite {code}" in str(caught.value):
            assert len(pictures("x", eval(code, {"x": x, "np": np}))) in (1, len(x))


def test_one_picture_is_asked_for():
    for x in (GRAY, GRAY[None], GRAY[..., None], GRAY.ravel(), [GRAY]):
        np.testing.assert_array_equal(one_picture("image", x), GRAY)
    assert one_picture("image", numbers(28, 28, 4)).shape == (28, 28, 4)
    with pytest.raises(ValueError, match=r"`image` must be one picture; shape \(5, 8, 9\) holds 5. Take .*image\[0\]"):
        one_picture("image", numbers(5, 8, 9))
    with pytest.raises(ValueError, match=r"channels first, write np.moveaxis\(image, 0, -1\).*write image\[0\]"):
        one_picture("image", numbers(3, 28, 28))


def test_transparent_lies_on_white():
    clear, half = [[[0, 0, 0, 0], [200, 0, 100, 128]]], 128 / 255
    wanted = [[255, 255, 255], [200 * half + 255 * (1 - half), 255 * (1 - half), 100 * half + 255 * (1 - half)]]
    for image in (np.array(clear, np.uint8), np.array(clear) / 255):
        white = 255 if image.dtype == np.uint8 else 1
        np.testing.assert_allclose(on_white("x", image)[0] * (255 / white), wanted, atol=0.5 if white == 255 else 1e-6)
    with pytest.raises(ValueError, match="the last is the opacity.*Are they feature maps"):
        on_white("x", numbers(5, 5, 4))
    picture = plots.show_images(np.array(clear, np.uint8))
    assert "What is transparent lies on white." in picture.alt
    np.testing.assert_allclose(picture.figure.axes[0].images[0].get_array()[0, 0], 1)


# Files


def file_of(image, format="png", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


COLORS = RANDOM.integers(0, 256, (5, 7, 3), np.uint8)


def read(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.array(utils.load_img(data, **options))


def test_a_plain_picture_is_read_exactly_from_wherever_it_comes(tmp_path):
    data = file_of(Image.fromarray(COLORS))
    path = tmp_path / "my dog.png"
    path.write_bytes(data)
    for given in (data, bytearray(data), memoryview(data), io.BytesIO(data), path, str(path), path.open("rb")):
        pixels = read(given)
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, COLORS)


def test_sixteen_bits_are_scaled_by_257():
    deep = np.array([[0, 257, 128, 129, 65535, 30000]], np.uint16)
    wanted = [0, 1, 0, 1, 255, 117]  # 30000 / 257 = 116.7
    for format in ("png", "tiff"):
        pixels = read(file_of(Image.fromarray(deep), format))
        np.testing.assert_array_equal(pixels, np.repeat(np.array([wanted], np.uint8)[..., None], 3, axis=2))
    pixels = read(file_of(Image.fromarray(deep.astype(np.int32)), "tiff"))  # mode I
    np.testing.assert_array_equal(pixels[0, :, 0], wanted)
    share = read(file_of(Image.fromarray(np.array([[0, 0.5, 1]], np.float32)), "tiff"))  # mode F
    np.testing.assert_array_equal(share[0, :, 0], [0, 128, 255])


def test_palettes_bits_and_gray():
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "L").convert("P")
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    np.testing.assert_array_equal(read(file_of(palette))[0], [[10, 20, 30], [40, 50, 60], [70, 80, 90]])
    np.testing.assert_array_equal(read(file_of(palette, transparency=1))[0], [[10, 20, 30], [255] * 3, [70, 80, 90]])
    bits = Image.fromarray(np.array([[0, 255, 0]], np.uint8)).convert("1")
    np.testing.assert_array_equal(read(file_of(bits), color_mode="grayscale"), [[0, 255, 0]])
    np.testing.assert_array_equal(read(file_of(Image.fromarray(COLORS[..., 0]))), np.repeat(COLORS[..., :1], 3, axis=2))


def test_transparency_of_every_kind_lies_on_white():
    la = Image.fromarray(np.array([[[0, 0], [0, 255], [0, 51]]], np.uint8), "LA")
    np.testing.assert_array_equal(read(file_of(la))[0, :, 0], [255, 0, 204])  # a fifth of black
    np.testing.assert_array_equal(read(file_of(la), color_mode="grayscale"), [[255, 0, 204]])
    np.testing.assert_array_equal(read(file_of(la), color_mode="rgba")[0, :, 3], [0, 255, 51])
    one = Image.fromarray(np.array([[[9, 9, 9], [8, 8, 8]]], np.uint8))
    np.testing.assert_array_equal(read(file_of(one, transparency=(9, 9, 9)))[0, :, 0], [255, 8])
    gray = Image.fromarray(np.array([[9, 8]], np.uint8))
    np.testing.assert_array_equal(read(file_of(gray, transparency=9))[0, :, 0], [255, 8])


def test_inks_and_other_spaces_are_those_of_pillow():
    image = Image.fromarray(RANDOM.integers(0, 256, (8, 8, 4), np.uint8), "CMYK")
    for format in ("jpeg", "tiff"):
        data = file_of(image, format)
        np.testing.assert_array_equal(read(data), np.array(Image.open(io.BytesIO(data)).convert("RGB")))
    black = read(file_of(Image.new("CMYK", (1, 1), (0, 0, 0, 255)), "tiff"))
    np.testing.assert_array_equal(black, [[[0, 0, 0]]])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_stand_upright(orientation):
    """The note says how the pixels lie in the file; by hand, what undoes it."""
    undo = {1: lambda x: x, 2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud, 5: lambda x: x.swapaxes(0, 1),
            6: lambda x: np.rot90(x, -1), 7: lambda x: np.rot90(x, 2).swapaxes(0, 1), 8: np.rot90}[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(read(file_of(Image.fromarray(COLORS), exif=exif)), undo(COLORS))


def test_of_an_animation_the_first_picture():
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    data = file_of(frames[0], "gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read(data)[0, 0], [255, 0, 0])


def test_scaled_and_in_other_modes_as_keras_does():
    import keras

    data = file_of(Image.fromarray(COLORS))
    for mode in ("rgb", "rgba", "grayscale"):
        for size in (None, (4, 6), [3, 9], (np.int64(9), np.uint8(5))):
            for way in ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"):
                for keep in (False, True):
                    ours = utils.load_img(data, mode, size, way, keep)
                    size_ = size and tuple(map(int, size))
                    theirs = keras.utils.load_img(io.BytesIO(data), mode, size_, way, keep)
                    np.testing.assert_array_equal(np.array(ours), np.array(theirs))
        wanted = keras.utils.img_to_array(theirs)
        np.testing.assert_array_equal(utils.img_to_array(ours), wanted)
        assert utils.img_to_array(ours).dtype == wanted.dtype


def cut(data):
    return data[: len(data) * 2 // 3]


NOISE = file_of(Image.fromarray(RANDOM.integers(0, 256, (40, 40, 3), np.uint8)))


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(40), "is HEIC, the format of iPhones.*Export"),
        ("a.heif", b"\0\0\0\x18ftypmif1" + bytes(40), "is HEIC"),
        ("a.jpg", b"\0\0\0\x18ftypheic" + bytes(40), "is HEIC"),  # renamed
        ("a.mov", b"\0\0\0\x14ftypqt  " + bytes(40), "is a video.*still picture"),
        ("a.pdf", b"%PDF-1.7\n\x93\x8c" + bytes(40), "is a PDF.*as PNG"),
        ("a.svg", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>', "is SVG.*export it as PNG"),
        ("a.svg", b"<svg></svg>", "is SVG"),
        ("a.jpg", b"\n<!DOCTYPE html><html>", "is a web page.*Save image as"),
        ("a.CR2", b"II*\0\x10\0\0\0CR\x02\0" + bytes(40), "is a camera's raw file. Export it as JPEG"),
        ("a.png", b"", "is empty: 0 bytes"),
        ("a.jpg", "Hüte, not a picture\n".encode(), "is a text"),
        ("a.jpg", bytes(range(256)) * 4, "is not a picture that can be read here.*export it as JPEG or PNG"),
        ("a.png", cut(NOISE), "is damaged or cut off.*again"),
        ("a.jpg", cut(file_of(Image.open(io.BytesIO(NOISE)), "jpeg")), "is damaged or cut off"),
        ("a.tif", file_of(Image.fromarray(np.array([[-3.0, 9]], np.float32)), "tiff"), "numbers from -3 to 9"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(name, data, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"(?s)`path`: '{name}'.*{words}"):
        utils.load_img(path)
    if not name.endswith("CR2"):
        with pytest.raises(ValueError, match=f"(?s)`path`: the upload.*{words}"):
            utils.load_img(data)


def test_a_picture_that_would_fill_the_memory_is_not_opened():
    idat = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    for size in (60_000, 11_000):  # Pillow refuses the one, and warns of the other
        head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
        chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
        with pytest.raises(ValueError, match="has more than 89 million pixels.*smaller copy"):
            utils.load_img(b"\x89PNG\r\n\x1a\n" + chunk + idat)


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "My-Dog.JPG").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match=r"`path`: there is no file '.*my-dog.jpeg' here. There is 'My-Dog.JPG'."):
        utils.load_img(tmp_path / "my-dog.jpeg")
    with pytest.raises(FileNotFoundError, match="drag it into the file list"):
        utils.load_img(tmp_path / "nothing" / "alike.png")
    for bad, kind, words in [
        ("https://example.org/dog.jpg", ValueError, "`path` is an address.*Save the picture from your browser"),
        (tmp_path, ValueError, "is a folder"),
        ("", ValueError, "is a folder"),
        (None, TypeError, "`path` must be the name of a file.*got None"),
        (COLORS, TypeError, "got an array or an image already"),
        (Image.fromarray(COLORS), TypeError, "got an array or an image already"),
        (3, TypeError, "got 3"),
        (io.StringIO("text"), ValueError, "opened as text.*'rb'"),
    ]:
        with pytest.raises(kind, match=words):
            utils.load_img(bad)


def test_bad_settings_are_named():
    data = file_of(Image.fromarray(COLORS))
    for options, words in [
        (dict(color_mode="gray"), "`color_mode` must be one of 'rgb', 'rgba', 'grayscale'; got 'gray'"),
        (dict(target_size=32), r"`target_size` must be \(height, width\) in pixels, or None; got 32"),
        (dict(target_size=(0, 3)), "`target_size`"),
        (dict(interpolation="fast"), "`interpolation` must be one of 'nearest'"),
        (dict(color_mode=None), "`color_mode`"),
        (dict(interpolation=["box"]), "`interpolation`"),
    ]:
        with pytest.raises(ValueError, match=words):
            utils.load_img(data, **options)
    with pytest.raises(TypeError, match="`img` must be an image of Pillow"):
        utils.img_to_array("dog.jpg")
    with pytest.raises(ValueError, match="`data_format`"):
        utils.img_to_array(Image.fromarray(COLORS), "channels_first")
