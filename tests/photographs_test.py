"""Folders of pictures and what may be wrong with them; patches are cut where and as they are said to be."""

import jax
import numpy as np
import pytest
from PIL import Image

from deepx.data import photographs
from deepx.data.errors import DataCorrupt, DataNotPrepared

SCALE, PATCH = 2, 6


@pytest.fixture
def pictures():
    """Two, of which no two pixels are equal, small or large."""
    numbers = np.random.default_rng(0).permutation(2**16)[: 9 * 8 + 11 * 13]
    pixels = np.stack([numbers // 256, numbers % 256, numbers % 251], axis=1).astype(np.uint8)
    return {"a": pixels[:72].reshape(9, 8, 3), "b": pixels[72:].reshape(11, 13, 3)}


def turned(patch):
    """The eight ways in which a patch may lie."""
    return [flipped for p in (patch, patch.swapaxes(0, 1)) for f in (p, p[::-1]) for flipped in (f, f[:, ::-1])]


def test_every_place_of_every_picture_in_all_eight_ways_with_its_small_patch(pictures):
    store = photographs.stored(pictures, SCALE, PATCH)
    places, side = {}, PATCH // SCALE
    for name, picture in pictures.items():
        high = photographs.fitted(name, picture, SCALE, PATCH)
        low = photographs.shrunk(high, SCALE)
        assert high.shape[0] % SCALE == high.shape[1] % SCALE == 0 and high.shape[0] >= picture.shape[0] - 1
        for y in range(low.shape[0] - side + 1):
            for x in range(low.shape[1] - side + 1):
                large = high[SCALE * y :, SCALE * x :][:PATCH, :PATCH]
                for way, pair in enumerate(zip(turned(low[y : y + side, x : x + side]), turned(large), strict=True)):
                    places[pair[1].tobytes()] = (name, y, x, way, pair[0].tobytes())
    assert store.places.tolist() == [0, 4, 4 + 3 * 4] and len(places) == 8 * 16

    drawn = jax.jit(lambda store, key: photographs.patches(store, key, 4000, SCALE, PATCH))(store, jax.random.key(0))
    drawn = jax.device_get(drawn)
    assert drawn["high"].dtype == drawn["low"].dtype == np.uint8 and drawn["high"].shape == (4000, PATCH, PATCH, 3)
    counts = dict.fromkeys(places, 0)
    for low, high in zip(drawn["low"], drawn["high"], strict=True):
        assert places[high.tobytes()][-1] == low.tobytes()
        counts[high.tobytes()] += 1
    expected = 4000 / len(places)  # chi-squared with 127 degrees of freedom; passed once in a million draws
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 215


def test_patches_are_a_function_of_the_key(pictures):
    store = photographs.stored(pictures, SCALE, PATCH)
    first, again, other = (photographs.patches(store, jax.random.key(k), 5, SCALE, PATCH)["high"] for k in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_folder_by_name_in_three_formats(tmp_path, pictures):
    Image.fromarray(pictures["b"]).save(tmp_path / "b.PNG")
    Image.fromarray(pictures["a"]).save(tmp_path / "b.bmp")
    Image.fromarray(pictures["a"][..., 0]).save(tmp_path / "grey.jpeg", quality=95)
    (tmp_path / "notes.txt").write_text("no picture")
    read = photographs.folder(tmp_path)
    assert list(read) == ["b.PNG", "b.bmp", "grey.jpeg"]
    for name, picture in (("b.PNG", "b"), ("b.bmp", "a")):
        np.testing.assert_array_equal(read[name], pictures[picture])
    assert read["grey.jpeg"].shape == (9, 8, 3) and np.ptp(read["grey.jpeg"], axis=-1).max() == 0


def test_pictures_are_turned_as_their_camera_was_held(tmp_path):
    image = Image.fromarray(np.zeros((4, 6, 3), np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "held.jpg", exif=exif)
    assert photographs.read(tmp_path / "held.jpg").shape == (6, 4, 3)


def test_what_is_wrong_names_the_file(tmp_path, pictures):
    with pytest.raises(DataNotPrepared, match="There is no folder .*nowhere"):
        photographs.folder(tmp_path / "nowhere")
    with pytest.raises(DataNotPrepared, match="has no pictures in it"):
        photographs.folder(tmp_path)
    with pytest.raises(DataNotPrepared, match="There is no file .*absent.png"):
        photographs.read(tmp_path / "absent.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataCorrupt, match="text.png is no picture that can be read"):
        photographs.folder(tmp_path)
    (tmp_path / "text.png").unlink()
    whole = tmp_path / "cut.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(whole)
    whole.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(DataCorrupt, match="cut.png cannot be read, it is damaged or cut short"):
        photographs.folder(tmp_path)
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataCorrupt, match="deep.png has more than 8 bits a channel"):
        photographs.read(tmp_path / "deep.png")
    with pytest.raises(DataCorrupt, match="picture a is 8 x 9 pixels; both must be at least 10"):
        photographs.stored(pictures, SCALE, 10)


def test_scikit_images_photographs_are_in_its_package():
    pytest.importorskip("skimage")
    train, test = photographs.packaged("train"), photographs.packaged("test")
    assert not set(train) & set(test)
    for picture in (*train.values(), *test.values()):
        assert picture.dtype == np.uint8 and picture.shape[2] == 3 and min(picture.shape[:2]) >= 288
