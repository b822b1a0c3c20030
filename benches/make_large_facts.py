#!/usr/bin/env python3
"""Writes a large facts directory of one month, to measure with (standard library only).

    python3 benches/make_large_facts.py FOLDER [ACTIVITY_ROWS] [RESOURCES]

Defaults: 1,000,000 activity rows, 20,000 resources, of all five products, in 40 tenants. The same arguments give the
same bytes: the seed is fixed.
"""

import csv
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

PRODUCTS = ["power_apps_canvas", "power_apps_model_driven", "power_automate", "power_bi", "customer_insights"]
TENANTS, PEOPLE_PER_TENANT, START = 40, 2_500, datetime(2026, 3, 1, tzinfo=timezone.utc)


def guid(rng):
    text = f"{rng.getrandbits(128):032x}"
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def at(rng, first_day=0, days=31):
    seconds = rng.randrange(first_day * 86_400, (first_day + days) * 86_400)
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(folder, name, header, rows):
    with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def main(folder, activity_rows, resource_count):
    rng = random.Random(20_260_301)
    folder.mkdir(parents=True, exist_ok=True)
    partners = [str(6_000_000 + number) for number in range(1, 21)]
    tenants = [guid(rng) for _ in range(TENANTS)]
    environments = {tenant: [guid(rng) for _ in range(4)] for tenant in tenants}
    people = {tenant: [guid(rng) for _ in range(PEOPLE_PER_TENANT)] for tenant in tenants}
    makers = {tenant: people[tenant][:50] for tenant in tenants}
    resources = []
    for _ in range(resource_count):
        tenant = rng.choice(tenants)
        resources.append((guid(rng), rng.choice(PRODUCTS), tenant, rng.choice(environments[tenant])))

    write(folder, "partners", "partner_id name kind", [(p, f"Partner {p}", "location") for p in partners])
    write(folder, "tenants", "tenant_id name", [(t, f"Tenant {n}") for n, t in enumerate(tenants)])
    write(
        folder, "environments", "environment_id tenant_id name kind",
        [(e, t, f"Environment {n}", "production" if n else "sandbox")
         for t in tenants for n, e in enumerate(environments[t])],
    )
    write(
        folder, "principals", "tenant_id object_id kind",
        [(t, p, "service_principal" if n % 200 == 199 else "user")
         for t in tenants for n, p in enumerate(people[t])],
    )
    write(
        folder, "links", "tenant_id object_id partner_id linked_at",
        [(t, p, rng.choice(partners), at(rng, -300, 300)) for t in tenants for p in makers[t][:20]],
    )
    write(
        folder, "resources", "resource_id product tenant_id environment_id name created_at",
        [(r, product, t, e, f"Resource {n}", at(rng, -400, 400))
         for n, (r, product, t, e) in enumerate(resources)],
    )
    events = []
    for number, (resource, product, tenant, _) in enumerate(resources):
        kind = "published" if product == "power_bi" else "created"
        events.append((f"ev-{number}", resource, kind, rng.choice(makers[tenant]), at(rng, -400, 400)))
        if product == "power_apps_canvas":
            events.append((f"co-{number}", resource, "co_owner_added", rng.choice(makers[tenant]), at(rng, -100, 120)))
    write(folder, "ownership", "event_id resource_id kind object_id occurred_at", events)
    write(
        folder, "profiles", "resource_id measured_at unified_profiles",
        [(r, at(rng), rng.randrange(1_000_000)) for r, product, _, _ in resources if product == "customer_insights"],
    )

    def activity():
        for _ in range(activity_rows):
            # Few resources have most of the use.
            resource, _, tenant, _ = resources[int(resource_count * rng.random() ** 3)]
            made = rng.random() < 0.03
            who = rng.choice(makers[tenant] if made else people[tenant])
            yield at(rng), tenant, resource, who, "make" if made else "use"

    write(folder, "activity", "occurred_at tenant_id resource_id object_id kind", activity())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *(int(text) for text in (sys.argv[2:4] + ["1000000", "20000"][len(sys.argv[2:4]):])))
