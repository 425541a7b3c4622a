"""The state directory: records, refusals, one writer at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from nsmgr.errors import LockHeld, StateError
from nsmgr.store import DeploymentRecord, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def test_a_record_comes_back_as_it_was(store: Store) -> None:
    record = DeploymentRecord(
        "lab", ["/x.yaml"], namespaces={"red": 7}, sources={"host": "host"}, objects={"host": [["link", "br0"]]}
    )
    store.write(record)
    read = store.read("lab")
    assert read is not None
    assert (read.namespaces, read.objects, read.files) == (record.namespaces, record.objects, record.files)
    assert read.owned().objects == {"host": {("link", "br0")}}
    assert [found.name for found in store.deployments()] == ["lab"]
    assert (store.path.stat().st_mode & 0o777, (store.path / "lab.json").stat().st_mode & 0o777) == (0o700, 0o600)


def test_nothing_there_is_nothing_made(store: Store) -> None:
    assert store.read("lab") is None
    assert store.deployments() == []
    assert not store.path.exists()


def test_a_record_of_another_boot_speaks_of_nothing(store: Store) -> None:
    store.write(DeploymentRecord("lab", namespaces={"red": 7}))
    path = store.path / "lab.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "another"}))
    assert store.read("lab") is None


DAMAGE = [
    "",
    "{",
    "[]",
    '{"format_version": 1}',
    '{"format_version": 9, "name": "lab"}',
    '{"format_version": 1, "name": "lab", "extra": 1}',
    '{"format_version": 1, "name": "other"}',
    '{"format_version": 1, "name": "lab", "namespaces": {"red": "x"}}',
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_is_refused_by_name(store: Store, damage: str) -> None:
    store.write(DeploymentRecord("lab"))
    (store.path / "lab.json").write_text(damage)
    with pytest.raises(StateError, match=r"lab\.json"):
        store.read("lab")


def test_links_are_not_followed(store: Store, tmp_path: Path) -> None:
    store.write(DeploymentRecord("lab"))
    (store.path / "lab.json").rename(tmp_path / "elsewhere.json")
    (store.path / "lab.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(StateError):
        store.read("lab")
    for name in ("../x", "a/b", "", "A"):
        with pytest.raises(StateError):
            store.read(name)


def test_a_directory_others_can_write_is_refused(store: Store) -> None:
    store.path.mkdir(mode=0o777)
    store.path.chmod(0o777)
    with pytest.raises(StateError):
        store.write(DeploymentRecord("lab"))


def test_the_second_writer_is_told_who_is_first(store: Store) -> None:
    with store.lock("lab", 0):
        with pytest.raises(LockHeld, match=f"pid {os.getpid()}"), Store(store.path).lock("lab", 0):
            pass
        with store.lock("other", 0):
            pass
    with store.lock("lab", 0):
        pass


def _count(path: Path, rounds: int) -> None:
    store = Store(path)
    for _ in range(rounds):
        with store.lock("lab", 60):
            file = path / "count"
            number = int(file.read_text()) if file.exists() else 0
            file.write_text(str(number + 1))


def test_the_lock_file_may_go_away_between_two_writers(store: Store) -> None:
    """Without a record the lock file is removed by its holder: waiting on the removed file must not count as holding the lock."""
    with store.lock("lab", 0):
        pass
    assert not (store.path / "lab.lock").exists()
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_count, args=(store.path, 50)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (store.path / "count").read_text() == "200"
