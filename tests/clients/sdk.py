"""PyPI azure-mgmt-managementpartner with azure-identity, also with asyncio."""

import asyncio
import logging
import os
from importlib.metadata import version

from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
    WorkloadIdentityCredential,
)
from azure.identity import aio as aio_identity
from azure.mgmt.managementpartner import ACEProvisioningManagementPartnerAPI
from azure.mgmt.managementpartner import aio as aio_client

from checks import GLOBAL, INVALID, LINKED, LYON, NAMES, NOT_LINKED, ROTTERDAM, UNKNOWN, Checks, kept_its_id

URL, TENANT, DOMAIN = os.environ["PAL_URL"], os.environ["TENANT"], os.environ["DOMAIN"]
SECRET = "-sandbox+secret of/pal%"
APP = "c11e0002-0000-4000-8000-00000000000{}"
PRINCIPAL = "ba020009-0000-4000-8000-00000000000{}"
INES, JORIS = ("ba020001-0000-4000-8000-00000000000{}".format(number) for number in (1, 2))
SCOPES = ["https://management.azure.com/.default"]
AUTHORITY = {"authority": URL, "disable_instance_discovery": True}

checks = Checks("python")
exchange = {}


def note(response):
    request, answer = response.http_request, response.http_response
    exchange["text"] = (
        f"request: {request.method} {request.url}\n"
        f"   x-ms-client-request-id: {request.headers.get('x-ms-client-request-id')}\n"
        f"answer: {answer.status_code} {dict(answer.headers)}\n   {answer.text()}"
    )


checks.last = lambda: exchange.get("text", "nothing was asked")


def client(credential, url=URL, **more):
    return ACEProvisioningManagementPartnerAPI(
        credential, base_url=url, credential_scopes=SCOPES, raw_response_hook=note, **more
    )


def link(what, found, partner, number, object_id):
    seen = (found.id, found.type, found.name, found.partner_id, found.partner_name, found.tenant_id)
    checks.same(what, seen, (
        f"/providers/microsoft.managementpartner/partners/{partner}",
        "Microsoft.ManagementPartner/partners", partner, partner, NAMES[partner], TENANT,
    ))
    checks.same(what, found.object_id, object_id)
    checks.same(what, (found.version, found.etag, found.state), (number, number, "Active"))


def refused(what, call, kind, status, code, message):
    try:
        call()
    except HttpResponseError as error:
        checks.same(what, type(error), kind)
        checks.same(what, (error.status_code, error.error.code), (status, code))
        if message is not None:
            checks.same(what, error.error.message, message)
        return
    checks.fail(what, "was not refused")


def life(api, object_id):
    """One link from nothing to nothing, with every refusal on the way."""
    missing = (ResourceNotFoundError, 404, "ManagementPartnerNotFound", NOT_LINKED)
    invalid = (HttpResponseError, 400, "PartnerIdInvalid", INVALID)
    exists = (ResourceExistsError, 409, "PartnerIdAlreadyLinked", LINKED)

    refused("get, not linked", lambda: api.partner.get(ROTTERDAM), *missing)
    refused("partners.get, not linked", api.partners.get, *missing)
    refused("update, not linked", lambda: api.partner.update(ROTTERDAM), *missing)
    checks.same("delete, not linked", api.partner.delete(ROTTERDAM), None)
    checks.ok("not linked: get, partners.get, update 404 ResourceNotFoundError; delete 200")
    for bad in (UNKNOWN, GLOBAL, "a/b c"):
        refused(f"create {bad!r}", lambda: api.partner.create(bad), *invalid)
    checks.ok("create of an unknown id, a global id and no id: 400 PartnerIdInvalid")

    made = api.partner.create(ROTTERDAM)
    link("create", made, ROTTERDAM, 1, object_id)
    checks.same("create, times", made.created_time, made.updated_time)
    checks.ok("create: 200, version 1, createdTime is updatedTime")
    link("get", api.partner.get(ROTTERDAM), ROTTERDAM, 1, object_id)
    link("partners.get", api.partners.get(), ROTTERDAM, 1, object_id)
    refused("get another", lambda: api.partner.get(LYON), *missing)
    checks.ok("get with the id, partners.get; get of another id 404")
    refused("create again", lambda: api.partner.create(ROTTERDAM), *exists)
    refused("create another", lambda: api.partner.create(LYON), *exists)
    checks.ok("create again, same id and another: 409 ResourceExistsError")
    refused("update to an unknown id", lambda: api.partner.update(UNKNOWN), *invalid)
    link("update", api.partner.update(LYON), LYON, 2, object_id)
    same = api.partner.update(LYON)
    link("update to the same", same, LYON, 2, object_id)
    checks.ok("update: version 2; to the same id nothing changes; to an unknown id 400")
    checks.same("delete of another id", api.partner.delete(ROTTERDAM), None)
    link("get after it", api.partners.get(), LYON, 2, object_id)
    checks.same("delete", api.partner.delete(LYON), None)
    refused("get after delete", api.partners.get, *missing)
    again = api.partner.create(LYON)
    link("create after delete", again, LYON, 4, object_id)
    checks.same("create after delete, createdTime", again.created_time, made.created_time)
    api.partner.delete(LYON)
    checks.ok("delete counts: created again it has version 4 and its first createdTime")


class Fixed:
    def __init__(self, token):
        self.token = token

    def get_token(self, *_, **__):
        return AccessToken(self.token, 2**31)


def main():
    secret = ClientSecretCredential(TENANT, APP.format(1), SECRET, **AUTHORITY)
    with client(secret) as api:
        life(api, PRINCIPAL.format(1))
        names = [operation.name.rsplit("/", 1)[1] for operation in api.operation.list()]
        checks.same("operations", names, ["read", "write", "action", "delete"])
        checks.ok("operations: read, write, action, delete")

    good = secret.get_token(*SCOPES).token
    for what, token in (("no token at all", "x"), ("a changed signature", good[:-8] + "AAAAAAAA")):
        with client(Fixed(token)) as api:
            refused(what, api.partners.get, ClientAuthenticationError, 401, "InvalidAuthenticationToken", None)
    checks.ok("tokens that are none, or are changed: 401 ClientAuthenticationError")
    try:
        ClientSecretCredential(TENANT, APP.format(1), "wrong", **AUTHORITY).get_token(*SCOPES)
        checks.fail("a wrong secret", "was not refused")
    except ClientAuthenticationError as error:
        if "AADSTS7000215" not in str(error):
            checks.fail("a wrong secret", str(error))
    checks.ok("a wrong secret: AADSTS7000215")

    every_sign_in()
    asyncio.run(with_asyncio())

    app = ClientSecretCredential(TENANT, APP.format(4), "sandbox-secret", **AUTHORITY)
    with client(app, os.environ["LOSSY_URL"], retry_backoff_factor=0.05) as api:
        link("create, lost answer", api.partner.create(ROTTERDAM), ROTTERDAM, 1, PRINCIPAL.format(4))
        api.partner.delete(ROTTERDAM)
    kept_its_id(checks, "azsdk-python", ["PUT", "DELETE"])
    checks.ok("answers got lost: PUT and DELETE sent again with their x-ms-client-request-id, done once")


def every_sign_in():
    """All ways in but the secret. Each principal has no link before, and has had one after."""
    token_file = os.environ["FEDERATED_TOKEN_FILE"]
    with open(token_file) as file:
        federated = file.read()
    codes = []
    for way, number, object_id, credential in (
        ("a certificate", 1, PRINCIPAL.format(2), CertificateCredential(
            DOMAIN, APP.format(2), certificate_path=os.environ["CERTIFICATE"], **AUTHORITY)),
        ("an assertion of another issuer", 1, PRINCIPAL.format(3), ClientAssertionCredential(
            TENANT, APP.format(3), func=lambda: federated, **AUTHORITY)),
        ("a workload's token file", 3, PRINCIPAL.format(3), WorkloadIdentityCredential(
            tenant_id=DOMAIN, client_id=APP.format(3), token_file_path=token_file, **AUTHORITY)),
        ("a device code", 1, INES, DeviceCodeCredential(
            tenant_id=DOMAIN, prompt_callback=lambda *words: codes.append(words), **AUTHORITY)),
        ("a browser", 1, JORIS, InteractiveBrowserCredential(tenant_id=TENANT, timeout=30, **AUTHORITY)),
    ):
        with client(credential) as api:
            link(f"create, {way}", api.partner.create(LYON), LYON, number, object_id)
            api.partner.delete(LYON)
        checks.ok(f"signed in with {way}: create, delete")
    checks.same("device codes", len(codes), 1)
    with open(os.environ["BROWSER_LOG"]) as log:
        checks.same("browser", len(log.read().split()), 1)


async def with_asyncio():
    """The same client with asyncio, which has an HTTP stack of its own."""
    ca = {"connection_verify": os.environ["REQUESTS_CA_BUNDLE"]}
    credential = aio_identity.ClientSecretCredential(TENANT, APP.format(5), "sandbox-secret", **AUTHORITY, **ca)
    async with credential, aio_client.ACEProvisioningManagementPartnerAPI(
        credential, base_url=URL, credential_scopes=SCOPES, raw_response_hook=note, **ca
    ) as api:
        try:
            await api.partners.get()
            checks.fail("asyncio: get, not linked", "was not refused")
        except ResourceNotFoundError as error:
            checks.same("asyncio: get, not linked", error.error.code, "ManagementPartnerNotFound")
        link("asyncio: create", await api.partner.create(ROTTERDAM), ROTTERDAM, 1, PRINCIPAL.format(5))
        link("asyncio: update", await api.partner.update(LYON), LYON, 2, PRINCIPAL.format(5))
        link("asyncio: get", await api.partner.get(LYON), LYON, 2, PRINCIPAL.format(5))
        link("asyncio: partners.get", await api.partners.get(), LYON, 2, PRINCIPAL.format(5))
        checks.same("asyncio: delete", await api.partner.delete(LYON), None)
        names = [operation.name async for operation in api.operation.list()]
        checks.same("asyncio: operations", len(names), 4)
    checks.ok("asyncio: get, create, update, partners.get, delete, operations")


logging.disable()  # what fails is told below, once
for package in ("azure-mgmt-managementpartner", "azure-identity"):
    checks.ok(f"{package} {version(package)}")
checks.run(main)
