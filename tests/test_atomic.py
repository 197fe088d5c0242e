import errno
import os
import stat
from pathlib import Path

import pytest

from netcc.atomic import atomic_write
from netcc.errors import OutputError


def write(path: Path, data: bytes = b"new") -> None:
    with atomic_write(path) as file:
        file.write(data)


def refusal(path: Path) -> str:
    with pytest.raises(OutputError) as caught:
        write(path)
    return caught.value.message


def test_the_file_appears_whole_and_alone(tmp_path):
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_until_the_end_of_the_block_the_old_file_stays(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    with atomic_write(tmp_path / "out") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "out").read_bytes() == b"old"
    assert (tmp_path / "out").read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    (tmp_path / "out").write_bytes(b"old")

    def fail() -> None:
        with atomic_write(tmp_path / "out") as file:
            file.write(b"new")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (tmp_path / "out").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert refusal(tmp_path / "out") == f"cannot write {tmp_path}/out: the disk is full"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EACCES, "no permission to write in {}"),
        (errno.EROFS, "{} is on a read-only disk"),
        (errno.EIO, "input/output error"),
    ],
)
def test_what_the_system_refuses_is_said(tmp_path, monkeypatch, code, reason):
    def refuse(source: Path, target: Path) -> None:
        raise OSError(code, os.strerror(code), str(source))

    monkeypatch.setattr(os, "replace", refuse)
    assert refusal(tmp_path / "out") == f"cannot write {tmp_path}/out: {reason.format(tmp_path)}"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    assert refusal(tmp_path / "a" / "out") == f"cannot write {tmp_path}/a/out: the folder {tmp_path}/a does not exist"


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert refusal(tmp_path / "a" / "out") == f"cannot write {tmp_path}/a/out: {tmp_path}/a is not a folder"


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    (tmp_path / "out").mkdir()
    assert refusal(tmp_path / "out") == f"cannot write {tmp_path}/out: it is a folder"


def test_trouble_of_the_block_with_another_file_is_not_ours(tmp_path):
    def fail() -> None:
        with atomic_write(tmp_path / "out"):
            (tmp_path / "elsewhere" / "input").read_bytes()

    with pytest.raises(FileNotFoundError):
        fail()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_device_is_written_not_replaced():
    write(Path(os.devnull))
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_the_file_has_the_permissions_of_any_new_file(tmp_path):
    write(tmp_path / "out")
    (tmp_path / "plain").touch()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode
