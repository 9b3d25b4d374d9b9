"""Test vectors of the record format, by an implementation that shares no code with the library.

Needs the package `cryptography` for AES-256-GCM; everything else is hashlib. To make the file again:

    python record.py > record.json && mv record.json ..
"""

import hashlib
import json
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PROLOGUE = b"HPCR\x01\x01\x06"


def framed(*parts):
    return b"".join(struct.pack(">Q", len(part)) + part for part in parts)


def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while 2 * left < len(leaves):
        left *= 2
    return hashlib.sha256(b"\x01" + tree(leaves[:left]) + tree(leaves[left:])).digest()


def seal(k, core, record_id, version, chunk_size, flags, salt, plaintext):
    """The header with the chunks, and the digest."""
    version, size = struct.pack(">Q", version), struct.pack(">I", chunk_size)
    header = PROLOGUE + bytes([flags]) + record_id + version + size + salt
    stream = hashlib.shake_256(framed(b"hippocrypt/v1/payload.", k, record_id, version, salt)).digest(39)
    key, prefix = stream[:32], stream[32:]
    context = core + record_id + version + size + bytes([flags])
    pieces = [plaintext[i : i + chunk_size] for i in range(0, len(plaintext), chunk_size)] or [b""]
    chunks = [
        AESGCM(key).encrypt(prefix + struct.pack(">IB", i, i + 1 == len(pieces)), piece, context)
        for i, piece in enumerate(pieces)
    ]
    return header + b"".join(chunks), tree([leaf(header + core)] + [leaf(chunk) for chunk in chunks])


def main():
    cases = []
    for length, chunk_size, flags in [
        (0, 65536, 0), (5, 65536, 0), (1023, 1024, 0), (1024, 1024, 1), (1025, 1024, 0),
        (5 * 1024, 1024, 1), (3 * 65536 + 17, 65536, 1),
    ]:
        plaintext = bytes((7 * i + i // 256) % 256 for i in range(length))
        salt = bytes(range(16))
        record, digest = seal(
            bytes([0x4B]) * 32, bytes([0xC0]) * 32, bytes([0x1D]) * 16, 3, chunk_size, flags, salt, plaintext
        )
        cases.append({
            "plaintext_bytes": length, "chunk_size": chunk_size, "signed": flags == 1,
            "record_sha256": hashlib.sha256(record).hexdigest(), "digest": digest.hex(),
            **({"record": record.hex()} if length < 16 else {}),
        })
    source = "made by record.py: SHAKE256, SHA-256 of hashlib; AES-256-GCM of the Python package cryptography"
    print(json.dumps({"source": source, "cases": cases}, indent=1))


if __name__ == "__main__":
    main()
