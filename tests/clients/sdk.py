"""PyPI azure-mgmt-managementpartner with azure-identity."""

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
from azure.identity import CertificateCredential, ClientSecretCredential, DeviceCodeCredential
from azure.mgmt.managementpartner import ACEProvisioningManagementPartnerAPI

from checks import GLOBAL, INVALID, LINKED, LYON, NOT_LINKED, ROTTERDAM, UNKNOWN, Checks, kept_its_id

URL, TENANT, DOMAIN = os.environ["PAL_URL"], os.environ["TENANT"], os.environ["DOMAIN"]
SECRET = "-sandbox+secret of/python%"
APP = "c11e0002-0000-4000-8000-0000000000{:02}"
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


def link(what, found, partner, name, number, object_id):
    seen = (found.id, found.type, found.name, found.partner_id, found.partner_name, found.tenant_id)
    checks.same(what, seen, (
        f"/providers/microsoft.managementpartner/partners/{partner}",
        "Microsoft.ManagementPartner/partners", partner, partner, name, TENANT,
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
    link("create", made, ROTTERDAM, "Brackenfold Digital, Rotterdam", 1, object_id)
    checks.same("create, times", made.created_time, made.updated_time)
    checks.ok("create: 200, version 1, createdTime is updatedTime")
    link("get", api.partner.get(ROTTERDAM), ROTTERDAM, "Brackenfold Digital, Rotterdam", 1, object_id)
    link("partners.get", api.partners.get(), ROTTERDAM, "Brackenfold Digital, Rotterdam", 1, object_id)
    refused("get another", lambda: api.partner.get(LYON), *missing)
    checks.ok("get with the id, partners.get; get of another id 404")
    refused("create again", lambda: api.partner.create(ROTTERDAM), *exists)
    refused("create another", lambda: api.partner.create(LYON), *exists)
    checks.ok("create again, same id and another: 409 ResourceExistsError")
    refused("update to an unknown id", lambda: api.partner.update(UNKNOWN), *invalid)
    link("update", api.partner.update(LYON), LYON, "Brackenfold Digital, Lyon", 2, object_id)
    same = api.partner.update(LYON)
    link("update to the same", same, LYON, "Brackenfold Digital, Lyon", 2, object_id)
    checks.ok("update: version 2; to the same id nothing changes; to an unknown id 400")
    checks.same("delete of another id", api.partner.delete(ROTTERDAM), None)
    link("get after it", api.partners.get(), LYON, "Brackenfold Digital, Lyon", 2, object_id)
    checks.same("delete", api.partner.delete(LYON), None)
    refused("get after delete", api.partners.get, *missing)
    again = api.partner.create(LYON)
    link("create after delete", again, LYON, "Brackenfold Digital, Lyon", 4, object_id)
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
        life(api, "ba020009-0000-4000-8000-000000000001")
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

    certificate = CertificateCredential(
        DOMAIN, APP.format(4), certificate_path=os.environ["CERTIFICATE"], **AUTHORITY
    )
    with client(certificate) as api:
        object_id = "ba020009-0000-4000-8000-000000000004"
        link("create", api.partner.create(LYON), LYON, "Brackenfold Digital, Lyon", 1, object_id)
        api.partner.delete(LYON)
    checks.ok("signed in with a certificate, tenant by its domain: create, delete")

    messages = []
    device = DeviceCodeCredential(
        tenant_id=DOMAIN, prompt_callback=lambda *words: messages.append(words), **AUTHORITY
    )
    with client(device) as api:
        object_id = "ba020001-0000-4000-8000-000000000001"
        link("create", api.partner.create(LYON), LYON, "Brackenfold Digital, Lyon", 1, object_id)
        api.partner.delete(LYON)
    checks.same("device code", len(messages), 1)
    checks.ok("signed in with a device code: create, delete")

    app = ClientSecretCredential(TENANT, APP.format(11), "sandbox-secret", **AUTHORITY)
    with client(app, os.environ["LOSSY_URL"], retry_backoff_factor=0.05) as api:
        object_id = "ba020009-0000-4000-8000-000000000011"
        made = api.partner.create(ROTTERDAM)
        link("create, lost answer", made, ROTTERDAM, "Brackenfold Digital, Rotterdam", 1, object_id)
        api.partner.delete(ROTTERDAM)
    kept_its_id(checks, "azsdk-python", ["PUT", "DELETE"])
    checks.ok("answers got lost: PUT and DELETE sent again with their x-ms-client-request-id, done once")


logging.disable()  # what fails is told below, once
for package in ("azure-mgmt-managementpartner", "azure-identity"):
    checks.ok(f"{package} {version(package)}")
checks.run(main)
