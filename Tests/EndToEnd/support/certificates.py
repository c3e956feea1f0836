"""A certificate for the TURN server of a test, from an authority that nobody else knows."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import ssl
import subprocess
from dataclasses import dataclass

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: the certificate signed by the authority, its key, and the authority's own certificate."""

    cert: pathlib.Path
    key: pathlib.Path
    authority: pathlib.Path

    @property
    def key_pin(self) -> str:
        """Base64 of the SHA-256 of the public key, by which Chromium is told to trust the certificate."""
        public = openssl("x509", "-in", str(self.cert), "-noout", "-pubkey")
        encoded = openssl("pkey", "-pubin", "-outform", "DER", stdin=public)
        return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


    def context(self, *protocols: str) -> ssl.SSLContext:
        """How a client that trusts the authority alone connects, offering these protocols by ALPN."""
        context = ssl.create_default_context(cafile=str(self.authority))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    finished = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, timeout=20)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout


def make_certificate(directory: pathlib.Path) -> Certificate:
    """Valid for a day and for loopback: `localhost`, 127.0.0.1 and ::1."""
    authority, authority_key = directory / "authority.pem", directory / "authority.key"
    cert, key = directory / "cert.pem", directory / "key.pem"
    new = ["req", "-x509", "-days", "1", "-noenc", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    subject = ["-subj", "/CN=Authority of the tests"]
    openssl(*new, *usage, *subject, "-keyout", str(authority_key), "-out", str(authority))
    signed_by = ["-CA", str(authority), "-CAkey", str(authority_key)]
    extensions = ["-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE"]
    openssl(*new, *signed_by, *extensions, "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert))
    return Certificate(cert, key, authority)
