"""azure-cli 2.66 with the extension managementpartner 0.1.2."""

import glob
import os

from az import DOMAIN, PARTNERS, PRINCIPAL, SECRET, TENANT, URL, Az
from az import every_sign_in, front_door, rest_life, signed_in_where_answers_get_lost, wrong_sign_ins
from checks import GLOBAL, INVALID, LINKED, LYON, NAMES, NOT_LINKED, ROTTERDAM, UNKNOWN, Checks, kept_its_id

checks = Checks("az 2.66")


def partner(az, verb, *arguments):
    return az("managementpartner", verb, *arguments)


def link(what, found, partner_id):
    """What the extension shows of a link."""
    expected = {
        "objectId": PRINCIPAL.format(1), "partnerId": partner_id, "partnerName": NAMES[partner_id],
        "state": "Active", "tenantId": TENANT,
    }
    checks.same(what, found, expected)


def life(az):
    """One link from nothing to nothing, with every refusal on the way. This az exits 3 where the extension meets
    a 404.
    """
    rotterdam, lyon = ("--partner-id", ROTTERDAM), ("--partner-id", LYON)
    for arguments in (["show"], ["show", *rotterdam], ["update", *rotterdam]):
        az.refused("managementpartner", *arguments, words=[NOT_LINKED], code=3)
    partner(az, "delete", *rotterdam)
    checks.ok("not linked: show with and without id, update refused; delete exits 0")
    for bad in (UNKNOWN, GLOBAL):
        az.refused("managementpartner", "create", "--partner-id", bad, words=[INVALID])
    checks.ok("create of an unknown id and a global id refused: The Partner ID is not valid")

    link("create", partner(az, "create", *rotterdam), ROTTERDAM)
    link("show", partner(az, "show"), ROTTERDAM)
    link("show", partner(az, "show", *rotterdam), ROTTERDAM)
    az.refused("managementpartner", "show", *lyon, words=[NOT_LINKED], code=3)
    checks.ok("create, show with and without id; show of another id refused")
    az.refused("managementpartner", "create", *lyon, words=[LINKED])
    az.refused("managementpartner", "update", "--partner-id", UNKNOWN, words=[INVALID])
    link("update", partner(az, "update", *lyon), LYON)
    checks.ok("create while linked and update to an unknown id refused; update")
    partner(az, "delete", *lyon)
    az.refused("managementpartner", "show", words=[NOT_LINKED], code=3)
    checks.ok("delete, then show refused")


def lost_answers():
    az = signed_in_where_answers_get_lost(checks)
    partner(az, "create", "--partner-id", ROTTERDAM)
    checks.same("create, lost answer", az.rest("get", PARTNERS)["etag"], 1)
    partner(az, "delete", "--partner-id", ROTTERDAM)
    kept_its_id(checks, "AZURECLI", ["PUT", "DELETE"])
    checks.ok("answers got lost: PUT and DELETE sent again with their x-ms-client-request-id, done once")


def main():
    az = Az(checks, "own")
    (wheel,) = glob.glob(f"{os.environ['CLIENTS']}/wheels/managementpartner-*.whl")
    az("extension", "add", "--source", wheel, "--yes")
    versions = az("version")
    extension = versions["extensions"]["managementpartner"]
    checks.same("version", (versions["azure-cli"], extension), ("2.66.0", "0.1.2"))
    checks.ok(f"azure-cli {versions['azure-cli']}, extension managementpartner {extension}")
    az.use_cloud("pal", URL)
    checks.ok("cloud register by discovery, cloud set")
    wrong_sign_ins(az)
    az.login_app(1, f"--password={SECRET}", tenant=DOMAIN)
    token = az("account", "get-access-token")
    checks.same("get-access-token", (token["tokenType"], token["tenant"]), ("Bearer", TENANT))
    checks.ok("login with a secret, tenant by its domain; get-access-token")
    life(az)
    rest_life(az, 4, PRINCIPAL.format(1))
    front_door(az)
    az("logout")
    every_sign_in(az, "query")
    lost_answers()


checks.run(main)
