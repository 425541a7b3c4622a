"""The documents others may rely on."""

from __future__ import annotations

import errno
import json

from nsmgr.errors import Problem
from nsmgr.plan.plan import Action, AttrChange, Operation, Plan, Step, Verb, Verdict
from nsmgr.plan.state import Address, Link, NetnsState, NextHop, Route, Rule
from nsmgr.render.jsondoc import apply_document, dumps, plan_document, problems_document, states_document
from nsmgr.render.report import outcomes

PLAN = Plan(
    "lab",
    (
        Operation(0, Action.UPDATE, "red", "link", "eth0", (AttrChange("mtu", 1500, 9000),), origin=("namespaces", "red")),
        Operation(1, Action.UPDATE, "red", "link", "br0", (AttrChange("ageing_time", 300_000, 20),)),
    ),
    (Step(0, 0, Verb.LINK_SET, "red", 2, "eth0", "veth"), Step(1, 1, Verb.LINK_DATA, "red", 3, "br0", "bridge")),
)


def test_plan_document_is_as_documented() -> None:
    document = plan_document(PLAN, lambda path: "lab.yaml:14:9")
    document["changes"] = document["changes"][:1]
    assert document == {
        "format_version": 1,
        "deployment": "lab",
        "in_sync": False,
        "summary": {"create": 0, "update": 2, "replace": 0, "move": 0, "delete": 0},
        "changes": [
            {
                "action": "update",
                "namespace": "red",
                "type": "link",
                "object": "eth0",
                "reason": "mtu differs",
                "attributes": [{"name": "mtu", "observed": 1500, "desired": 9000, "forces_replacement": False}],
                "source": "lab.yaml:14:9",
            }
        ],
    }
    assert list(document) == ["format_version", "deployment", "in_sync", "summary", "changes"]


def test_durations_are_text_because_a_bare_number_means_seconds() -> None:
    (change,) = plan_document(PLAN)["changes"][1]["attributes"]
    assert (change["observed"], change["desired"]) == ("300s", "20ms")


def test_in_sync() -> None:
    assert plan_document(Plan("lab"))["in_sync"] is True


def test_apply_document_adds_result_and_verdicts() -> None:
    verdicts = {0: Verdict(0), 1: Verdict(1, errno.ERANGE, "", "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BR_AGEING_TIME")}
    document = apply_document(PLAN, outcomes(PLAN, verdicts), "failed", Plan("lab", PLAN.operations[1:]))
    assert document["result"] == "failed"
    assert document["in_sync"] is False
    assert [change["verdict"] for change in document["changes"]] == [
        "ok",
        {
            "errno": errno.ERANGE,
            "name": "ERANGE",
            "message": "ERANGE (Numerical result out of range)",
            "attribute": "IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BR_AGEING_TIME",
        },
    ]
    assert [change["object"] for change in document["remaining"]] == ["br0"]
    skipped = apply_document(PLAN, outcomes(PLAN, {0: Verdict(0, 95), 1: Verdict(1, skipped=True, blame=0)}), "failed")
    assert skipped["changes"][0]["verdict"]["name"] == "EOPNOTSUPP"
    assert skipped["changes"][1]["verdict"] == {"skipped_because": "red: link eth0"}
    stopped = apply_document(PLAN, outcomes(PLAN, {0: Verdict(0)}), "interrupted")
    assert stopped["changes"][1]["verdict"] == {"not_run": True}


def test_problems() -> None:
    document = problems_document([Problem("bad", "a.yaml", 3, 4, ("links", 0), hint="mend it")], ["a.yaml"])
    assert document["valid"] is False
    assert document["problems"][0]["path"] == ["links", 0]
    assert problems_document([Problem("hm", severity="warning")], [])["valid"] is True


def test_states() -> None:
    route = Route("10.0.0.0/8", nexthops=(NextHop("10.0.0.1", "br0"),), attrs={"type": "unicast", "proto": 78})
    state = NetnsState(
        "red",
        7,
        {"br0": Link("br0", "bridge", 2, {"ageing_time": 300_000, "mtu": 1500}, ("x",))},
        {("br0", "10.0.0.9/8"): Address("br0", "10.0.0.9/8", {"valid_lifetime": 60_000})},
        {route.key: [route]},
        {(): [Rule({"priority": 5}, 78)]},
        {"net.ipv4.ip_forward": "1", "net.none": None},
    )
    red = json.loads(dumps(states_document({"red": state})))["namespaces"]["red"]
    assert red["links"]["br0"]["attributes"] == {"ageing_time": "300s", "mtu": 1500}
    assert red["links"]["br0"]["addresses"] == [{"address": "10.0.0.9/8", "valid_lifetime": "60s"}]
    assert red["routes"][0]["nexthops"] == [{"via": "10.0.0.1", "dev": "br0", "weight": 1, "onlink": False}]
    assert red["rules"] == [{"priority": 5, "proto": 78}]
    assert red["sysctls"] == {"net.ipv4.ip_forward": "1"}
