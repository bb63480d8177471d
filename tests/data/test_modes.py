"""Pictures of every mode: pixels as the formats define them, upright and over white;
what is neither bytes nor said is an error."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data import images
from netspec.data.images import Reading, read_image
from netspec.data.modes import Depth, to_bytes
from netspec.diagnostics import Fault
from netspec.settings import Data, steps

RAMP = np.arange(0, 252, 12, dtype=np.uint8).reshape(3, 7)


def png(path: Path, rows: np.ndarray, bits: int, kind: int, *chunks: tuple[bytes, bytes]) -> Path:
    """A PNG written by its own rules: ``rows`` are the bytes of each row, ``kind`` 0 grey, 2 colour, 3 palette,
    4 grey and alpha, 6 all."""
    size = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind] * bits
    head = struct.pack(">IIBBBBB", rows.shape[1] * 8 // size, len(rows), bits, kind, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    result = b"\x89PNG\r\n\x1a\n"
    for name, content in ((b"IHDR", head), *chunks, (b"IDAT", body), (b"IEND", b"")):
        result += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    path.write_bytes(result)
    return path


def tiff(path: Path, numbers: np.ndarray, sample_format: int) -> Path:
    """A grey TIFF of one strip, little-endian."""
    tags = [(256, 4, numbers.shape[1]), (257, 4, numbers.shape[0]), (258, 3, numbers.itemsize * 8), (259, 3, 1),
     (262, 3, 1),
            (273, 4, 200), (277, 3, 1), (278, 4, numbers.shape[0]), (279, 4, numbers.nbytes),
             (339, 3, sample_format)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    path.write_bytes(head.ljust(200, b"\0") + numbers.astype(numbers.dtype.newbyteorder("<")).tobytes())
    return path


@pytest.mark.parametrize(
    ("bits", "clear", "rows", "expected"),
    [  # the grey value that tRNS names is transparent, in the file's own bits
        (1, 0, [[0b01010000]], [255, 255, 255, 255, 255, 255, 255, 255]),
        (1, 1, [[0b01010000]], [0, 255, 0, 255, 0, 0, 0, 0]),
        (2, 1, [[0b00011011]], [0, 255, 170, 255]),
        (4, 9, [[0x09], [0x3F]], [0, 255, 51, 255]),
        (8, 10, [[9, 10, 11]], [9, 255, 11]),
        (16, 0x0AFF, [[0x0A, 0xFF, 0x0A, 0xFE, 0x0B, 0x00]], [255, 10, 11]),
    ],
)
def test_a_transparent_grey_value(
    bits: int, clear: int, rows: list[list[int]], expected: list[int], tmp_path: Path
) -> None:
    path = png(tmp_path / "a.png", np.array(rows, np.uint8), bits, 0, (b"tRNS", struct.pack(">H", clear)))
    assert read_image(path).ravel().tolist() == expected


@pytest.mark.parametrize(
    ("bits", "kind", "rows", "clear", "expected"),
    [
        (8, 2, [[1, 2, 3, 1, 2, 4]], b"\0\1\0\2\0\3", [[255, 255, 255], [1, 2, 4]]),
        (16, 2, [[1, 9, 2, 9, 3, 9, 1, 9, 2, 9, 4, 9]], b"\1\x09\2\x09\3\x09", [[255, 255, 255], [1, 2, 4]]),
        (8, 4, [[100, 255, 100, 0, 0, 51]], b"", [[100], [255], [204]]),
        (8, 6, [[10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 51]], b"", [[10, 20, 30], [255, 255, 255], [204, 204, 204]]),
        (16, 4, [[100, 7, 255, 255, 100, 7, 0, 0]], b"", [[100], [255]]),
    ],
)
def test_transparent_parts_lie_over_white(
    bits: int, kind: int, rows: list[list[int]], clear: bytes, expected: list[list[int]], tmp_path: Path
) -> None:
    path = png(tmp_path / "a.png", np.array(rows, np.uint8), bits, kind, *([(b"tRNS", clear)] if clear else []))
    assert read_image(path)[0].tolist() == expected


def test_a_palette_with_transparent_entries(tmp_path: Path) -> None:
    chunks = ((b"PLTE", bytes([9, 8, 7, 0, 0, 0, 50, 60, 70])), (b"tRNS", bytes([255, 51, 0])))
    assert read_image(png(tmp_path / "a.png", np.array([[0, 1, 2]], np.uint8), 8, 3, *chunks))[0].tolist() == [
        [9, 8, 7],
        [204] * 3,
        [255] * 3,
    ]
    assert read_image(png(tmp_path / "b.png", np.array([[0, 1, 2]], np.uint8), 8, 3, chunks[0]))[0].tolist() == [
        [9, 8, 7],
        [0, 0, 0],
        [50, 60, 70],
    ]


def result(mode: str, *bands: int) -> Image.Image:
    return Image.frombytes(mode, (1, 1), bytes(bands))


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("1", (1, 1), 1), [255]), (result("L", 77), [77]), (result("LA", 0, 51), [204]),
         (result("La", 20, 51), [224]),
        (result("RGB", 1, 2, 3), [1, 2, 3]), (result("RGBA", 0, 255, 0, 51), [204, 255, 204]),
         (result("RGBa", 0, 51, 0, 51), [204, 255, 204]),
        (result("RGBX", 1, 2, 3, 0), [1, 2, 3]), (result("CMYK", 0, 255, 0, 0), [255, 0, 255]),
         (result("CMYK", 0, 0, 0, 255), [0, 0, 0]),
        (result("YCbCr", 90, 128, 128), [90, 90, 90]), (result("HSV", 0, 255, 200), [200, 0, 0]),
         (result("LAB", 255, 0, 0), [254, 255, 254]),
        (result("I;16", 0xFF, 0x12), [0x12]), (result("I;16B", 0x12, 0xFF), [0x12]),
         (Image.new("P", (1, 1), (5, 6, 7)), [5, 6, 7]),
        (Image.new("P", (1, 1), (5, 6, 7)).convert("PA"), [5, 6, 7]),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)  # fmt: skip
def test_every_mode_has_its_pixel(picture: Image.Image, expected: list[int]) -> None:
    assert (
        to_bytes(picture, Depth.of(picture), None)[0, 0].tolist() == expected
    )  # of LAB by littlecms, whose white is a step off


def test_wide_numbers_of_0_to_255_are_taken_as_they_are(tmp_path: Path) -> None:
    for kind, sample_format in (("u4", 1), ("i4", 2), ("f4", 3)):
        np.testing.assert_array_equal(
            read_image(tiff(tmp_path / "a.tif", RAMP.astype(kind), sample_format))[..., 0], RAMP
        )
    np.testing.assert_array_equal(read_image(tiff(tmp_path / "a.tif", RAMP.astype("u2") * 256 + 255, 1))[..., 0], RAMP)
    Image.fromarray(RAMP.astype(np.uint16) * 256 + 255).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[..., 0], RAMP)
    (tmp_path / "a.pgm").write_bytes(
        b"P5 7 3 65535\n" + (RAMP.astype("u2") + 256).astype(">u2").tobytes()
    )  # dark, and 16 bits all the same
    np.testing.assert_array_equal(read_image(tmp_path / "a.pgm")[..., 0], (RAMP.astype(int) + 256) >> 8)


@pytest.mark.parametrize(
    ("numbers", "sample_format", "told"),
    [
        (RAMP / np.float32(255), 3, "0 to 0.94"), (RAMP.astype("i4") + 10, 2, "10 to 250"),
         (RAMP.astype("i4") * 2, 2, "0 to 480"),
        (RAMP.astype("i4") - 1, 2, "-1 to 239"), (RAMP.astype("f4") * 2, 3, "0 to 480"),
         (RAMP.astype("f4") - 1, 3, "-1 to 239"),
        (np.where(RAMP == 12, np.float32("nan"), RAMP), 3, "not finite"),
         (np.where(RAMP == 12, np.float32("inf"), RAMP), 3, "not finite"),
    ],
)  # fmt: skip
def test_numbers_that_may_be_meant_otherwise_are_an_error(
    numbers: np.ndarray, sample_format: int, told: str, tmp_path: Path
) -> None:
    path = tiff(tmp_path / "a.tif", numbers.astype("f4" if sample_format == 3 else "i4"), sample_format)
    if "10 to 250" in told:
        return np.testing.assert_array_equal(read_image(path)[..., 0], RAMP + 10)
    with pytest.raises(Fault, match=told) as caught:
        read_image(path)
    assert caught.value.code == "N705" and ("range(" in caught.value.message or "finite" in told)
    return None


def test_bytes_in_a_wide_tiff_may_be_meant_as_such_or_as_nearly_black(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", RAMP.astype("u2"), 1)
    with pytest.raises(Fault) as caught:
        read_image(path)
    assert caught.value.code == "N705"
    assert caught.value.message == (
        f"{path} has 16-bit numbers from 0 to 240: 255 may be white or nearly black; "
        "begin `prepare` with their range, such as `range(0, 255)`"
    )
    assert read_image(path, Reading(span=(0.0, 255.0))).ravel().tolist() == RAMP.ravel().tolist()
    assert not read_image(tiff(tmp_path / "b.tif", np.zeros((2, 2), "u2"), 1)).any()  # black either way


def test_a_number_that_is_not_finite_is_found_in_whichever_band(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "BAND", 1)
    for row in range(3):
        numbers = RAMP.astype(np.float32)
        numbers[row, 3] = np.nan
        with pytest.raises(Fault, match="not finite"):
            read_image(tiff(tmp_path / "a.tif", numbers, 3))


def test_how_pictures_are_read_follows_the_data() -> None:
    data = Data(prepare=(steps.Range(low=0.0, high=4095.0),))
    assert Reading.of(data) == Reading(89_478_485, (0.0, 4095.0))
    assert Reading.of(Data(), 7) == Reading(7, None)


def test_a_span_takes_wide_numbers_as_the_file_has_them(tmp_path: Path) -> None:
    span = Reading(span=(0.0, 4095.0))
    for kind, sample_format in (("u2", 1), ("i4", 2), ("f4", 3)):
        found = read_image(tiff(tmp_path / "a.tif", RAMP.astype(kind) * 16, sample_format), span)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[..., 0], RAMP.astype(float) * 16)
    path = png(tmp_path / "a.png", np.array([[0, 5, 0, 6]], np.uint8), 16, 0, (b"tRNS", b"\0\5"))
    assert read_image(path, span).ravel().tolist() == [4095.0, 6.0]
    with pytest.raises(Fault, match="not finite"):
        read_image(tiff(tmp_path / "a.tif", np.full((2, 2), np.nan, np.float32), 3), span)


#: Where the first row and the first column of the file are seen (TIFF 6.0, Orientation), as a change to the array.
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).swapaxes(0, 1), 8: np.rot90,
}  # fmt: skip


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_picture_stands_upright(turn: int, suffix: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    exif = picture.getexif()
    exif[0x0112] = turn
    picture.save(tmp_path / f"a.{suffix}", exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), TURNS[turn](pixels))


@pytest.mark.parametrize("suffix", ["gif", "tif", "webp", "png"])
def test_of_several_frames_the_first_is_taken(suffix: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    frames[0].save(
        tmp_path / f"a.{suffix}",
        save_all=True,
        append_images=frames[1:],
        **({"lossless": True} if suffix == "webp" else {}),
    )
    assert read_image(tmp_path / f"a.{suffix}")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 20_000), (1300, 1201)])
def test_sizes_from_one_pixel_to_many_bands(size: tuple[int, int], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", compress_level=0)
    alpha = pixels[..., 3:].astype(float) / 255
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), pixels[..., :3] * alpha + 255 * (1 - alpha), atol=1)


def test_a_picture_past_the_limit_is_told_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", Reading(600)).shape == (20, 30, 1)
    with pytest.raises(Fault, match=r"30 x 20 pixels.*599.*--max-pixels") as caught:
        read_image(tmp_path / "a.png", Reading(599))
    assert caught.value.code == "N705"
    head = (
        png(tmp_path / "b.png", np.zeros((1, 1), np.uint8), 8, 0)
        .read_bytes()
        .replace(struct.pack(">II", 1, 1), struct.pack(">II", 20_000, 20_000))
    )
    head = head[:29] + struct.pack(">I", zlib.crc32(head[12:29])) + head[33:]
    (tmp_path / "b.png").write_bytes(head)
    with pytest.raises(Fault, match=r"20,000 x 20,000 pixels.*89,478,485"):
        read_image(tmp_path / "b.png")
    assert Image.MAX_IMAGE_PIXELS == 89_478_485  # Pillow's own limit is as it was, for whoever else uses it


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    for name, told in (
        ("pipe.png", "a pipe"),
        ("loop.png", "cannot be read"),
        ("nothing.png", "cannot be read"),
        ("", "a folder"),
        ("\0", "cannot be read"),
    ):
        with pytest.raises(Fault, match=told) as caught:
            read_image(tmp_path / name)
        assert caught.value.code == "N705"
    with pytest.raises(Fault, match="a device"):
        read_image(Path("/dev/zero"))


PEAK = """
import sys
from netspec.data.images import read_image
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) * 1024
read_image(sys.argv[1])
before = peak()
made = read_image(sys.argv[2])
print((peak() - before) / (made.shape[0] * made.shape[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "F"])
def test_the_peak_is_at_most_eleven_bytes_a_pixel(mode: str, tmp_path: Path) -> None:
    for name, side in (("small", 64), ("large", 2500)):
        picture = Image.linear_gradient("L").resize((side, side)).convert(mode)
        exif = picture.getexif()
        exif[0x0112] = 6
        picture.save(tmp_path / f"{name}.tif" if mode == "F" else tmp_path / f"{name}.png", exif=exif)
    paths = [str(next(tmp_path.glob(f"{name}.*"))) for name in ("small", "large")]
    done = subprocess.run([sys.executable, "-c", PEAK, *paths], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= 11
