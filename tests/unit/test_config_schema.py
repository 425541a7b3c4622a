"""JSON Schema and explain come from the same rows as everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nsmgr.config.schema import DRAFT, every, explain, json_schema, suggest
from nsmgr.model.links import kind_names


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema()


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()))
    return set().union(*(references(item) for item in part)) if isinstance(part, list) else set()


def test_schema_is_complete_json(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == DRAFT
    assert set(schema["properties"]) == {"version", "name", "include", "defaults", "host", "namespaces"}
    assert schema["required"] == ["version"]
    assert schema["additionalProperties"] is False
    assert {reference.removeprefix("#/$defs/") for reference in references(schema)} <= set(schema["$defs"])
    assert "x-ref" not in json.dumps(schema)


def test_a_link_is_one_of_the_kinds(schema: dict[str, Any]) -> None:
    variants = [variant.get("$ref", "") for variant in schema["$defs"]["link"]["oneOf"]]
    for kind in kind_names():
        assert f"#/$defs/link-{kind}" in variants
        body = schema["$defs"][f"link-{kind}"]
        assert body["properties"]["kind"]["const"] == kind
        assert "kind" in body["required"]
        assert body["additionalProperties"] is False
    assert "kind" not in schema["$defs"]["link-without-kind"]["properties"]
    assert "peer" in schema["$defs"]["link-without-kind"]["properties"]


def test_descriptions_are_the_docstrings(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["link-veth"]["properties"]["mtu"]["description"] == "Largest layer-3 packet. [bytes]"
    assert schema["$defs"]["AddressModel"]["properties"]["broadcast"]["description"] == "IPv4 broadcast address."
    for name in ("AddressModel", "RouteModel", "RuleModel", "NamespaceModel", "NextHopModel"):
        for key, value in schema["$defs"][name]["properties"].items():
            assert value.get("description"), (name, key)


def test_rules_use_the_words_of_the_document(schema: dict[str, Any]) -> None:
    assert {"from", "to", "priority"} <= set(schema["$defs"]["RuleModel"]["properties"])
    assert "from_" not in schema["$defs"]["RuleModel"]["properties"]
    assert "from" in schema["$defs"]["NamespaceModel"]["properties"]
    assert "from" not in schema["$defs"]["HostModel"]["properties"]


@pytest.mark.parametrize("path", ["links.vxlan.id", "vxlan.id", "namespaces.links.vxlan.id", "links/vxlan/id"])
def test_explain_one_key(path: str) -> None:
    (found,) = explain(path)
    assert (found.path, found.type) == (path.replace("/", "."), "whole number 0…16777215")
    assert (found.attribute, found.change) == ("IFLA_VXLAN_ID", "replaces the object")
    assert found.doc


@pytest.mark.parametrize(
    ("path", "type_", "unit", "default", "attribute", "change"),
    [
        ("mtu", "whole number 0…2147483647", "bytes", "", "IFLA_MTU", "in place"),
        ("links.state", "up | down", "", "up", "", "in place"),
        ("addresses.nodad", "true | false", "", "false", "IFA_FLAGS", "in place"),
        ("addresses.label", "text", "", "", "IFA_LABEL", "replaces the object"),
        ("routes.nexthops.weight", "whole number 1…256", "", "1", "", "in place"),
        ("routes.table", "text | whole number", "", "254", "RTA_TABLE", "replaces the object"),
        ("rules.from", "text", "", "", "FRA_SRC", "replaces the object"),
        ("from.pid", "whole number 1…4194304", "", "", "", ""),
        ("version", "1", "", "", "", ""),
        ("defaults.link.mtu", "whole number 0…2147483647", "bytes", "", "IFLA_MTU", "in place"),
    ],
)
def test_explain_columns(path: str, type_: str, unit: str, default: str, attribute: str, change: str) -> None:
    (found,) = explain(path)
    assert (found.type, found.unit, found.default, found.attribute, found.change) == (type_, unit, default, attribute, change)


def test_explain_groups() -> None:
    assert [found.path for found in explain("")] == ["version", "name", "include", "defaults", "host", "namespaces"]
    assert {"links.mtu", "links.kind"} <= {found.path for found in explain("links")}
    assert {"vxlan.id", "vxlan.mtu"} <= {found.path for found in explain("vxlan")}
    assert [found.path for found in explain("ageing_time")] == ["links.bridge.ageing_time"]
    assert explain("nonsense") == explain("links.vxlan.nonsense") == []
    assert suggest("links.vxlan.prot") in ("did you mean `port`?", "did you mean `proto`?")
    assert suggest("vxlann.id") == "did you mean `vxlan`?"


def test_every_key_of_the_language_is_documented() -> None:
    undocumented = [found.path for found in every() if not found.doc and not found.path.endswith(".kind")]
    assert undocumented == []
