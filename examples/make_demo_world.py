#!/usr/bin/env python3
"""Writes the demo world: the facts of `pal demo`, byte for byte the same every time.

    python3 examples/make_demo_world.py [DIR]

What happened is told in demo_stories.py; here is how it becomes tables, and the everyday use
around it: seasons, growth, weekends, holidays. Whole numbers and a generator of our own, so that
no version of Python draws differently. Everything is made up.
"""

import csv
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import demo_stories

OUT = Path(__file__).resolve().parent / "demo-world"
FIRST, LAST = (2025, 9), (2026, 10)
COVERED = ("2025-09-01T00:00:00Z", "2026-11-01T00:00:00Z")

COLUMNS = {
    "partners": "partner_id,name,kind,global_partner_id",
    "tenants": "tenant_id,name,domain,own_global_partner_id",
    "environments": "environment_id,tenant_id,name,kind,kind_from",
    "principals": "tenant_id,object_id,kind,name,upn,disabled_at",
    "group_members": "tenant_id,group_id,object_id,member_from,member_until",
    "links": "tenant_id,object_id,partner_id,linked_at,unlinked_at,known_from",
    "resources": "resource_id,product,tenant_id,environment_id,name,created_at,deleted_at",
    "ownership": "event_id,resource_id,kind,object_id,occurred_at",
    "listings": "observed_at,resource_id,role,object_id,complete",
    "solution_imports": "import_id,environment_id,solution,version,managed,object_id,result,completed_at",
    "solution_components": "import_id,resource_id",
    "activity": "occurred_at,tenant_id,resource_id,object_id,kind",
    "profiles": "resource_id,measured_at,unified_profiles",
    "aliases": "tenant_id,kind,alias,id",
    "coverage": "tenant_id,product,covered_from,covered_until,source,actor_basis",
    "runs": "resource_id,day,status,runs",
}

PREFIX = {"power_apps_canvas": "ca", "power_apps_model_driven": "ad", "power_automate": "f1",
          "power_bi": "db", "customer_insights": "c1"}

GIVEN = """Ada Amara Anders Anouk Benno Bram Carla Cato Daan Dalia Edda Elio Emre Esra Fenna Finn Greta Hanne Hugo Ida
Imre Ines Jelle Jorun Kaya Kofi Lars Leila Lotte Marek Maud Mila Nadia Nils Odile Olek Petra Quinn Rosa Ruben
Sanne Selma Silas Tamar Thea Tomas Ulla Vera Wim Yara""".split()
FAMILY = """Abbas Adler Alm Baker Bakker Berg Blom Boersma Brandt Castel Dahl Dekker Egger Falk Fischer Garnier Haas
Hagen Hendriks Holm Ivers Jansen Juhl Kaplan Keller Koch Kramer Lang Lund Maier Marin Meyer Moreau Nagel Noor
Olsen Peeters Pohl Quist Ritter Roos Sauer Smit Sorel Stam Tamm Thorn Ueda Vega Vos Wolff Zeller""".split()

HOLIDAYS = {date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26), date(2025, 12, 31), date(2026, 1, 1),
            date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25)}


class Draw:
    """A small generator of whole numbers (splitmix64)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return (z ^ (z >> 31)) % n

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items


def months():
    """Every (year, month) of the world."""
    year, month = FIRST
    while (year, month) <= LAST:
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def days(year, month):
    """Every day of a month."""
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def guid(prefix, tenant, number):
    return f"{prefix}{tenant:02}{number:04}-0000-4000-8000-{tenant:012}"


class Resource:
    def __init__(self, identity, **shape):
        self.id = identity
        self.__dict__.update(shape)


class Tenant:
    def __init__(self, number, **shape):
        self.number, self.id = number, guid("7e", number, 0)
        self.people, self.gaps = [], []
        self.__dict__.update(shape)


class World:
    """The tables, and the words in which the stories are told."""

    def __init__(self):
        self.rows = {name: [] for name in COLUMNS}
        self.tenants, self.resources = [], []
        self.draw = Draw(20_250_901)
        self.visitors, self.makers = [], []

    def add(self, table, *cells):
        self.rows[table].append(cells)

    def partner(self, partner_id, name, kind, company=""):
        self.add("partners", partner_id, name, kind, company)

    def tenant(self, number, name, domain, staff, season, saturday, sunday, holidays=1, own=""):
        t = Tenant(number, domain=domain, season=season, saturday=saturday, sunday=sunday, holidays=holidays)
        self.tenants.append(t)
        self.add("tenants", t.id, name, domain, own)
        names = self.draw.shuffled((given, family) for given in GIVEN for family in FAMILY)
        for n, (given, family) in enumerate(names[:staff], 1):
            t.people.append(guid("0a", number, n))
            upn = f"{given}.{family}@{domain}".lower()
            self.add("principals", t.id, t.people[-1], "user", f"{given} {family}", upn, "")
            if n % 9 == 0 and number == 1:
                self.add("aliases", t.id, "principal", f"upn:{upn}", t.people[-1])
        return t

    def environment(self, t, number, name, kind, kind_from=""):
        identity = guid("e1", t.number, number)
        self.add("environments", identity, t.id, name, kind, kind_from)
        return identity

    def production(self, t):
        return self.environment(t, 1, f"{self.rows['tenants'][-1][1].split()[0]} Production", "production")

    def default(self, t):
        return self.environment(t, 2, f"{self.rows['tenants'][-1][1]} (default)", "default")

    def workspace(self, t, name):
        return self.environment(t, 5, name, "production")

    def account(self, t, prefix, number, kind, name, disabled_at=""):
        identity, upn = guid(prefix, t.number, number), ""
        home = {"ba": "brackenfold.example", "cd": "quillhaven.example"}.get(prefix)
        handle = name.lower().replace(" ", ".").replace("é", "e")
        if kind == "guest":
            upn = f"{handle}_{home}#EXT#@{t.domain}"
        elif kind == "user":
            upn = f"{handle}@{t.domain}"
        self.add("principals", t.id, identity, kind, name, upn, disabled_at)
        return identity

    def staff(self, t, number):
        return t.people[number - 1]

    def stranger(self, t):
        """Somebody the directory does not know."""
        return guid("99", t.number, 1)

    def link(self, account, partner_id, since, until="", known_from="declared"):
        self.add("links", self.tenants[-1].id, account, partner_id, since, until, known_from)

    def member(self, group, account, since, until=""):
        self.add("group_members", self.tenants[-1].id, group, account, since, until)

    def resource(self, t, environment, product, number, name, created_at, mau, deleted_at="", **shape):
        r = Resource(guid(PREFIX[product], t.number, number), tenant=t, product=product, mau=mau, created_at=created_at,
                     deleted_at=deleted_at or "9999", **{"growth": 2, "runs": 0, "profiles": None, "also": None,
                                                         "aliased": False, **shape})
        self.resources.append(r)
        self.add("resources", r.id, product, t.id, environment, name, created_at, deleted_at)
        return r

    def event(self, r, kind, account, at):
        self.add("ownership", f"ev-{len(self.rows['ownership']) + 1:03}", r.id, kind, account, at)

    def created(self, r, account, at):
        self.event(r, "created", account, at)

    def owner_set(self, r, account, at):
        self.event(r, "owner_set", account, at)

    def co_owner(self, r, account, at):
        self.event(r, "co_owner_added", account, at)

    def published(self, r, account, *times):
        for at in times:
            self.event(r, "published", account, at)

    def listed(self, observed_at, r, role, account):
        self.add("listings", observed_at, r.id, role, account, "true")

    def imported(self, t, environment, solution, version, account, at, *contents, result="succeeded"):
        identity = f"im-{len(self.rows['solution_imports']) + 1:03}"
        self.add("solution_imports", identity, environment, solution, version, "true", account, result, at)
        for r in contents:
            self.add("solution_components", identity, r.id)

    def makes(self, r, account, *dates):
        for day in dates:
            self.makers.append((r, account, date.fromisoformat(day)))

    def maintains(self, r, account, first, last, last_day=28):
        """Edits the resource on one or two working days of every month."""
        for year, month in months():
            if first <= f"{year}-{month:02}" <= last:
                workdays = [d for d in days(year, month) if d.weekday() < 5 and d.day <= last_day and d not in HOLIDAYS]
                for _ in range(1 + self.draw.below(2)):
                    self.makers.append((r, account, workdays[self.draw.below(len(workdays))]))

    def visits(self, r, account, day, *only):
        """Works on an instance on about one day of every month, or of the months named."""
        for year, month in months():
            if not only or f"{year}-{month:02}" in only:
                self.visitors.append((r, account, date(year, month, day)))

    def gap(self, t, product, start, end):
        t.gaps.append((product, start, end))


def weight(t, day):
    """How likely a day is, of 10 for a working day."""
    if day in HOLIDAYS:
        return t.holidays
    return {5: t.saturday, 6: t.sunday}.get(day.weekday(), 10)


def moment(draw, day):
    """Some second of the working day."""
    return datetime(day.year, day.month, day.day) + timedelta(seconds=5 * 3600 + draw.below(13 * 3600))


def seen(r, at):
    """Whether a record of this time reached us: the resource was there and its source had no gap."""
    gap = any(p == r.product and start <= at < end for p, start, end in r.tenant.gaps)
    return r.created_at <= at < r.deleted_at and not gap


def everyday_use(w):
    """Who used what on which day."""
    for index, r in enumerate(w.resources):
        t, draw = r.tenant, Draw(7_919 * (index + 1))
        audience = draw.shuffled(t.people)[: r.mau * (100 + 14 * r.growth) * max(t.season) // 9_000 + 2]
        upns = {row[3]: row[2] for row in w.rows["aliases"] if r.aliased}
        for nth, (year, month) in enumerate(months()):
            target = r.mau * (100 + r.growth * nth) * t.season[month - 1] * (95 + draw.below(11)) // 1_000_000
            calendar = [day for day in days(year, month) for _ in range(weight(t, day))]
            # The first in the audience come nearly every month, the last now and then.
            ranked = sorted((rank * 6 + draw.below(6 * len(audience)), who) for rank, who in enumerate(audience))
            for _, who in ranked[:target]:
                for _ in range(1 + draw.below(3)):
                    at = text(moment(draw, calendar[draw.below(len(calendar))]))
                    if seen(r, at):
                        w.add("activity", at, t.id, r.id, upns.get(who, who) if draw.below(2) else who, "use")
            if r.also and seen(r, f"{year}-{month:02}-16T12:00:00Z"):
                w.add("activity", text(moment(draw, date(year, month, 16))), t.id, r.id, r.also, "use")


def partners_work(w):
    """What the stories say that accounts made, and where they worked."""
    for kind, work in (("make", w.makers), ("use", w.visitors)):
        for r, account, day in work:
            w.add("activity", text(moment(w.draw, day)), r.tenant.id, r.id, account, kind)


def measured(w):
    """Unified profiles at each month's end, growing by a few percent; flow runs without a person."""
    for r in w.resources:
        level = None
        for year, month in months():
            *_, last = days(year, month)
            if r.profiles:
                start, percent = r.profiles
                level = start if level is None else level * (1000 + 10 * percent + w.draw.below(9) - 4) // 1000
                w.add("profiles", r.id, f"{last}T04:00:00Z", level)
            for day in days(year, month) if r.runs else ():
                done, failed = r.runs * (90 + w.draw.below(20)) // 100, w.draw.below(4)
                if seen(r, f"{day}T12:00:00Z"):
                    w.add("runs", r.id, day.isoformat(), "Succeeded", done)
                    if failed == 0:
                        w.add("runs", r.id, day.isoformat(), "Failed", 1 + w.draw.below(5))


def covered(w):
    """One row per tenant and product, two around a gap."""
    for t in w.tenants:
        for product in sorted({r.product for r in w.resources if r.tenant is t}):
            edges = [COVERED[0], COVERED[1]]
            for gap_product, start, end in t.gaps:
                if gap_product == product:
                    edges[1:1] = [start, end]
            for start, end in zip(edges[::2], edges[1::2]):
                source = "power-bi" if product == "power_bi" else "audit"
                w.add("coverage", t.id, product, start, end, source, "observed")


def main():
    w = World()
    demo_stories.tell(w)
    everyday_use(w)
    partners_work(w)
    measured(w)
    covered(w)
    w.rows["activity"].sort()
    w.rows["listings"].sort()
    out_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out_dir.mkdir(exist_ok=True)
    for table, columns in COLUMNS.items():
        with open(out_dir / f"{table}.csv", "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(columns.split(","))
            out.writerows(w.rows[table])
        print(f"{len(w.rows[table]):7}  {table}.csv")


if __name__ == "__main__":
    main()
