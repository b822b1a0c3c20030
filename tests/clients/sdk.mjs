// npm @azure/arm-managementpartner with @azure/identity.

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { ACEProvisioningManagementPartnerAPI } from "@azure/arm-managementpartner";
import {
  ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential, DeviceCodeCredential,
  InteractiveBrowserCredential, WorkloadIdentityCredential,
} from "@azure/identity";

const { PAL_URL, LOSSY_URL, LOSSY_LOG, TENANT, DOMAIN, CERTIFICATE, FEDERATED_TOKEN_FILE, BROWSER_LOG } = process.env;
const [ROTTERDAM, LYON, GLOBAL, UNKNOWN] = ["6000110", "6000120", "6000100", "6999999"];
const NAMES = { [ROTTERDAM]: "Brackenfold Digital, Rotterdam", [LYON]: "Brackenfold Digital, Lyon" };
const SECRET = "-sandbox+secret of/pal%";
const SCOPE = "https://management.azure.com/.default";
const AUTHORITY = { authorityHost: PAL_URL, disableInstanceDiscovery: true };
const app = (number) => `c11e0002-0000-4000-8000-00000000000${number}`;
const principal = (number) => `ba020009-0000-4000-8000-00000000000${number}`;

const [INES, JORIS] = [1, 2].map((number) => `ba020001-0000-4000-8000-00000000000${number}`);

let last = "nothing was asked";
const ok = (what) => console.log(`   node: ${what}`);
const fail = (what, why) => {
  console.error(`\nnode: ${what}: ${why}\n${last}`);
  process.exit(1);
};
process.on("uncaughtException", (error) => fail("a check", error.stack));
const same = (what, found, expected) => {
  if (!isDeepStrictEqual(found, expected)) {
    fail(what, `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
};

// Sees what goes out and comes in, and changes nothing.
const note = {
  name: "note",
  async sendRequest(request, next) {
    const id = request.headers.get("x-ms-client-request-id");
    last = `request: ${request.method} ${request.url}\n   x-ms-client-request-id: ${id}\nanswer: none`;
    const answer = await next(request);
    const headers = JSON.stringify(answer.headers);
    last = last.replace(/none$/, () => `${answer.status} ${headers}\n   ${answer.bodyAsText}`);
    return answer;
  },
};

const client = (credential, endpoint = PAL_URL, more = {}) => {
  const options = { endpoint, credentialScopes: [SCOPE], ...more };
  const api = new ACEProvisioningManagementPartnerAPI(credential, options);
  api.pipeline.addPolicy(note, { afterPhase: "Retry" });
  return api;
};

const link = (what, found, partner, number, objectId) => {
  const seen = [found.id, found.type, found.name, found.partnerId, found.partnerName, found.tenantId, found.objectId];
  same(what, seen, [
    `/providers/microsoft.managementpartner/partners/${partner}`, "Microsoft.ManagementPartner/partners",
    partner, partner, NAMES[partner], TENANT, objectId,
  ]);
  same(what, [found.version, found.etag, found.state], [number, number, "Active"]);
};

const refused = async (what, call, status, code, message) => {
  let error;
  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  if (error === undefined) fail(what, "was not refused");
  same(what, [error.name, error.statusCode, error.code], ["RestError", status, code]);
  if (message !== undefined) same(what, error.details?.error?.message ?? error.message, message);
};

const MISSING = [404, "ManagementPartnerNotFound", "This user or service principal is not linked with a Partner ID"];
const INVALID = [400, "PartnerIdInvalid", "The Partner ID is not valid"];
const EXISTS = [409, "PartnerIdAlreadyLinked", "This user or service principal is already linked with a Partner ID"];

// One link from nothing to nothing, with every refusal on the way.
const life = async (api, objectId) => {
  await refused("get, not linked", () => api.partner.get(ROTTERDAM), ...MISSING);
  await refused("partners.get, not linked", () => api.partners.get(), ...MISSING);
  await refused("update, not linked", () => api.partner.update(ROTTERDAM), ...MISSING);
  await api.partner.delete(ROTTERDAM);
  ok("not linked: get, partners.get, update 404 RestError; delete 200");
  for (const bad of [UNKNOWN, GLOBAL, "a/b c"]) {
    await refused(`create "${bad}"`, () => api.partner.create(bad), ...INVALID);
  }
  ok("create of an unknown id, a global id and no id: 400 PartnerIdInvalid");

  const made = await api.partner.create(ROTTERDAM);
  link("create", made, ROTTERDAM, 1, objectId);
  same("create, times", made.createdTime, made.updatedTime);
  ok("create: 200, version 1, createdTime is updatedTime");
  link("get", await api.partner.get(ROTTERDAM), ROTTERDAM, 1, objectId);
  link("partners.get", await api.partners.get(), ROTTERDAM, 1, objectId);
  await refused("get another", () => api.partner.get(LYON), ...MISSING);
  ok("get with the id, partners.get; get of another id 404");
  await refused("create again", () => api.partner.create(ROTTERDAM), ...EXISTS);
  await refused("create another", () => api.partner.create(LYON), ...EXISTS);
  ok("create again, same id and another: 409 PartnerIdAlreadyLinked");
  await refused("update to an unknown id", () => api.partner.update(UNKNOWN), ...INVALID);
  link("update", await api.partner.update(LYON), LYON, 2, objectId);
  link("update to the same", await api.partner.update(LYON), LYON, 2, objectId);
  ok("update: version 2; to the same id nothing changes; to an unknown id 400");
  await api.partner.delete(ROTTERDAM);
  link("get after the delete of another id", await api.partners.get(), LYON, 2, objectId);
  await api.partner.delete(LYON);
  await refused("get after delete", () => api.partners.get(), ...MISSING);
  const again = await api.partner.create(LYON);
  link("create after delete", again, LYON, 4, objectId);
  same("create after delete, createdTime", again.createdTime, made.createdTime);
  await api.partner.delete(LYON);
  ok("delete counts: created again it has version 4 and its first createdTime");
};

const versionOf = (name) => {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`;
};
ok(`${versionOf("@azure/arm-managementpartner")}, ${versionOf("@azure/identity")}`);

const secret = new ClientSecretCredential(TENANT, app(1), SECRET, AUTHORITY);
await life(client(secret), principal(1));
const operations = [];
for await (const operation of client(secret).operation.list()) operations.push(operation.name.split("/").pop());
same("operations", operations, ["read", "write", "action", "delete"]);
ok("operations: read, write, action, delete");

const good = (await secret.getToken(SCOPE)).token;
for (const [what, token] of [["no token at all", "x"], ["a changed signature", `${good.slice(0, -8)}AAAAAAAA`]]) {
  const fixed = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  await refused(what, () => client(fixed).partners.get(), 401, "InvalidAuthenticationToken");
}
ok("tokens that are none, or are changed: 401 RestError");
try {
  await new ClientSecretCredential(TENANT, app(1), "wrong", AUTHORITY).getToken(SCOPE);
  fail("a wrong secret", "was not refused");
} catch (error) {
  if (!String(error.message).includes("AADSTS7000215")) fail("a wrong secret", error.message);
}
ok("a wrong secret: AADSTS7000215");

// All ways in but the secret. Each principal has no link before, and has had one after.
let prompts = 0;
const userPromptCallback = () => { prompts += 1; };
const assertion = readFileSync(FEDERATED_TOKEN_FILE, "utf8");
for (const [way, number, objectId, credential] of [
  ["a certificate", 1, principal(2), new ClientCertificateCredential(DOMAIN, app(2), CERTIFICATE, AUTHORITY)],
  ["an assertion of another issuer", 1, principal(3),
    new ClientAssertionCredential(TENANT, app(3), async () => assertion, AUTHORITY)],
  ["a workload's token file", 3, principal(3), new WorkloadIdentityCredential({
    tenantId: DOMAIN, clientId: app(3), tokenFilePath: FEDERATED_TOKEN_FILE, ...AUTHORITY })],
  ["a device code", 1, INES, new DeviceCodeCredential({ tenantId: DOMAIN, userPromptCallback, ...AUTHORITY })],
  ["a browser", 1, JORIS, new InteractiveBrowserCredential({ tenantId: TENANT, ...AUTHORITY })],
]) {
  link(`create, ${way}`, await client(credential).partner.create(LYON), LYON, number, objectId);
  await client(credential).partner.delete(LYON);
  ok(`signed in with ${way}: create, delete`);
}
same("device code", prompts, 1);
same("browser", readFileSync(BROWSER_LOG, "utf8").trim().split("\n").length, 1);

const retried = new ClientSecretCredential(TENANT, app(4), "sandbox-secret", AUTHORITY);
const lossy = client(retried, LOSSY_URL, { retryOptions: { retryDelayInMs: 50, maxRetryDelayInMs: 200 } });
link("create, lost answer", await lossy.partner.create(ROTTERDAM), ROTTERDAM, 1, principal(4));
link("update, lost answer", await lossy.partner.update(LYON), LYON, 2, principal(4));
await lossy.partner.delete(LYON);
const writes = readFileSync(LOSSY_LOG, "utf8").trim().split("\n").map((line) => JSON.parse(line));
for (const method of ["PUT", "PATCH", "DELETE"]) {
  const sent = writes.filter((line) => line.agent.includes("azsdk-js") && line.method === method);
  same(`${method} whose answer got lost`, sent.map((line) => line.status), [200, 200]);
  if (!sent[0].id || sent[0].id !== sent[1].id) {
    fail(method, `x-ms-client-request-id was not kept: ${sent.map((line) => line.id)}`);
  }
}
ok("answers got lost: PUT, PATCH and DELETE sent again with their x-ms-client-request-id, done once");
