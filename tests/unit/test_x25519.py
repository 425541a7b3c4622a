"""X25519 against the vectors of RFC 7748, sections 5.2 and 6.1."""

from __future__ import annotations

import pytest

from nsmgr.x25519 import public_key, x25519

BOB = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
BOB_PUBLIC = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
ALICE_PUBLIC = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"


@pytest.mark.parametrize(
    ("scalar", "point", "product"),
    [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",  # the highest bit is set, and ignored
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
        (
            "0900000000000000000000000000000000000000000000000000000000000000",
            "0900000000000000000000000000000000000000000000000000000000000000",
            "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
        ),
        (BOB, ALICE_PUBLIC, SHARED),
    ],
)
def test_the_vectors_of_the_rfc(scalar: str, point: str, product: str) -> None:
    assert x25519(bytes.fromhex(scalar), bytes.fromhex(point)).hex() == product


def test_a_public_key() -> None:
    assert public_key(bytes.fromhex(BOB)).hex() == BOB_PUBLIC


def test_iterated() -> None:
    """Section 5.2: k is multiplied by u, and becomes u; a hundred times over, which two halves must agree on."""
    k = u = (9).to_bytes(32, "little")
    for _ in range(50):
        k, u = x25519(k, u), k
    again = x25519(k, u)
    assert x25519(bytes([k[0] | 7, *k[1:]]), u) == again  # the three low bits do not count
    assert x25519(bytes([*k[:31], k[31] | 0x80]), u) == again  # nor the highest


def test_a_product_does_not_depend_on_the_order() -> None:
    first, second = bytes(range(32)), bytes(range(100, 132))
    assert x25519(first, public_key(second)) == x25519(second, public_key(first))


def test_keys_have_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        public_key(b"short")
