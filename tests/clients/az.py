"""azure-cli 2.66 with the extension managementpartner 0.1.2, one process per command, as people run it."""

import glob
import json
import os
import subprocess
import sys

from checks import GLOBAL, INVALID, LINKED, LYON, NOT_LINKED, ROTTERDAM, UNKNOWN, Checks, kept_its_id

URL, LOSSY, TENANT, DOMAIN = (os.environ[name] for name in ("PAL_URL", "LOSSY_URL", "TENANT", "DOMAIN"))
APP = "c11e0002-0000-4000-8000-0000000000{:02}"
SECRET = "-sandbox+secret of/az%"
PARTNERS = "/providers/Microsoft.ManagementPartner/partners"
VERSION = "?api-version=2018-02-01"

checks = Checks("az")
run = {}
checks.last = lambda: (
    f"request: az {' '.join(run['arguments'])}\nanswer: exit code {run['code']}\n{run['out']}{run['err']}"
)


class Az:
    """One az with a configuration folder of its own; the extension is shared."""

    def __init__(self, name):
        folder = f"{os.environ['AZ_WORK']}/{name}"
        os.makedirs(folder, exist_ok=True)
        self.environment = os.environ | {
            "AZURE_CONFIG_DIR": folder,
            "AZURE_EXTENSION_DIR": f"{os.environ['AZ_WORK']}/extensions",
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_NO_COLOR": "true",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        }

    def __call__(self, *arguments, code=0):
        """Runs a command; answers what it printed, read as JSON where it printed something."""
        command = [sys.executable, "-m", "azure.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        run.update(arguments=arguments, code=done.returncode, out=done.stdout, err=done.stderr)
        if done.returncode != code:
            checks.fail(" ".join(arguments[:3]), f"expected exit code {code}")
        return json.loads(done.stdout) if code == 0 and done.stdout.strip() else None

    def partner(self, verb, *arguments):
        return self("managementpartner", verb, *arguments)

    def refused(self, *arguments, words, code=1):
        self(*arguments, code=code)
        for word in words:
            if word not in run["err"]:
                checks.fail(" ".join(arguments[:3]), f"`{word}` was not said")

    def rest(self, method, path, *more):
        return self("rest", "--method", method, "--url", path + VERSION, *more)


def link(what, found, partner, name, object_id):
    """What the extension shows of a link."""
    expected = {
        "objectId": object_id, "partnerId": partner, "partnerName": name, "state": "Active", "tenantId": TENANT,
    }
    checks.same(what, found, expected)


def login(az, app, secret, tenant):
    found = az(
        "login", "--service-principal", "-u", app, f"--password={secret}", "--tenant", tenant,
        "--allow-no-subscriptions",
    )
    checks.same("login", (len(found), found[0]["tenantId"]), (1, TENANT))


def life(az, object_id):
    """One link from nothing to nothing, with every refusal on the way. This az exits 3 where the extension meets
    a 404.
    """
    rotterdam, lyon = ("--partner-id", ROTTERDAM), ("--partner-id", LYON)
    az.refused("managementpartner", "show", words=[NOT_LINKED], code=3)
    az.refused("managementpartner", "show", *rotterdam, words=[NOT_LINKED], code=3)
    az.refused("managementpartner", "update", *rotterdam, words=[NOT_LINKED], code=3)
    az.partner("delete", *rotterdam)
    checks.ok("not linked: show with and without id, update refused; delete exits 0")
    for bad in (UNKNOWN, GLOBAL):
        az.refused("managementpartner", "create", "--partner-id", bad, words=[INVALID])
    checks.ok("create of an unknown id and a global id refused: The Partner ID is not valid")

    link("create", az.partner("create", *rotterdam), ROTTERDAM, "Brackenfold Digital, Rotterdam", object_id)
    link("show", az.partner("show"), ROTTERDAM, "Brackenfold Digital, Rotterdam", object_id)
    link("show", az.partner("show", *rotterdam), ROTTERDAM, "Brackenfold Digital, Rotterdam", object_id)
    az.refused("managementpartner", "show", *lyon, words=[NOT_LINKED], code=3)
    checks.ok("create, show with and without id; show of another id refused")
    az.refused("managementpartner", "create", *lyon, words=[LINKED])
    checks.ok("create while linked refused")
    link("update", az.partner("update", *lyon), LYON, "Brackenfold Digital, Lyon", object_id)
    checks.ok("update")

    body = az.rest("get", PARTNERS)
    checks.same("rest get", sorted(body), ["etag", "id", "name", "properties", "type"])
    checks.same("rest get", (body["etag"], body["properties"]["version"]), (2, 2))
    checks.same("rest get, id", az.rest("get", f"{PARTNERS}/{LYON}"), body)
    checks.ok("rest get with and without id: version 2")
    for method, partner, words in (
        ("put", LYON, ["Conflict(", "PartnerIdAlreadyLinked"]),
        ("patch", UNKNOWN, ["Bad Request(", "PartnerIdInvalid"]),
        ("get", ROTTERDAM, ["Not Found(", "ManagementPartnerNotFound"]),
    ):
        az.refused("rest", "--method", method, "--url", f"{PARTNERS}/{partner}{VERSION}", words=words)
    az.refused("rest", "--method", "get", "--url", PARTNERS, words=["Bad Request(", "MissingApiVersionParameter"])
    az.refused(
        "rest", "--method", "get", "--url", URL + PARTNERS + VERSION, "--skip-authorization-header",
        words=["Unauthorized(", "AuthenticationFailed"],
    )
    az.refused(
        "rest", "--method", "get", "--url", URL + PARTNERS + VERSION, "--headers", "Authorization=Bearer x",
        words=["Unauthorized(", "InvalidAuthenticationToken"],
    )
    checks.ok("rest: 409, 400, 404, no api-version 400, no token 401, bad token 401")
    az.partner("delete", *lyon)
    az.refused("managementpartner", "show", words=[NOT_LINKED], code=3)
    checks.ok("delete, then show refused")
    again = az.rest("put", f"{PARTNERS}/{LYON}", "--body", json.dumps({"partnerId": LYON}))
    checks.same("rest put", (again["etag"], again["properties"]["createdTime"]), (4, body["properties"]["createdTime"]))
    changed = az.rest("patch", f"{PARTNERS}/{ROTTERDAM}")
    checks.same("rest patch", (changed["name"], changed["etag"]), (ROTTERDAM, 5))
    checks.same("rest delete", az.rest("delete", f"{PARTNERS}/{ROTTERDAM}"), None)
    operations = az.rest("get", "/providers/Microsoft.ManagementPartner/operations")["value"]
    checks.same("operations", len(operations), 4)
    checks.ok("rest: put after delete has version 4 and the first createdTime, patch, delete, operations")


def main():
    az = Az("secret")
    (wheel,) = glob.glob(f"{os.environ['CLIENTS']}/wheels/managementpartner-*.whl")
    az("extension", "add", "--source", wheel, "--yes")
    versions = az("version")
    checks.same("version", versions["azure-cli"], "2.66.0")
    extension = versions["extensions"]["managementpartner"]
    checks.ok(f"azure-cli {versions['azure-cli']}, extension managementpartner {extension}")
    az("cloud", "register", "-n", "pal", "--endpoint-resource-manager", URL)
    az("cloud", "set", "-n", "pal")
    checks.ok("cloud register by discovery, cloud set")
    az.refused(
        "login", "--service-principal", "-u", APP.format(2), "--password=wrong", "--tenant", TENANT,
        "--allow-no-subscriptions", words=["AADSTS7000215"],
    )
    checks.ok("login with a wrong secret refused: AADSTS7000215")
    login(az, APP.format(2), SECRET, DOMAIN)
    token = az("account", "get-access-token")
    checks.same("get-access-token", (token["tokenType"], token["tenant"]), ("Bearer", TENANT))
    checks.ok("login with a secret, tenant by its domain; get-access-token")
    life(az, "ba020009-0000-4000-8000-000000000002")
    az("logout")

    az("login", "--service-principal", "-u", APP.format(4), "--certificate", os.environ["CERTIFICATE"],
       "--tenant", TENANT, "--allow-no-subscriptions")
    az.partner("create", "--partner-id", LYON)
    az.partner("delete", "--partner-id", LYON)
    az("logout")
    checks.ok("login with a certificate: create, delete")

    az("login", "--use-device-code", "--tenant", DOMAIN, "--allow-no-subscriptions")
    object_id = "ba020001-0000-4000-8000-000000000001"
    made = az.partner("create", "--partner-id", LYON)
    link("create", made, LYON, "Brackenfold Digital, Lyon", object_id)
    az.partner("delete", "--partner-id", LYON)
    az("logout")
    checks.ok("login with a device code, tenant by its domain: create, delete")

    az("login", "--use-device-code", "--allow-no-subscriptions")
    link("create", az.partner("create", "--partner-id", LYON), LYON, "Brackenfold Digital, Lyon", object_id)
    az.partner("delete", "--partner-id", LYON)
    az("logout")
    checks.ok("login with a device code, tenant left to the server: create, delete")

    lossy = Az("lossy")
    lossy("cloud", "register", "-n", "lossy", "--endpoint-resource-manager", LOSSY)
    lossy("cloud", "set", "-n", "lossy")
    login(lossy, APP.format(12), "sandbox-secret", TENANT)
    lossy.partner("create", "--partner-id", ROTTERDAM)
    checks.same("create, lost answer", lossy.rest("get", PARTNERS)["etag"], 1)
    lossy.partner("delete", "--partner-id", ROTTERDAM)
    kept_its_id(checks, "AZURECLI", ["PUT", "DELETE"])
    checks.ok("answers got lost: PUT and DELETE sent again with their x-ms-client-request-id, done once")


checks.run(main)
