"""The current azure-cli. The extension that works with it is in no package registry, so `az rest` drives the provider."""

import json

from az import DOMAIN, PARTNERS, PRINCIPAL, SECRET, TENANT, URL, VERSION, Az
from az import every_sign_in, front_door, rest_life, signed_in_as, signed_in_where_answers_get_lost, wrong_sign_ins
from checks import LYON, ROTTERDAM, Checks, kept_its_id

checks = Checks("az 2.91")


def lost_answers():
    """Commands on azure-core send again by themselves; `az rest` leaves that to people, and asks with a new id."""
    az = signed_in_where_answers_get_lost(checks)
    made = az(
        "resource", "create", "--id", f"{PARTNERS}/{ROTTERDAM}", "--api-version", "2018-02-01",
        "--is-full-object", "--properties", json.dumps({"location": "global"}),
    )
    checks.same("resource create, lost answer", made["etag"], 1)
    kept_its_id(checks, "AZURECLI", ["PUT"])
    checks.ok("resource create, its answer got lost: PUT sent again with its x-ms-client-request-id, done once")
    for method, partner in (("delete", ROTTERDAM), ("put", LYON)):
        az.rest_refused(method, f"{PARTNERS}/{partner}{VERSION}", "Connection aborted")
    az.rest("delete", f"{PARTNERS}/{ROTTERDAM}")
    az.rest_refused("put", f"{PARTNERS}/{LYON}{VERSION}", "PartnerIdAlreadyLinked")
    checks.same("rest put, its answer got lost", az.rest("get", PARTNERS)["etag"], 3)
    checks.ok("rest, answers got lost: not sent again, done once; DELETE again 200, PUT again 409: each has a new id")


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
