#!/usr/bin/python3
"""Shows a server JSON Web Tokens that PyJWT has signed, over gRPC and HTTP.

usage: jwt_client.py SERVER TRAINER ADVAE

Takes advae-server, the fake trainer of tests/server and advae. Exits with 77 without grpcio, numpy, PyJWT
and cryptography.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python")]

try:
    import grpc  # noqa: F401
    import jwt
    import numpy
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

import tested_server
from advae import Client

ISSUER = "https://issuer.example"
AUDIENCE = "advae"

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {"RS256": RSA, "RS384": RSA, "RS512": RSA, "PS256": RSA, "PS384": RSA, "PS512": RSA,
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "ES512": ec.generate_private_key(ec.SECP521R1())}


def number(value, size):
    return jwt.utils.base64url_encode(value.to_bytes(size, "big")).decode()


def jwk(algorithm):
    """The public key of an algorithm, whose "kid" is the algorithm's name."""
    numbers = KEYS[algorithm].public_key().public_numbers()
    if algorithm.startswith("ES"):
        size = (KEYS[algorithm].key_size + 7) // 8
        key = {"kty": "EC", "crv": f"P-{KEYS[algorithm].key_size}", "x": number(numbers.x, size),
               "y": number(numbers.y, size)}
    else:
        key = {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3)}
    return {**key, "kid": algorithm, "alg": algorithm, "use": "sig"}


def sign(algorithm, key=None, **claims):
    now = int(time.time())
    return jwt.encode({"iss": ISSUER, "aud": ["billing", AUDIENCE], "sub": "subject-1", "iat": now,
                       "nbf": now, "exp": now + 300, **claims},
                      key or KEYS[algorithm], algorithm=algorithm, headers={"kid": algorithm})


def http_status(address, token):
    request = urllib.request.Request(f"http://{address}/v1/models",
                                     headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=tested_server.LIMIT_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def refusal(address, token):
    """What the server says of a token that it does not take."""
    try:
        with Client(address, token=token) as client:
            client.models()
    except Exception as error:  # pylint: disable=broad-except
        assert token.split(".")[1] not in str(error)
        return str(error)
    raise AssertionError("the token was taken")


def main():
    server_program, trainer, advae = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        keys = pathlib.Path(folder) / "keys.json"
        keys.write_text(json.dumps({"keys": [jwk(algorithm) for algorithm in KEYS]}))
        tokens = f"{folder}/tokens.json"
        subprocess.run([advae, "token", "create", f"--file={tokens}", "--name=etl", "--role=trainer",
                        "--subject=subject-1"], check=True)
        server = tested_server.Server(server_program, trainer, folder, flags=(
            f"--tokens={tokens}", f"--jwt_keys={keys}", f"--jwt_issuer={ISSUER}",
            f"--jwt_audience={AUDIENCE}", "--http_listen=127.0.0.1:0"))
        try:
            with Client(server.address, token=sign("ES256")) as client:
                client.train("pump", numpy.arange(60.0).reshape(20, 3))
            for algorithm in KEYS:
                token = sign(algorithm)
                with Client(server.address, token=token) as client:
                    assert len(client.score("pump", [[1.5, 2.5, 3.5]])) == 1, algorithm
                assert http_status(server.http_address, token) == 200, algorithm
            for token, reason in (
                    (sign("ES256", exp=int(time.time()) - 100), "has expired"),
                    (sign("ES256", aud="billing"), "another audience"),
                    (sign("ES256", iss="https://other.example"), "another issuer"),
                    (sign("RS256", key=rsa.generate_private_key(public_exponent=65537,
                                                                key_size=2048)), "signature"),
                    (sign("HS256", key="a secret of some length that nobody has"), "alg"),
                    (sign("ES256", sub="subject-2"), "no rights were given")):
                assert reason in refusal(server.address, token), reason
                assert http_status(server.http_address, token) == 401, reason
        finally:
            status, log = server.stop()
    assert status == 0, log
    print("ok")


main()
