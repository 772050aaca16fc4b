"""TLS before a server that has none: decrypts with a certificate of its own and passes on."""

import datetime as dt
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class TlsFront:
    port: int
    ca_file: Path


@contextmanager
def tls_front(to_port: int, folder: Path, *, name: str = "127.0.0.1") -> Iterator[TlsFront]:
    """A port that speaks TLS for `to_port`; `name` is what its certificate is of."""
    certificate, key = _certificate(name)
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate)
    key_file.write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepts = threading.Thread(target=_accept, args=(listener, context, to_port), daemon=True)
        accepts.start()
        yield TlsFront(listener.getsockname()[1], ca_file)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        accepts.join()


def _accept(listener: socket.socket, context: ssl.SSLContext, to_port: int) -> None:
    serving: list[threading.Thread] = []
    # TLS takes the socket over; a second handle ends what its other end keeps open.
    accepted: list[int] = []
    with suppress(OSError):
        while True:
            plain, _ = listener.accept()
            accepted.append(os.dup(plain.fileno()))
            one = threading.Thread(target=_serve, args=(plain, context, to_port), daemon=True)
            one.start()
            serving.append(one)
    for one, number in zip(serving, accepted, strict=True):
        with suppress(OSError), socket.socket(fileno=number) as same:
            same.shutdown(socket.SHUT_RDWR)
        one.join(timeout=5)


def _serve(plain: socket.socket, context: ssl.SSLContext, to_port: int) -> None:
    # Who refuses the certificate goes away.
    with (
        plain,
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as client,
        socket.create_connection(("127.0.0.1", to_port)) as server,
    ):
        back = threading.Thread(target=_pipe, args=(server, client), daemon=True)
        back.start()
        _pipe(client, server)
        back.join()


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _certificate(name: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trueback tests")])
    alternative: x509.GeneralName = x509.DNSName(name)
    with suppress(ValueError):
        alternative = x509.IPAddress(ip_address(name))
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), private
