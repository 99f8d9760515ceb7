"""Signed statements: DSSE envelopes (https://github.com/secure-systems-lab/dsse), by a key that the user gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class NotSigned(Exception):
    """The statement is not signed by that key, or the key cannot be used."""


Signer = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Puts a statement into an envelope."""


def signer(private_key: Path) -> Signer:
    """Signs by a PEM key without a passphrase, Ed25519, ECDSA or RSA; raises NotSigned where it is none."""
    try:
        key: Any = load_pem_private_key(private_key.read_bytes(), None)
        signs = CryptoSigner(key)
    except (OSError, ValueError, TypeError) as unusable:
        raise NotSigned(
            f"The key {private_key} cannot sign.\n  evidence: {unusable}\n  remedy: give a PEM key without a passphrase"
        ) from unusable

    def sign(statement: Mapping[str, Any]) -> dict[str, Any]:
        envelope = Envelope(json.dumps(statement, ensure_ascii=False).encode(), PAYLOAD_TYPE, {})
        envelope.sign(signs)
        return envelope.to_dict()

    return sign


def is_signed(told: Mapping[str, Any]) -> bool:
    """Whether it is an envelope; by whom it is signed, if at all, `opened` tells."""
    return "payload" in told


def opened(told: Mapping[str, Any], public_key: Path | None) -> Mapping[str, Any]:
    """The statement in `told`, which may be an envelope; raises NotSigned where it is not signed by the key given."""
    if not is_signed(told):
        if public_key is not None:
            raise NotSigned("The statement is not signed at all")
        return told
    try:
        envelope = Envelope.from_dict(json.loads(json.dumps(told)))
        if public_key is not None:
            key: Any = load_pem_public_key(public_key.read_bytes())
            envelope.verify([SSlibKey.from_crypto(key)], 1)
        found: Mapping[str, Any] = json.loads(envelope.payload)
    except (OSError, ValueError, KeyError, VerificationError) as refused:
        raise NotSigned(f"The statement is not signed by {public_key}: {refused}") from refused
    return found
