"""Makes what an app can sign in with instead of a secret: credentials.py FOLDER.

`certificate.pem` and, with its key, `certificate-and-key.pem`; the keys of an issuer elsewhere, `issuer.json`, and its
token for the app, `federated.jwt`.
"""

import datetime
import json
import sys
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

now = datetime.datetime.now(datetime.timezone.utc)
hour = datetime.timedelta(hours=1)


def write(name, content):
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        file.write(content)


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


key = new_key()
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "real-clients.example")])
certificate = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - hour)
    .not_valid_after(now + 24 * hour)
    .sign(key, hashes.SHA256())
    .public_bytes(serialization.Encoding.PEM)
)
private = key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
write("certificate.pem", certificate)
write("certificate-and-key.pem", private + certificate)

issuer = new_key()
public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(issuer.public_key()))
public = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "elsewhere", "n": public["n"], "e": public["e"]}
write("issuer.json", json.dumps({"keys": [public]}).encode())
claims = {
    "iss": "https://issuer.example", "sub": "repo:real-clients", "aud": "api://AzureADTokenExchange",
    "iat": now, "nbf": now, "exp": now + hour, "jti": str(uuid.uuid4()),
}
write("federated.jwt", jwt.encode(claims, issuer, algorithm="RS256", headers={"kid": "elsewhere"}).encode())
