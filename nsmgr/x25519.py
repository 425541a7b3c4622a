"""X25519 (RFC 7748): the public key that belongs to a private one, as WireGuard's.

Only for telling which key an interface has: whole numbers of Python take a time that depends on their values, so this is nothing to
talk to strangers with. What talks is the kernel.
"""

from __future__ import annotations

P = 2**255 - 19
A24 = 121665
BASE = 9
KEY_BYTES = 32


def public_key(private: bytes) -> bytes:
    """The scalar multiple of the base point."""
    return x25519(private, BASE.to_bytes(KEY_BYTES, "little"))


def x25519(scalar: bytes, point: bytes) -> bytes:
    """RFC 7748, section 5: the Montgomery ladder over u-coordinates."""
    if len(scalar) != KEY_BYTES or len(point) != KEY_BYTES:
        raise ValueError(f"{KEY_BYTES} bytes are needed")
    k = int.from_bytes(scalar, "little")
    k = k & ~7 & (1 << 255) - 1 | 1 << 254  # decodeScalar25519
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1  # the unused bit is ignored
    x2, z2, x3, z3 = 1, 0, x1, 1
    swap = 0
    for bit in range(254, -1, -1):
        now = k >> bit & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % P, b * b % P
        e = aa - bb
        da, cb = (x3 - z3) * a % P, (x3 + z3) * b % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + A24 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(KEY_BYTES, "little")
