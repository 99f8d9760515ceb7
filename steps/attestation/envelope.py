"""Signs statements in DSSE envelopes (https://github.com/secure-systems-lab/dsse) with a key of the user."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from steps.explained_error import ExplainedError

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class NotSigned(ExplainedError):
    """The statement is not signed by the given key, or the key is unusable."""


Signer = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Signs a statement and returns its envelope."""


def load_signer(private_key: Path) -> Signer:
    """Return a signer with a PEM key without passphrase (Ed25519, ECDSA or RSA); raises NotSigned for others."""
    try:
        key: Any = load_pem_private_key(private_key.read_bytes(), None)
        signs = CryptoSigner(key)
    except (OSError, ValueError, TypeError) as unusable:
        raise NotSigned(
            f"The key {private_key} cannot sign.",
            evidence=str(unusable),
            remedy="give a PEM key without a passphrase",
        ) from unusable

    def sign(statement: Mapping[str, Any]) -> dict[str, Any]:
        envelope = Envelope(json.dumps(statement, ensure_ascii=False).encode(), PAYLOAD_TYPE, {})
        envelope.sign(signs)
        return envelope.to_dict()

    return sign


def is_signed(told: Mapping[str, Any]) -> bool:
    """True if `told` is an envelope; `opened` verifies its signature."""
    return "payload" in told


def open_envelope(told: Mapping[str, Any], public_key: Path | None) -> Mapping[str, Any]:
    """Return the statement in `told`, bare or in an envelope; raises NotSigned if a given key has not signed it."""
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
