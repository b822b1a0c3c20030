"""The cast and the stories of the demo world; README.md tells what each should show.

Every name, tenant, partner and number here is made up.
"""

BRACKENFOLD, ROTTERDAM, LYON = "6000100", "6000110", "6000120"
QUILLHAVEN, DUBLIN = "6000200", "6000210"

CANVAS, MODEL, FLOW = "power_apps_canvas", "power_apps_model_driven", "power_automate"
DATASET, INSTANCE = "power_bi", "customer_insights"


def tell(w):
    """Fills the world `w` with everything that is not drawn at random."""
    partners(w)
    for story in (bellmere, tarnfield, vesterholm, coppergate, lindquay, sunmarsh, own_tenant):
        story(w)


def partners(w):
    w.partner(BRACKENFOLD, "Brackenfold Digital", "global")
    w.partner(ROTTERDAM, "Brackenfold Digital, Rotterdam", "location", BRACKENFOLD)
    w.partner(LYON, "Brackenfold Digital, Lyon", "location", BRACKENFOLD)
    w.partner(QUILLHAVEN, "Quillhaven Consulting", "global")
    w.partner(DUBLIN, "Quillhaven Consulting, Dublin", "location", QUILLHAVEN)


def bellmere(w):
    """Logistics: busy before Christmas. A hand-over between partners."""
    t = w.tenant(1, "Bellmere Logistics", "bellmere.example", staff=95,
                 season=[90, 88, 95, 97, 100, 100, 92, 90, 100, 110, 128, 135], saturday=4, sunday=1)
    prod, default, reports = w.production(t), w.default(t), w.workspace(t, "Fleet reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    theirs = w.account(t, "cd", 1, "user", "Quillhaven service account")
    ilse = w.account(t, "ba", 2, "guest", "Ilse Brandt")
    w.link(ours, ROTTERDAM, "2025-05-12T08:14:00Z")
    w.link(ilse, ROTTERDAM, "2025-11-03T09:40:00Z")
    w.link(theirs, DUBLIN, "2026-03-02T10:05:00Z")

    dock = w.resource(t, prod, CANVAS, 1, "Dock Scheduling (hand-over)", "2025-06-10T07:30:00Z", mau=58)
    w.imported(t, prod, "DockScheduling", "1.0.0", ours, "2025-06-10T07:30:00Z", dock)
    w.maintains(dock, ours, "2025-09", "2026-01")
    w.makes(dock, ours, "2026-02-20")
    w.co_owner(dock, theirs, "2026-03-12T13:00:00Z")
    w.makes(dock, theirs, "2026-03-16", "2026-03-17")
    w.maintains(dock, theirs, "2026-04", "2026-10")

    yard = w.resource(t, prod, CANVAS, 2, "Yard Check-in (sign-in names)", "2025-06-24T07:00:00Z", mau=46, aliased=True)
    notice = w.resource(t, prod, FLOW, 1, "Arrival Notice", "2025-06-24T07:00:00Z", mau=34, runs=70)
    w.imported(t, prod, "YardOperations", "1.0.0", ours, "2025-06-24T07:00:00Z", yard, notice)
    w.imported(t, prod, "YardOperations", "1.1.0", ours, "2026-05-19T06:45:00Z", yard, notice)

    customs = w.resource(t, default, CANVAS, 3, "Customs Papers (maker without a role)", "2025-08-04T11:20:00Z", mau=24)
    w.created(customs, w.staff(t, 7), "2025-08-04T11:20:00Z")
    w.maintains(customs, ilse, "2026-01", "2026-10")

    fleet = w.resource(t, reports, DATASET, 1, "Fleet Utilisation", "2025-06-02T09:00:00Z", mau=30)
    w.published(fleet, ours, "2025-06-02T09:00:00Z", "2026-01-12T09:10:00Z")

    fuel = w.resource(t, default, FLOW, 2, "Fuel Receipts (customer's own)", "2025-07-14T10:00:00Z", mau=13)
    w.created(fuel, w.staff(t, 12), "2025-07-14T10:00:00Z")

    old = w.resource(t, prod, MODEL, 1, "Old Fleet List (deleted)", "2025-05-20T08:00:00Z", mau=14,
                     growth=-4, deleted_at="2026-01-22T15:30:00Z")
    w.created(old, ours, "2025-05-20T08:00:00Z")


def tarnfield(w):
    """Foods: harvest in late summer. A re-import that takes nothing, a sandbox, an owner change."""
    t = w.tenant(2, "Tarnfield Foods", "tarnfield.example", staff=70,
                 season=[88, 88, 92, 95, 100, 104, 112, 125, 130, 112, 100, 96], saturday=3, sunday=1)
    prod, default, lab = w.production(t), w.default(t), w.environment(t, 3, "Tarnfield Test", "sandbox")
    reports = w.workspace(t, "Harvest reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    theirs = w.account(t, "cd", 1, "user", "Quillhaven service account")
    w.link(ours, ROTTERDAM, "2025-05-19T07:55:00Z")
    w.link(theirs, DUBLIN, "2025-07-21T12:30:00Z")
    admin = w.staff(t, 1)

    check = w.resource(t, prod, MODEL, 1, "Quality Check (re-import kept)", "2025-07-08T06:20:00Z", mau=38)
    alert = w.resource(t, prod, FLOW, 1, "Quality Alert (re-import kept)", "2025-07-08T06:20:00Z", mau=22)
    w.imported(t, prod, "QualityCheck", "1.0.0", ours, "2025-07-08T06:20:00Z", check, alert)
    w.imported(t, prod, "QualityCheck", "1.1.0", admin, "2026-04-13T16:02:00Z", check, alert, result="failed")
    w.imported(t, prod, "QualityCheck", "1.1.0", admin, "2026-04-14T08:31:00Z", check, alert)

    recipe = w.resource(t, lab, CANVAS, 1, "Recipe Lab (sandbox)", "2025-08-18T09:00:00Z", mau=9)
    w.created(recipe, ours, "2025-08-18T09:00:00Z")

    menu = w.resource(t, default, FLOW, 2, "Canteen Menu (customer's own)", "2025-06-30T09:45:00Z", mau=30)
    w.created(menu, w.staff(t, 9), "2025-06-30T09:45:00Z")
    w.maintains(menu, w.staff(t, 9), "2025-09", "2026-10")

    invoice = w.resource(t, prod, FLOW, 3, "Invoice Reminder (owner moved)", "2025-08-11T13:10:00Z", mau=18)
    w.created(invoice, theirs, "2025-08-11T13:10:00Z")
    w.owner_set(invoice, ours, "2026-06-09T10:00:00Z")

    harvest = w.resource(t, reports, DATASET, 1, "Harvest Yield", "2025-07-01T08:00:00Z", mau=26)
    w.published(harvest, ours, "2025-07-01T08:00:00Z")

    cold = w.resource(t, prod, CANVAS, 2, "Cold Store Log", "2026-02-03T07:00:00Z", mau=22, growth=5)
    w.imported(t, prod, "ColdStore", "1.0.0", ours, "2026-02-03T07:00:00Z", cold)
    w.gap(t, FLOW, "2026-03-20T00:00:00Z", "2026-04-01T00:00:00Z")


def vesterholm(w):
    """Energy: winter is the season. A service principal as importer, a re-import that loses credit."""
    t = w.tenant(3, "Vesterholm Energy", "vesterholm.example", staff=80,
                 season=[125, 122, 112, 100, 94, 90, 82, 88, 98, 105, 114, 118], saturday=3, sunday=2)
    prod, reports = w.production(t), w.workspace(t, "Grid reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    deploy = w.account(t, "ba", 2, "service_principal", "Brackenfold Deployment")
    remi = w.account(t, "ba", 3, "guest", "Rémi Caron")
    meters = w.account(t, "ac", 1, "service_principal", "Meter Integration")
    w.link(ours, ROTTERDAM, "2025-06-03T08:00:00Z")
    w.link(deploy, LYON, "2025-07-15T14:20:00Z")
    w.link(remi, LYON, "2025-07-15T14:48:00Z")

    outage = w.resource(t, prod, MODEL, 1, "Outage Desk (re-import lost)", "2025-08-20T12:00:00Z", mau=33)
    w.created(outage, remi, "2025-08-20T12:00:00Z")
    w.maintains(outage, remi, "2025-09", "2026-01")
    w.imported(t, prod, "OutageDesk", "1.0.0", w.staff(t, 2), "2026-02-10T07:15:00Z", outage)

    service = w.resource(t, prod, CANVAS, 1, "Field Service (service principal)", "2025-08-01T05:30:00Z", mau=52)
    crew = w.resource(t, prod, FLOW, 1, "Crew Dispatch (service principal)", "2025-08-01T05:30:00Z", mau=40, also=meters)
    w.imported(t, prod, "FieldService", "1.0.0", deploy, "2025-08-01T05:30:00Z", service, crew)
    w.imported(t, prod, "FieldService", "1.1.0", deploy, "2026-01-14T05:30:00Z", service, crew)
    w.imported(t, prod, "FieldService", "2.0.0", deploy, "2026-06-17T05:30:00Z", service, crew)

    unknown = "e1030009-0000-4000-8000-000000000003"
    meter = w.resource(t, unknown, FLOW, 2, "Meter Import (environment unknown)", "2025-07-28T10:00:00Z", mau=7, runs=140)
    w.created(meter, ours, "2025-07-28T10:00:00Z")

    safety = w.resource(t, prod, CANVAS, 2, "Safety Walk", "2025-07-10T06:00:00Z", mau=42)
    w.imported(t, prod, "SafetyWalk", "1.0.0", ours, "2025-07-10T06:00:00Z", safety)

    grid = w.resource(t, reports, DATASET, 1, "Grid Load", "2025-08-25T09:00:00Z", mau=26)
    w.published(grid, remi, "2025-08-25T09:00:00Z", "2026-03-09T15:25:00Z")

    homes = w.resource(t, prod, INSTANCE, 1, "Energy Households", "2025-06-16T09:00:00Z", mau=4, profiles=(18_400, 3))
    w.visits(homes, ours, 9)


def coppergate(w):
    """Insurance: busy in January, quiet in summer. Two partners share one tenant."""
    t = w.tenant(4, "Coppergate Insurance", "coppergate.example", staff=85,
                 season=[128, 115, 106, 100, 98, 94, 78, 76, 98, 104, 106, 104], saturday=1, sunday=0)
    prod, default = w.production(t), w.default(t)
    pilot = w.environment(t, 3, "Coppergate Pilot", "trial", "2025-12-01T09:00:00Z")
    w.environment(t, 3, "Coppergate Pilot", "production", "2026-05-04T09:00:00Z")
    reports = w.workspace(t, "Actuarial reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    orla = w.account(t, "cd", 1, "guest", "Orla Keane")
    theirs = w.account(t, "cd", 2, "user", "Quillhaven service account")
    w.link(ours, ROTTERDAM, "2025-05-26T09:30:00Z")
    w.link(orla, DUBLIN, "2025-06-16T11:00:00Z")
    w.link(theirs, DUBLIN, "2025-06-16T11:25:00Z")

    claims = w.resource(t, prod, CANVAS, 1, "Claims Intake (two co-owners)", "2025-06-23T08:00:00Z", mau=54)
    w.created(claims, w.staff(t, 3), "2025-06-23T08:00:00Z")
    w.co_owner(claims, ours, "2025-07-07T09:00:00Z")
    w.co_owner(claims, orla, "2025-07-09T14:00:00Z")
    w.makes(claims, orla, "2025-09-04", "2026-05-12", "2026-05-13", "2026-07-06")
    w.makes(claims, ours, "2025-09-16", "2025-11-18", "2026-01-20", "2026-08-11", "2026-08-12", "2026-10-06")

    loss = w.resource(t, reports, DATASET, 1, "Loss Ratio (published again)", "2025-07-15T09:00:00Z", mau=30)
    w.published(loss, ours, "2025-07-15T09:00:00Z")
    w.published(loss, theirs, "2026-01-20T16:40:00Z")

    broker = w.resource(t, pilot, CANVAS, 2, "Broker Portal (pilot goes live)", "2026-01-14T09:00:00Z", mau=16, growth=9)
    w.imported(t, pilot, "BrokerPortal", "0.9.0", ours, "2026-01-14T09:00:00Z", broker)
    w.imported(t, pilot, "BrokerPortal", "1.0.0", ours, "2026-05-05T06:30:00Z", broker)

    renewal = w.resource(t, prod, FLOW, 1, "Renewal Letters", "2025-06-30T09:00:00Z", mau=30)
    w.created(renewal, orla, "2025-06-30T09:00:00Z")

    desk = w.resource(t, prod, MODEL, 1, "Underwriting Desk", "2025-06-26T06:00:00Z", mau=48)
    w.imported(t, prod, "Underwriting", "2.3.0", theirs, "2025-06-26T06:00:00Z", desk)

    cash = w.resource(t, default, FLOW, 2, "Petty Cash (customer's own)", "2025-07-03T09:00:00Z", mau=10)
    w.created(cash, w.staff(t, 15), "2025-07-03T09:00:00Z")

    archive = w.resource(t, reports, DATASET, 2, "Contract Archive (unused)", "2025-08-12T09:00:00Z", mau=0)
    w.published(archive, ours, "2025-08-12T09:00:00Z")


def lindquay(w):
    """Hospitals: the same all year, weekends too. A group, a late link, an inventory."""
    t = w.tenant(5, "Lindquay Hospitals", "lindquay.example", staff=110,
                 season=[106, 106, 102, 100, 99, 97, 93, 93, 99, 101, 103, 104], saturday=7, sunday=7, holidays=7)
    prod, default, reports = w.production(t), w.default(t), w.workspace(t, "Board reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    team = w.account(t, "ba", 2, "group", "Brackenfold Delivery Team")
    noor = w.account(t, "ba", 3, "guest", "Noor Visser")
    sami = w.account(t, "ba", 4, "guest", "Sami Okafor")
    mira = w.account(t, "ba", 5, "guest", "Mira Halonen")
    w.link(ours, ROTTERDAM, "2025-05-28T08:00:00Z")
    w.link(noor, ROTTERDAM, "2025-06-11T10:10:00Z")
    w.link(sami, ROTTERDAM, "2025-06-11T10:35:00Z")
    w.link(mira, ROTTERDAM, "2026-03-18T15:50:00Z")
    w.member(team, noor, "2025-06-12T08:00:00Z", "2026-07-10T16:00:00Z")
    w.member(team, sami, "2025-09-22T08:00:00Z")

    beds = w.resource(t, prod, CANVAS, 1, "Bed Planner (group co-owner)", "2025-06-05T07:00:00Z", mau=70)
    w.created(beds, w.staff(t, 4), "2025-06-05T07:00:00Z")
    w.co_owner(beds, team, "2025-06-15T09:00:00Z")
    w.maintains(beds, noor, "2025-10", "2026-06")
    w.makes(beds, sami, "2025-11-04", "2026-08-25")

    discharge = w.resource(t, prod, FLOW, 1, "Discharge Checklist (linked late)", "2025-10-06T12:30:00Z", mau=36)
    w.created(discharge, mira, "2025-10-06T12:30:00Z")
    w.maintains(discharge, mira, "2025-11", "2026-09")

    badges = w.resource(t, default, CANVAS, 2, "Visitor Badges (inventory only)", "2025-09-18T08:15:00Z", mau=18)
    for month in range(13):
        year, number = divmod(9 + month, 12)
        taken = f"{2025 + year}-{number + 1:02}-02T03:00:00Z"
        w.listed(taken, badges, "owner", ours)
        w.listed(taken, badges, "co_owner", w.staff(t, 20) if month >= 7 else "")

    roster = w.resource(t, prod, MODEL, 1, "Theatre Roster", "2025-06-18T05:45:00Z", mau=56)
    w.imported(t, prod, "TheatreRoster", "1.4.0", ours, "2025-06-18T05:45:00Z", roster)
    w.imported(t, prod, "TheatreRoster", "1.5.0", ours, "2026-02-25T05:45:00Z", roster)

    waiting = w.resource(t, reports, DATASET, 1, "Waiting Times", "2025-07-22T09:00:00Z", mau=34)
    w.published(waiting, ours, "2025-07-22T09:00:00Z")

    notes = w.resource(t, default, CANVAS, 3, "Ward Round Notes (customer's own)", "2025-08-28T18:00:00Z", mau=42)
    w.created(notes, w.staff(t, 22), "2025-08-28T18:00:00Z")
    w.maintains(notes, w.staff(t, 22), "2025-09", "2026-10")

    patients = w.resource(t, prod, INSTANCE, 1, "Patient Outreach", "2025-07-02T09:00:00Z", mau=3, profiles=(9_150, 2))
    w.visits(patients, ours, 14)


def sunmarsh(w):
    """Retail: Christmas and the July sales. A leaver, a link made twice, an instance of two partners."""
    t = w.tenant(6, "Sunmarsh Retail", "sunmarsh.example", staff=120,
                 season=[92, 88, 94, 97, 98, 104, 118, 96, 100, 106, 132, 140], saturday=9, sunday=4, holidays=3)
    prod, default, reports = w.production(t), w.default(t), w.workspace(t, "Store reporting")
    ours = w.account(t, "ba", 1, "user", "Brackenfold service account")
    jonas = w.account(t, "ba", 2, "guest", "Jonas Lindqvist", disabled_at="2026-05-29T16:00:00Z")
    pieter = w.account(t, "ba", 3, "guest", "Pieter Maas")
    theirs = w.account(t, "cd", 1, "user", "Quillhaven service account")
    platform = w.account(t, "5e", 1, "system", "SYSTEM")
    w.link(ours, LYON, "2025-06-02T09:00:00Z")
    w.link(jonas, LYON, "2025-06-02T09:20:00Z")
    w.link(theirs, DUBLIN, "2025-08-27T13:00:00Z")
    w.link(pieter, LYON, "2025-07-01T08:30:00Z", known_from="microsoft")
    w.link(pieter, "", "2026-02-11T17:05:00Z", known_from="microsoft")
    w.link(pieter, LYON, "2026-04-07T09:15:00Z", known_from="microsoft")

    swap = w.resource(t, prod, CANVAS, 1, "Shift Swap (leaver)", "2025-06-12T10:00:00Z", mau=66)
    w.created(swap, jonas, "2025-06-12T10:00:00Z")
    w.maintains(swap, jonas, "2025-09", "2026-05", last_day=25)

    customers = w.resource(t, prod, INSTANCE, 1, "Customer 360 (two partners)", "2025-07-16T09:00:00Z", mau=5, profiles=(40_200, 4))
    w.visits(customers, ours, 12)
    w.visits(customers, theirs, 21, "2025-11", "2026-02", "2026-03", "2026-06", "2026-09")
    w.visits(customers, theirs, 6, "2025-12", "2026-04", "2026-10")

    audit = w.resource(t, prod, FLOW, 1, "Store Audit (link removed, made again)", "2025-07-08T09:00:00Z", mau=38)
    w.created(audit, pieter, "2025-07-08T09:00:00Z")

    sales = w.resource(t, reports, DATASET, 1, "Sales per Store (no data in June)", "2025-07-21T09:00:00Z", mau=44)
    w.published(sales, ours, "2025-07-21T09:00:00Z")
    w.gap(t, DATASET, "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")

    tags = w.resource(t, prod, CANVAS, 2, "Price Tags", "2025-09-02T05:00:00Z", mau=46, also=w.stranger(t))
    w.imported(t, prod, "PriceTags", "1.0.0", theirs, "2025-09-02T05:00:00Z", tags)

    keeping = w.resource(t, default, FLOW, 2, "Approval Housekeeping (made by the platform)", "2025-06-02T08:00:00Z", mau=5)
    w.created(keeping, platform, "2025-06-02T08:00:00Z")

    returns = w.resource(t, prod, CANVAS, 3, "Returns Desk", "2025-07-29T05:00:00Z", mau=54)
    w.imported(t, prod, "ReturnsDesk", "1.0.0", ours, "2025-07-29T05:00:00Z", returns)
    w.imported(t, prod, "ReturnsDesk", "1.1.0", ours, "2026-07-14T05:00:00Z", returns, result="holding")
    w.imported(t, prod, "ReturnsDesk", "1.1.0", ours, "2026-07-21T05:00:00Z", returns)


def own_tenant(w):
    """The partner's own directory: attributed like any other, and not eligible."""
    t = w.tenant(7, "Brackenfold Digital", "brackenfold.example", staff=25, own=BRACKENFOLD,
                 season=[104, 102, 102, 100, 98, 96, 88, 84, 100, 104, 104, 96], saturday=1, sunday=1)
    prod = w.production(t)
    delivery = w.account(t, "ba", 1, "user", "Delivery service account")
    w.link(delivery, ROTTERDAM, "2025-05-05T08:00:00Z")
    sheets = w.resource(t, prod, CANVAS, 1, "Time Sheets (own tenant)", "2025-05-08T08:00:00Z", mau=20)
    w.imported(t, prod, "TimeSheets", "3.2.0", delivery, "2025-05-08T08:00:00Z", sheets)
    leave = w.resource(t, prod, FLOW, 1, "Holiday Requests (own tenant)", "2025-05-09T08:00:00Z", mau=11)
    w.created(leave, delivery, "2025-05-09T08:00:00Z")
