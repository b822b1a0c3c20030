"""The current azure-cli. The extension that works with it is in no package registry, so `az rest` drives the provider."""

import json
import uuid

from az import DOMAIN, PARTNERS, PRINCIPAL, SECRET, TENANT, URL, VERSION, Az
from az import every_sign_in, front_door, rest_life, signed_in_as, signed_in_where_answers_get_lost, wrong_sign_ins
from checks import LYON, ROTTERDAM, Checks, kept_its_id

checks = Checks("az 2.91")


def lost_answers():
    """Commands on azure-core send again by themselves; `az rest` leaves that to people."""
    az = signed_in_where_answers_get_lost(checks)
    made = az(
        "resource", "create", "--id", f"{PARTNERS}/{ROTTERDAM}", "--api-version", "2018-02-01",
        "--is-full-object", "--properties", json.dumps({"location": "global"}),
    )
    checks.same("resource create, lost answer", made["etag"], 1)
    kept_its_id(checks, "AZURECLI", ["PUT"])
    checks.ok("resource create, its answer got lost: PUT sent again with its x-ms-client-request-id, done once")
    same_id = ("--headers", f"x-ms-client-request-id={uuid.uuid4()}")
    for method, partner, more in (("delete", ROTTERDAM, ()), ("put", LYON, same_id)):
        path = f"{PARTNERS}/{partner}"
        az.rest_refused(method, path + VERSION, "Connection aborted", more=more)
        answer = az.rest(method, path, *more)
    checks.same("rest put, repeated by hand", answer["etag"], 3)
    checks.ok("rest, its answer got lost: the same DELETE again, the same PUT with the same id again, done once")


def main():
    az = Az(checks, "own")
    version = az("version")["azure-cli"]
    checks.same("version", version, "2.91.0")
    checks.ok(f"azure-cli {version}")
    az.use_cloud("pal", URL)
    checks.ok("cloud register by discovery, cloud set")
    wrong_sign_ins(az)
    found = az.login_app(1, f"--password={SECRET}", tenant=DOMAIN)
    checks.same("login", [account["tenantId"] for account in found], [TENANT])
    token = az("account", "get-access-token")
    checks.same("get-access-token", (token["tokenType"], token["tenant"]), ("Bearer", TENANT))
    checks.ok("login with a secret, tenant by its domain; get-access-token")
    rest_life(az, 1, PRINCIPAL.format(1))
    front_door(az)
    az("logout")
    az.login_app(1, f"--password={SECRET}", "--skip-subscription-discovery")
    signed_in_as(az, "with a secret, --skip-subscription-discovery", PRINCIPAL.format(1))
    every_sign_in(az, "form_post")
    lost_answers()


checks.run(main)
