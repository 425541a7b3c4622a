"""What waits for a confirmation, as a file: read as strictly as it is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nsmgr import confirm
from nsmgr.cli.probe import parse
from nsmgr.errors import LockHeld, NsmgrError, StateError, Unconfirmed
from nsmgr.kernel.fake import FakeKernel
from nsmgr.store import Store

WAITS = confirm.Pending("lab", "t", confirm.PENDING, 7, 0, 60_000, 1e12)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def test_what_is_written_is_read(store: Store) -> None:
    assert confirm.read(store, "lab") is None
    confirm.write(store, WAITS)
    assert confirm.read(store, "lab") == WAITS
    assert store.pending("lab")
    assert os.stat(store.private_path("lab", "pending")).st_mode & 0o777 == 0o600
    confirm.dismiss(store, "lab")
    assert not store.pending("lab")


@pytest.mark.parametrize(
    "change",
    [
        {"nsmgr_pending": 2},
        {"deployment": "other"},
        {"state": "done"},
        {"pid": "7"},
        {"pid": True},
        {"deadline": None},
        {"more": 1},
        {"words": []},
    ],
    ids=str,
)
def test_a_damaged_file_is_refused_by_name(store: Store, change: dict[str, object]) -> None:
    confirm.write(store, WAITS)
    path = Path(store.private_path("lab", "pending"))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(StateError, match=r"lab\.pending is damaged"):
        confirm.read(store, "lab")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "{", "\udc80"])
def test_what_is_no_such_file_is_refused(store: Store, text: str) -> None:
    store.write_private("lab", "pending", text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StateError, match=r"lab\.pending is damaged"):
        confirm.read(store, "lab")


def test_of_another_boot_it_says_nothing(store: Store) -> None:
    confirm.write(store, WAITS)
    path = Path(store.private_path("lab", "pending"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "another"}))
    path.chmod(0o600)
    assert confirm.read(store, "lab") is None
    confirm.settle("lab", FakeKernel(), store, None)
    assert not path.exists()


def test_a_guardian_is_who_has_the_fifo_open(store: Store) -> None:
    confirm.write(store, WAITS)
    bell = store.private_path("lab", "guardian")
    assert not confirm.guarded(store, "lab")
    os.mkfifo(bell, 0o600)
    assert not confirm.guarded(store, "lab")
    reader = os.open(bell, os.O_RDONLY | os.O_NONBLOCK)
    assert confirm.guarded(store, "lab")
    with pytest.raises(Unconfirmed, match="nobody has confirmed yet: pending until"):
        confirm.settle("lab", FakeKernel(), store, None)
    confirm.confirm("lab", FakeKernel, store)
    assert os.read(reader, 9) == b"."
    os.close(reader)
    assert not os.path.exists(bell)
    assert not store.pending("lab")


def test_what_is_no_fifo_is_no_guardian(store: Store) -> None:
    confirm.write(store, WAITS)
    for make in (lambda path: open(path, "w").close(), lambda path: os.symlink("/dev/null", path)):
        bell = store.private_path("lab", "guardian")
        make(bell)
        with pytest.raises(StateError, match=r"lab\.guardian: .* refused"):
            confirm.guarded(store, "lab")
        os.unlink(bell)


def test_too_early_and_too_late(store: Store) -> None:
    os.makedirs(store.directory, 0o700)
    bell = store.private_path("lab", "guardian")
    os.mkfifo(bell, 0o600)
    reader = os.open(bell, os.O_RDONLY | os.O_NONBLOCK)
    confirm.write(store, confirm.Pending("lab", "t", confirm.APPLYING, 7, 0))
    with pytest.raises(LockHeld, match="not done yet"):
        confirm.confirm("lab", FakeKernel, store)
    confirm.write(store, confirm.Pending("lab", "t", confirm.PENDING, 7, 0, 1000, 0.0))
    with pytest.raises(NsmgrError, match="too late: lab is being rolled back: nobody confirmed within 1s"):
        confirm.confirm("lab", FakeKernel, store)
    assert store.pending("lab")  # the guardian's to end
    os.close(reader)


def test_probes_are_split_as_a_shell_would_and_no_more() -> None:
    (probe,) = parse(["red: echo '$HOME' a\\ b; rm x"])
    assert (probe.netns, probe.argv) == ("red", ["echo", "$HOME", "a b;", "rm", "x"])
    assert [probe.netns for probe in parse(["pid:7: true", "host: true"])] == ["pid:7", "host"]
    for wrong in ("red", "red:", "red: ", ": true", "-x: true", "red: 'x"):
        with pytest.raises(ValueError, match=r"NETNS: COMMAND|quotation"):
            parse([wrong])
