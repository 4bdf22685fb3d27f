"""Pictures in a folder and in memory, through obstore."""

from pathlib import Path

import pytest

from billing_core.adapters.obstore import ObstoreImages
from billing_core.domain.errors import InvalidValue
from billing_core.ports.errors import Unavailable
from billing_core.ports.images import ImageStore
from billing_core.testing.contracts.images import ImageStoreContract


class TestInMemory(ImageStoreContract):
    @pytest.fixture
    def store(self) -> ImageStore:
        return ObstoreImages("memory://")


class TestFolder(ImageStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ImageStore:
        return ObstoreImages(str(tmp_path / "not" / "yet" / "there"))


class TestFolderByUrl(ImageStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ImageStore:
        return ObstoreImages((tmp_path / "by url").as_uri())


async def test_a_picture_is_a_file_below_the_folder(tmp_path: Path) -> None:
    await ObstoreImages(str(tmp_path)).put("img_1/0.png", b"picture")

    assert (tmp_path / "img_1" / "0.png").read_bytes() == b"picture"


async def test_a_relative_folder_is_below_where_the_process_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = ObstoreImages("var/images")
    monkeypatch.chdir("/")
    await store.put("0.png", b"picture")

    assert (tmp_path / "var" / "images" / "0.png").read_bytes() == b"picture"


async def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    await ObstoreImages(str(tmp_path)).put("0.png", b"picture")

    assert await ObstoreImages(tmp_path.as_uri()).get("0.png") == b"picture"


async def test_a_store_that_fails_is_unavailable(tmp_path: Path) -> None:
    store = ObstoreImages(str(tmp_path))
    await store.put("taken", b"a file where the key wants a folder")

    with pytest.raises(Unavailable):
        await store.put("taken/0.png", b"picture")
    with pytest.raises(Unavailable):
        await store.get("taken/0.png")
    with pytest.raises(Unavailable):
        await store.keys("taken/below")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unavailable):
        await store.delete("folder")


@pytest.mark.parametrize("url", ["", "nowhere://bucket", "s3://", "file://not-absolute", "a\0b", "/proc/nowhere"])
def test_a_url_that_opens_nothing_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ObstoreImages(url)

    assert refused.value.field == "image_store"


def test_a_refusal_does_not_repeat_the_url() -> None:
    with pytest.raises(InvalidValue) as refused:
        ObstoreImages("nowhere://user:secret@bucket")

    assert "secret" not in str(refused.value)


LEADING_ELSEWHERE = ("", "/", "/absolute", "..", "../above", "a/../../b", "a/..", "./a", "a//b", "a/", "a\\b", "a\0b")
READ_DIFFERENTLY_BY_STORES = ("C:\\a", "a#1", "a b", "ü", "a%2e", "a:b", "x" * 201, "/".join(["x" * 100] * 10))


@pytest.mark.failure("F6")
@pytest.mark.parametrize("key", LEADING_ELSEWHERE + READ_DIFFERENTLY_BY_STORES)
async def test_a_key_that_is_not_a_plain_path_is_refused(key: str) -> None:
    store = ObstoreImages("memory://")

    with pytest.raises(InvalidValue):
        await store.put(key, b"stray")
    with pytest.raises(InvalidValue):
        await store.get(key)
    with pytest.raises(InvalidValue):
        await store.delete(key)
    with pytest.raises(InvalidValue):
        await store.keys(key)


async def test_what_somebody_else_left_in_the_folder_is_not_among_its_keys(tmp_path: Path) -> None:
    store = ObstoreImages(str(tmp_path))
    await store.put("gen_1/0.png", b"picture")
    (tmp_path / "gen_1" / "Copy of 0.png").write_bytes(b"by hand")

    assert await store.keys("gen_1") == ("gen_1/0.png",)


async def test_what_is_left_of_a_put_that_was_cut_off_is_listed_and_deleted(tmp_path: Path) -> None:
    store = ObstoreImages(tmp_path.as_uri())
    await store.put("gen_1/0.png", b"picture")
    (tmp_path / "gen_1" / "0.png#2").write_bytes(b"pic")
    (tmp_path / "gen_1" / "1.png#1").write_bytes(b"pic")
    by_hand = tmp_path / "gen_1" / "1.png#old"
    by_hand.write_bytes(b"by hand")

    assert await store.keys("gen_1") == ("gen_1/0.png", "gen_1/1.png")
    assert await store.get("gen_1/1.png") is None
    await store.delete("gen_1/1.png")
    assert await store.keys("gen_1") == ("gen_1/0.png",)
    await store.delete("gen_1/0.png")
    assert list((tmp_path / "gen_1").iterdir()) == [by_hand]
