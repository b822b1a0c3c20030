"""What the checks of both azure-cli have in common: one process per command, as people run it."""

import json
import os
import subprocess
import sys

from checks import GLOBAL, INVALID, LINKED, LYON, NAMES, NOT_LINKED, ROTTERDAM, UNKNOWN

URL, LOSSY, TENANT, DOMAIN = (os.environ[name] for name in ("PAL_URL", "LOSSY_URL", "TENANT", "DOMAIN"))
APP = "c11e0002-0000-4000-8000-00000000000{}"
PRINCIPAL = "ba020009-0000-4000-8000-00000000000{}"
INES, JORIS = ("ba020001-0000-4000-8000-00000000000{}".format(number) for number in (1, 2))
SECRET = "-sandbox+secret of/pal%"
PROVIDER = "/providers/Microsoft.ManagementPartner"
PARTNERS = f"{PROVIDER}/partners"
VERSION = "?api-version=2018-02-01"
NO_SUBSCRIPTIONS = "--allow-no-subscriptions"


class Az:
    """One az with a configuration folder of its own."""

    def __init__(self, checks, name):
        self.checks = checks
        self.done = {"arguments": (), "code": None, "out": "", "err": ""}
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

    def told(self):
        """The last command and what it said."""
        return "request: az {arguments}\nanswer: exit code {code}\n{out}{err}".format(
            **self.done | {"arguments": " ".join(self.done["arguments"])}
        )

    def __call__(self, *arguments, code=0):
        """Runs a command; answers what it printed, read as JSON where it printed something."""
        self.checks.last = self.told
        command = [sys.executable, "-m", "azure.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180
        )
        self.done = {"arguments": arguments, "code": done.returncode, "out": done.stdout, "err": done.stderr}
        if done.returncode != code:
            self.checks.fail(" ".join(arguments[:3]), f"expected exit code {code}")
        return json.loads(done.stdout) if code == 0 and done.stdout.strip() else None

    def refused(self, *arguments, words, code=1):
        self(*arguments, code=code)
        for word in words:
            if word not in self.done["err"]:
                self.checks.fail(" ".join(arguments[:3]), f"`{word}` was not said")

    def rest(self, method, path, *more):
        return self("rest", "--method", method, "--url", path + VERSION, *more)

    def rest_refused(self, method, address, *words, more=()):
        self.refused("rest", "--method", method, "--url", address, *more, words=words)

    def use_cloud(self, name, url):
        self("cloud", "register", "-n", name, "--endpoint-resource-manager", url)
        self("cloud", "set", "-n", name)

    def login_app(self, number, *proof, tenant=TENANT):
        return self(
            "login", "--service-principal", "-u", APP.format(number), *proof, "--tenant", tenant, NO_SUBSCRIPTIONS
        )


def signed_in_as(az, way, object_id):
    """A link made and removed by whom the sign-in just made says; then out."""
    az.checks.same(f"{way}: account", az("account", "show")["tenantId"], TENANT)
    made = az.rest("put", f"{PARTNERS}/{LYON}")["properties"]
    az.checks.same(f"{way}: link", (made["objectId"], made["partnerName"]), (object_id, NAMES[LYON]))
    az.rest("delete", f"{PARTNERS}/{LYON}")
    az("logout")
    az.checks.ok(f"login {way}: link made and removed")


def every_sign_in(az, response_mode):
    """All ways in but the secret, which comes first elsewhere.

    - `response_mode`: how this az wants to hear from the browser.
    """
    az.login_app(2, "--certificate", os.environ["CERTIFICATE"])
    signed_in_as(az, "with a certificate", PRINCIPAL.format(2))
    with open(os.environ["FEDERATED_TOKEN_FILE"]) as token:
        az.login_app(3, "--federated-token", token.read(), tenant=DOMAIN)
    signed_in_as(az, "with a federated token, tenant by its domain", PRINCIPAL.format(3))
    az("login", "--use-device-code", "--tenant", DOMAIN, NO_SUBSCRIPTIONS)
    signed_in_as(az, "with a device code, tenant by its domain", INES)
    az("login", "--use-device-code", NO_SUBSCRIPTIONS)
    signed_in_as(az, "with a device code, no tenant named", INES)
    az("login", "--tenant", TENANT, NO_SUBSCRIPTIONS)
    signed_in_as(az, f"in a browser, {response_mode}", JORIS)
    az("login", NO_SUBSCRIPTIONS)
    signed_in_as(az, f"in a browser, {response_mode}, no tenant named", JORIS)
    with open(os.environ["BROWSER_LOG"]) as log:
        az.checks.same("browser", log.read().split("\n"), [response_mode, response_mode, ""])


def wrong_sign_ins(az):
    """Each must be told apart by its code."""
    def refused(number, proof, code, tenant=TENANT):
        az.refused(
            "login", "--service-principal", "-u", APP.format(number), *proof, "--tenant", tenant, NO_SUBSCRIPTIONS,
            words=[code],
        )

    refused(1, ["--password=wrong"], "AADSTS7000215")
    refused(9, ["--password=wrong"], "AADSTS700016")
    with open(os.environ["FEDERATED_TOKEN_FILE"]) as token:
        refused(2, ["--federated-token", token.read()], "AADSTS70021")
    az.checks.ok("login refused: wrong secret AADSTS7000215, unknown app 700016, token of a foreign issuer 70021")


def rest_life(az, number, object_id):
    """The whole provider by `az rest`, for an app that has no link.

    - `number`: the version that its link starts with.
    """
    checks = az.checks
    missing = ("Not Found(", "ManagementPartnerNotFound", NOT_LINKED)
    invalid = ("Bad Request(", "PartnerIdInvalid", INVALID)
    exists = ("Conflict(", "PartnerIdAlreadyLinked", LINKED)
    at = lambda partner: f"{PARTNERS}/{partner}{VERSION}"

    def link(what, found, partner, version):
        checks.same(what, sorted(found), ["etag", "id", "name", "properties", "type"])
        properties = found["properties"]
        seen = [found["name"], found["etag"]] + [
            properties[name] for name in ("partnerId", "partnerName", "tenantId", "objectId", "version", "state")
        ]
        checks.same(what, seen, [partner, version, partner, NAMES[partner], TENANT, object_id, version, "Active"])
        return properties

    for method, address in (("get", PARTNERS + VERSION), ("get", at(LYON)), ("patch", at(LYON))):
        az.rest_refused(method, address, *missing)
    checks.same("rest delete, not linked", az.rest("delete", f"{PARTNERS}/{LYON}"), None)
    for bad in (UNKNOWN, GLOBAL, "a%2Fb"):
        az.rest_refused("put", at(bad), *invalid)
    checks.ok("rest, not linked: get with and without id, patch 404; delete 200; put of a bad id 400")

    made = link("rest put", az.rest("put", f"{PARTNERS}/{ROTTERDAM}"), ROTTERDAM, number)
    link("rest get", az.rest("get", PARTNERS), ROTTERDAM, number)
    link("rest get, slash", az.rest("get", PARTNERS + "/"), ROTTERDAM, number)
    link("rest get, id", az.rest("get", f"{PARTNERS}/{ROTTERDAM}"), ROTTERDAM, number)
    az.rest_refused("get", at(LYON), *missing)
    az.rest_refused("put", at(ROTTERDAM), *exists)
    az.rest_refused("put", at(LYON), *exists)
    az.rest_refused("patch", at(UNKNOWN), *invalid)
    checks.ok("rest: put, get with and without id; get of another id 404, put while linked 409, patch to a bad id 400")
    body = ("--body", json.dumps({"partnerId": LYON}))
    link("rest patch", az.rest("patch", f"{PARTNERS}/{LYON}", *body), LYON, number + 1)
    az.rest("delete", f"{PARTNERS}/{LYON}")
    az.rest_refused("get", PARTNERS + VERSION, *missing)
    again = link("rest put again", az.rest("put", f"{PARTNERS}/{LYON}", "--body", "{}"), LYON, number + 3)
    checks.same("createdTime", again["createdTime"], made["createdTime"])
    az.rest("delete", f"{PARTNERS}/{LYON}")
    checks.same("operations", len(az.rest("get", f"{PROVIDER}/operations")["value"]), 4)
    checks.ok("rest: patch and put with a body, delete, put again counts on; operations")


def front_door(az):
    """What is refused before the provider is asked."""
    whole = URL + PARTNERS + VERSION
    az.rest_refused("get", PARTNERS, "Bad Request(", "MissingApiVersionParameter")
    az.rest_refused("get", PARTNERS + "?api-version=2020-01-01", "Not Found(", "InvalidResourceType")
    az.rest_refused("get", f"{PROVIDER}/others{VERSION}", "Not Found(", "InvalidResourceType")
    az.rest_refused("get", f"/providers/Contoso.Other/partners{VERSION}", "Not Found(", "InvalidResourceNamespace")
    az.rest_refused("put", PARTNERS + VERSION, "Method Not Allowed(", "MethodNotAllowed")
    az.rest_refused("get", whole, "Unauthorized(", "AuthenticationFailed", more=["--skip-authorization-header"])
    bad = ["--headers", "Authorization=Bearer x"]
    az.rest_refused("get", whole, "Unauthorized(", "InvalidAuthenticationToken", more=bad)
    az.checks.ok("rest: no api-version 400, another 404, no such type or provider 404, 405, no token and a bad one 401")


def signed_in_where_answers_get_lost(checks):
    az = Az(checks, "lossy")
    az.use_cloud("lossy", LOSSY)
    az.login_app(4, "--password=sandbox-secret")
    return az
