"""What `nsmgr doctor` knows: facts of this kernel, checked against other ways of asking it."""

from __future__ import annotations

import os
from pathlib import Path

from nsmgr.kernel import doctor, probe
from nsmgr.kernel.rtnl import RtnlSocket


def test_the_rtnetlink_socket_of_a_new_namespace(privileged: None) -> None:
    one, two = doctor.prove_rtnl_socket(), doctor.prove_rtnl_socket()
    for proof in (one, two):
        assert proof.rows == 1
        assert proof.link["name"] == "lo"
        assert (proof.link["index"], proof.link["mtu"]) == (1, 65536)
        assert int(proof.link["flags"]) & 1 == 0  # down
    assert one.inode != two.inode
    assert len({one.cookie, two.cookie, RtnlSocket().cookie()}) == 3


def test_report(privileged: None) -> None:
    before = len(os.listdir("/proc/self/fd"))
    report = doctor.doctor()
    assert len(os.listdir("/proc/self/fd")) == before
    assert report.proof is not None
    assert report.kinds["veth"] == ""
    assert set(report.qdiscs) == set(probe.QDISCS)
    assert report.qdiscs["pfifo"] == ""
    assert report.handlers["RTM_GETLINK"]["unspec"]
    assert not report.handlers["RTM_GETADDRLABEL"]["unspec"]  # registered for AF_INET6 only
    assert report.highest_group >= 33
    assert report.families[0] == "ROUTE"
    assert report.families[16] == "GENERIC"
    assert report.privileges.capabilities["CAP_NET_ADMIN"]
    if Path("/proc/self/setgroups").read_text() == "deny\n":
        return  # root of a user namespace with one user in it: there is no ordinary user to become
    assert report.ordinary.read_links == ""
    if report.privileges.uid == 0:
        assert report.ordinary.change_links.startswith("EPERM")
    assert report.without_root


def test_a_missing_qdisc_has_the_kernels_words(scratch: RtnlSocket) -> None:
    missing = probe.missing_qdiscs(scratch)
    assert all(words == 'ENOENT (No such file or directory) "Specified qdisc kind is unknown"' for words in missing.values())
    assert "pfifo" not in missing
