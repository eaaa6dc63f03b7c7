"""The CMS signature: in go its bytes and what it should sign, out come who signed and when, and
whether the mathematics holds.

asn1crypto reads the structure (pure Python, it reads CMS and time stamps, which `cryptography`
does not); `cryptography` reads certificates and checks signatures (it is what everybody trusts
with keys). The chain is checked link by link up to Apple's roots, which are known by their
fingerprints; whether a certificate was revoked only a Mac on the net can say.
Object identifiers: Apple's "Certification Practice Statement" documents and Security's sources.
"""

import hashlib
import hmac
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms as asn1
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ..bundle.plist import parse_plist
from ..errors import BundleError
from .blobs import SignatureFormatError

MAX_SIZE = 1 << 20
"""Bytes; a real one has about 9,000."""
MAX_CERTIFICATES = 20
"""Our bound; Apple's chains have three."""

LEAF_KINDS = {
    "1.2.840.113635.100.6.1.13": "Developer ID Application",
    "1.2.840.113635.100.6.1.9": "Mac App Store",
    "1.2.840.113635.100.6.1.7": "Mac App Distribution",
    "1.2.840.113635.100.6.1.12": "Mac Development",
    "1.2.840.113635.100.6.1.2": "Apple Development",
    "1.2.840.113635.100.6.1.4": "Apple Distribution",
}
"""Extensions by which Apple marks what a certificate is for (its Certification
Practice Statements)."""
APPLE_ROOTS = {
    "b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024": "Apple Root CA",
    "c2b9b042dd57830e7d117dac55ac8ae19407d38e41d88f3215bc3a890444a050": "Apple Root CA - G2",
    "63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179": "Apple Root CA - G3",
}
"""SHA-256 fingerprints that Apple publishes on its certificate authority page."""
_HASH_AGILITY = "1.2.840.113635.100.9.1"
"""Signed attribute: a property list with the cdhashes of all CodeDirectories."""
_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
"""Unsigned attribute: a time stamp token over the signature (RFC 3161)."""
_DIGESTS = {"sha1", "sha224", "sha256", "sha384", "sha512"}
"""Hashes of RFC 5754, and SHA-1, which old signatures have."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as it is shown."""

    name: str
    """Common name of its subject."""
    team: str | None
    """Organizational unit, which Apple fills with the team."""
    issuer: str
    kind: str | None
    """What Apple issued it for, by its extensions."""
    not_after: datetime
    sha256: str
    """Fingerprint."""
    issued_by_next: bool
    """Whether the next certificate of the chain really signed this one; for the last of a chain,
    whether it is a root at all."""


@dataclass(frozen=True, slots=True)
class CmsFacts:
    """What a CMS signature says and whether it holds."""

    certificates: tuple[Certificate, ...]
    """The signer's first, then who issued it."""
    signing_time: datetime | None
    """As the signer's own clock had it."""
    timestamp: datetime | None
    """As a time stamp server confirmed it ("secure timestamp")."""
    timestamp_authority: str | None
    problems: tuple[str, ...]
    """What does not hold; empty if this signs the code."""
    fields: Mapping[tuple[int, str], str]
    """Subject fields by place in the chain (0 leaf, -1 root), as requirements name them."""

    @property
    def apple(self) -> bool:
        """Whether every link of the chain holds, up to a root of Apple's."""
        links = all(certificate.issued_by_next for certificate in self.certificates)
        return links and self.certificates[-1].sha256 in APPLE_ROOTS


def read_cms(payload: bytes, code_directory: bytes, cdhashes: list[bytes]) -> CmsFacts:
    """Read the CMS signature `payload` over the blob `code_directory`.

    `cdhashes` are those of all CodeDirectories of the signature. Raises SignatureFormatError
    where there is no CMS signature that can be read.
    """
    if len(payload) > MAX_SIZE:
        raise SignatureFormatError(f"The CMS signature has {len(payload)} bytes.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(payload, code_directory, cdhashes)
    except SignatureFormatError:
        raise
    except (
        ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
        UnsupportedAlgorithm, MemoryError, BundleError, x509.InvalidVersion,
        x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
    ) as error:  # fmt: skip
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise SignatureFormatError(f"The CMS signature cannot be read: {reason}.") from error


def _read(payload: bytes, code_directory: bytes, cdhashes: list[bytes]) -> CmsFacts:
    signed = _signed_data(payload)
    infos = signed["signer_infos"]
    if len(infos) != 1:
        raise SignatureFormatError(f"The CMS signature has {len(infos)} signers.")
    info = infos[0]
    chain = _chain(signed, info)
    attributes = _attributes(info["signed_attrs"])
    problems = []
    digest = _digest(info, code_directory)
    stated = attributes.get("1.2.840.113549.1.9.4")
    if stated is None or not hmac.compare_digest(bytes(stated.native), digest):
        problems.append("it signs another CodeDirectory")
    elif not _holds(info, chain):
        problems.append("its signature does not match its certificate")
    if not _agrees(attributes.get(_HASH_AGILITY), cdhashes):
        problems.append("it names other cdhashes")
    signing_time = attributes.get("1.2.840.113549.1.9.5")
    timestamp, authority, trouble = _timestamp(info)
    if trouble:
        problems.append(trouble)
    return CmsFacts(
        certificates=tuple(_shown(chain)),
        signing_time=_utc(signing_time.native) if signing_time is not None else None,
        timestamp=timestamp,
        timestamp_authority=authority,
        problems=tuple(problems),
        fields=_fields(chain),
    )


def _signed_data(payload: bytes) -> Any:
    content = asn1.ContentInfo.load(payload, strict=False)
    if content["content_type"].native != "signed_data":
        raise SignatureFormatError("The CMS signature holds no signed data.")
    return content["content"]


def _attributes(found: Any) -> dict[str, Any]:
    """Signed or unsigned attributes: object identifier to first value."""
    if not isinstance(found, core.SetOf):
        return {}
    out = {}
    for attribute in found:
        values = attribute["values"]
        if len(values) >= 1:
            out[attribute["type"].dotted] = values[0]
    return out


def _digest(info: Any, data: bytes) -> bytes:
    name = info["digest_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise SignatureFormatError(f"The CMS signature uses the unknown digest {name}.")
    return hashlib.new(name, data).digest()


def _chain(signed: Any, info: Any) -> list[x509.Certificate]:
    """The signer's certificate and those that issued it, as far as they are there."""
    found = [
        x509.load_der_x509_certificate(choice.chosen.dump())
        for choice in list(signed["certificates"] or [])[:MAX_CERTIFICATES]
        if choice.name == "certificate"
    ]
    sid = info["sid"]
    if sid.name != "issuer_and_serial_number":
        raise SignatureFormatError("The CMS signature names its signer in an unknown way.")
    serial = sid.chosen["serial_number"].native
    issuer = sid.chosen["issuer"].dump()
    leaf = [c for c in found if c.serial_number == serial and c.issuer.public_bytes() == issuer]
    if not leaf:
        raise SignatureFormatError("The CMS signature lacks its signer's certificate.")
    chain = [leaf[0]]
    while chain[-1].issuer != chain[-1].subject and len(chain) < MAX_CERTIFICATES:
        following = [c for c in found if c.subject == chain[-1].issuer and c not in chain]
        if not following:
            break
        chain.append(following[0])
    return chain


def _holds(info: Any, chain: list[x509.Certificate]) -> bool:
    attributes = info["signed_attrs"]
    message = attributes.dump()
    if message[:1] == b"\xa0":  # signed as a SET, stored with a context tag (RFC 5652, 5.4)
        message = b"\x31" + message[1:]
    return _verifies(
        chain[0], bytes(info["signature"].native), message, info["digest_algorithm"], info
    )


def _verifies(
    certificate: x509.Certificate, signature: bytes, message: bytes, digest: Any, info: Any
) -> bool:
    algorithm = getattr(hashes, digest["algorithm"].native.upper())()
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            scheme = padding.PKCS1v15()
            key.verify(signature, message, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            raise SignatureFormatError(
                "The CMS signature is of an unknown kind: "
                f"{info['signature_algorithm']['algorithm'].native}."
            )
    except InvalidSignature:
        return False
    return True


def _agrees(agility: Any, cdhashes: list[bytes]) -> bool:
    if agility is None:
        return True
    listed, _ = parse_plist(bytes(agility.native), "the list of cdhashes")
    return listed.get("cdhashes") == cdhashes


def _timestamp(info: Any) -> tuple[datetime | None, str | None, str]:
    token = _attributes(info["unsigned_attrs"]).get(_TIMESTAMP)
    if token is None:
        return None, None, ""
    signed = _signed_data(token.dump())
    stamp = signed["encap_content_info"]["content"].parsed
    if not isinstance(stamp, tsp.TSTInfo):
        return None, None, "its time stamp cannot be read"
    signer = signed["signer_infos"][0]
    chain = _chain(signed, signer)
    imprint = stamp["message_imprint"]
    name = imprint["hash_algorithm"]["algorithm"].native
    signature = bytes(info["signature"].native)
    if name not in _DIGESTS or hashlib.new(name, signature).digest() != bytes(
        imprint["hashed_message"].native
    ):
        return None, None, "its time stamp belongs to another signature"
    content = bytes(signed["encap_content_info"]["content"])
    stated = _attributes(signer["signed_attrs"]).get("1.2.840.113549.1.9.4")
    whole = stated is not None and bytes(stated.native) == _digest(signer, content)
    if not whole or not _holds(signer, chain):
        return None, None, "its time stamp is not signed by its authority"
    return _utc(stamp["gen_time"].native), _common_name(chain[0].subject), ""


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _shown(chain: list[x509.Certificate]) -> list[Certificate]:
    out = []
    for certificate, issuer in zip(chain, [*chain[1:], None], strict=True):
        out.append(
            Certificate(
                name=_common_name(certificate.subject),
                team=_first(certificate.subject, x509.NameOID.ORGANIZATIONAL_UNIT_NAME),
                issuer=_common_name(certificate.issuer),
                kind=_kind(certificate),
                not_after=certificate.not_valid_after_utc,
                sha256=hashlib.sha256(
                    certificate.public_bytes(serialization.Encoding.DER)
                ).hexdigest(),
                issued_by_next=_issued(certificate, issuer),
            )
        )
    return out


def _issued(certificate: x509.Certificate, issuer: x509.Certificate | None) -> bool:
    if issuer is None:
        return certificate.issuer == certificate.subject
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _kind(certificate: x509.Certificate) -> str | None:
    present = {extension.oid.dotted_string for extension in certificate.extensions}
    return next((kind for oid, kind in LEAF_KINDS.items() if oid in present), None)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else None


def _common_name(name: x509.Name) -> str:
    return _first(name, x509.NameOID.COMMON_NAME) or name.rfc4514_string()


def _fields(chain: list[x509.Certificate]) -> dict[tuple[int, str], str]:
    wanted = {
        "subject.CN": x509.NameOID.COMMON_NAME,
        "subject.OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
        "subject.O": x509.NameOID.ORGANIZATION_NAME,
    }
    out = {}
    for place, certificate in enumerate(chain):
        for field, oid in wanted.items():
            value = _first(certificate.subject, oid)
            if value is not None:
                out[place, field] = value
                if place == len(chain) - 1:
                    out[-1, field] = value
    return out
