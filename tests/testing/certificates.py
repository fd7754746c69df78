"""Certificates for tests, made by openssl."""

import subprocess


def make_certificate(folder, name, subject, extension, *signer):
    """Makes NAME.key and NAME.pem, signed by itself or as the arguments `signer` of openssl say."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", subject, "-addext", extension,
         "-keyout", f"{name}.key", "-out", f"{name}.pem", *signer],
        cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    """Those of an authority (`ca`), of a server at 127.0.0.1 (`server`) and of a client (`client`),
    and of another authority (`other`)."""
    for name in ("ca", "other"):
        make_certificate(folder, name, f"/CN=test authority {name}", "basicConstraints=critical,CA:true")
    for name in ("server", "client"):
        make_certificate(folder, name, f"/CN={name}", "subjectAltName=IP:127.0.0.1",
                         "-CA", "ca.pem", "-CAkey", "ca.key")
