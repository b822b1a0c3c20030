//! Rows that are refused, for every reason and in every column.

use super::book::schema;
use super::{Thing, World};
use crate::naive::{Kind, SCHEMAS, format};

const AT: &str = "2026-01-02T03:04:05Z";

impl World {
    pub(crate) fn dirt(&mut self, things: &[Thing]) {
        for schema in SCHEMAS {
            for _ in 0..8 {
                self.bad_value(schema.name);
            }
        }
        self.entity_conflicts(things);
        self.event_conflicts(things);
        self.refused_links();
        self.period_conflicts();
        self.wrong_tenant(things);
        self.components(things);
    }

    /// A row of a table that nothing else is about.
    fn good(&mut self, table: &str) -> Vec<String> {
        let mut row = Vec::new();
        for column in schema(table).columns {
            let text = match column.kind {
                Kind::Id | Kind::Text => self.rng.guid(),
                Kind::Partner if table == "partners" => format!("5{:06}", self.rng.below(1_000_000)),
                Kind::Partner => self.location(),
                Kind::Time => AT.to_owned(),
                Kind::Day => "2026-01-02".to_owned(),
                Kind::Count => "7".to_owned(),
                Kind::Flag => "true".to_owned(),
                Kind::Word(words) => words[0].to_owned(),
            };
            let absent = column.optional && column.name != "partner_id" && self.rng.chance(50);
            row.push(if absent { String::new() } else { text });
        }
        row
    }

    /// Spoils one or two columns of a row, or its length.
    fn bad_value(&mut self, table: &str) {
        let mut row = self.good(table);
        if self.rng.chance(12) {
            if self.rng.chance(50) {
                row.push("more".to_owned());
            } else {
                row.pop();
            }
            if row.len() > 1 {
                self.book.add_raw(table, row);
            }
            return;
        }
        let columns = schema(table).columns;
        for _ in 0..if table == "links" { 1 } else { 1 + self.rng.below(2) } {
            let position = self.rng.below(columns.len());
            row[position] = match columns[position].kind {
                _ if !columns[position].optional && self.rng.chance(30) => String::new(),
                Kind::Id | Kind::Text if columns[position].optional => continue,
                Kind::Id | Kind::Text => String::new(),
                Kind::Partner if table == "links" && self.rng.chance(40) => {
                    row[5] = (*self.rng.pick(&["", "declared", "this_server"])).to_owned();
                    String::new()
                }
                Kind::Partner => (*self.rng.pick(&["40x", "12345678901", "-1", "1.0"])).to_owned(),
                Kind::Time => self.bad_time(),
                Kind::Day => (*self.rng.pick(&["2026-02-30", "01/02/2026", "20260102"])).to_owned(),
                Kind::Count => (*self.rng.pick(&["many", "-1", "1.5", "18446744073709551616"])).to_owned(),
                Kind::Flag => (*self.rng.pick(&["maybe", "2"])).to_owned(),
                Kind::Word(_) => (*self.rng.pick(&["robot", "other"])).to_owned(),
            };
        }
        self.book.add_raw(table, row);
    }

    fn bad_time(&mut self) -> String {
        let bad = [
            "yesterday",
            "2026-02-30T00:00:00Z",
            "2026-03-01T00:00:00",
            "2026-03-01",
            "2026-03-05T25:00:00Z",
            "2026-13-01T00:00:00Z",
            "01/02/2026",
            "2026-03-01T00:60:00Z",
            "2026-03-01T00:00Z",
            "2026-03-01T00:00:00.Z",
            "1772323200",
        ];
        (*self.rng.pick(&bad)).to_owned()
    }

    /// Adds rows that differ in one column, and a repeat of the first.
    fn differ(&mut self, table: &str, row: &[String], column: &str, values: &[&str]) {
        let position = schema(table).columns.iter().position(|known| known.name == column).unwrap();
        for value in values.iter().chain(&values[..1]) {
            let mut row = row.to_vec();
            row[position] = (*value).to_owned();
            self.book.add_raw(table, row);
        }
    }

    /// Contradictions about new keys, and later ones about keys that everything rests on.
    fn entity_conflicts(&mut self, things: &[Thing]) {
        for table in ["partners", "tenants", "environments", "principals", "resources"] {
            let row = self.good(table);
            self.differ(table, &row, "name", &["One", "Two"]);
            // The row of another observation still holds.
            let used = self.book.rows(table);
            if used.is_empty() {
                continue;
            }
            let mut row = used[self.rng.below(used.len().min(40))].clone();
            if row.len() == schema(table).columns.len() {
                *row.last_mut().unwrap() = "2027-01-01T00:00:00Z".to_owned();
                self.differ(table, &row, "name", &["Later", "Later still"]);
            }
        }
        // A resource of which every row is refused is not known.
        let id = self.rng.guid();
        let tenant = self.tenants[0].id.clone();
        let maker = self.tenants[0].makers[0].clone();
        self.book.add("resources", &[&id, "power_bi", &tenant, "", "One", "", "", AT]);
        self.book.add("resources", &[&id, "power_automate", &tenant, "", "One", "", "", AT]);
        self.book.add("activity", &[AT, "another tenant", &id, &maker, "use"]);
        if let Some(import) = self.good_import() {
            self.book.add("solution_components", &[&import, &id]);
        }
        // Nor is a partner; a link to it is a link to nobody.
        if !self.globals.is_empty() {
            self.book.add("partners", &["6000001", "One", "location", "", "", "", AT]);
            self.book.add("partners", &["6000001", "Two", "location", "", "", "", AT]);
            self.book.add("links", &[&tenant, &id, "6000001", AT]);
        }
        // A contradiction about an id in use, told before: all it had is the row without a date.
        if let Some(thing) = things.first() {
            let event = self.event_id();
            self.book.add("ownership", &[&event, &thing.id, "owner_set", &maker, AT]);
        }
    }

    fn good_import(&self) -> Option<String> {
        let rows = self.book.rows("solution_imports");
        Some(rows.iter().find(|row| row[6] == "succeeded" && row[7].len() > 15)?[0].clone())
    }

    fn event_conflicts(&mut self, things: &[Thing]) {
        let thing = self.rng.pick(things);
        let (tenant, id) = (thing.tenant, thing.id.clone());
        let (one, two) = (self.tenants[tenant].makers[0].clone(), self.tenants[tenant].makers[1].clone());
        let event = self.event_id();
        let row = [event, id.clone(), "created".to_owned(), String::new(), AT.to_owned()];
        self.differ("ownership", &row, "object_id", &[&one, &two]);
        // A component of a refused import is one of no import, whatever else may be said of it.
        let import = self.event_id();
        let environment = self.tenants[tenant].environments[0].id.clone();
        let cells = [&import, &environment, "S", "1", "true", &one, "", AT];
        let row: Vec<String> = cells.into_iter().map(str::to_owned).collect();
        self.differ("solution_imports", &row, "result", &["succeeded", "failed"]);
        self.book.add("solution_components", &[&import, &id]);
        self.book.add("solution_components", &[&import, &id]);
    }

    /// Links to companies, to nobody, and periods that overlap.
    fn refused_links(&mut self) {
        for _ in 0..3 {
            let tenant = self.rng.pick(&self.tenants).id.clone();
            let who = self.rng.guid();
            self.book.add("principals", &[&tenant, &who, "user"]);
            let from = self.rng.instant();
            let until = self.rng.after(from + 10);
            let kept = self.location();
            let at = |shift: i64| format(until + shift);
            if self.rng.chance(50) {
                self.book.add("links", &[&tenant, &who, &kept, &format(from), &at(0)]);
                // The open row and the one with an end are one period, refused together.
                self.book.add("links", &[&tenant, &who, "88", &at(-1), ""]);
                self.book.add("links", &[&tenant, &who, "88", &at(-1), &at(5)]);
                self.book.add("links", &[&tenant, &who, "999999", &at(0), ""]);
                self.book.add("links", &[&tenant, &who, "88", &at(7), "", "microsoft"]);
                self.book.add("links", &[&tenant, &who, "88", &at(9), "", "microsoft"]);
            } else {
                // Neither ends what Microsoft showed: they are left out before.
                self.book.add("links", &[&tenant, &who, &kept, &format(from), "", "microsoft"]);
                if !self.globals.is_empty() {
                    self.book.add("links", &[&tenant, &who, "7000001", &at(0), ""]);
                    self.book.add("links", &[&tenant, &who, "7000001", &at(1), "", "microsoft"]);
                    self.book.add("links", &[&tenant, &who, "8888888", &at(2), ""]);
                    self.book.add("links", &[&tenant, &who, "8888888", &at(3), "", "microsoft"]);
                }
            }
            let thing = self.rng.guid();
            self.book.add("resources", &[&thing, "power_automate", &tenant, "", "Linked", ""]);
            let event = self.event_id();
            self.book.add("ownership", &[&event, &thing, "created", &who, &format(from - 1)]);
        }
    }

    fn period_conflicts(&mut self) {
        let (a, b) = ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000001Z");
        let mut link = self.good("links");
        link[3] = AT.to_owned();
        link[5] = String::new();
        self.differ("links", &link, "unlinked_at", &[a, b, ""]);
        link[1] = self.rng.guid();
        link[4] = String::new();
        self.differ("links", &link, "partner_id", &["1000001", "7000001"]);
        link[1] = self.rng.guid();
        link[5] = "microsoft".to_owned();
        self.differ("links", &link, "partner_id", &["1000001", ""]);
        let member = self.good("group_members");
        self.differ("group_members", &member, "member_until", &[a, b, ""]);
    }

    fn wrong_tenant(&mut self, things: &[Thing]) {
        for _ in 0..3 {
            let thing = self.rng.pick(things);
            let (name, who, at) = (thing.id.clone(), self.maker(thing), format(self.rng.instant()));
            let tenant = self.rng.guid();
            self.book.add("activity", &[&at, &tenant, &name, &who, "use"]);
        }
    }

    fn components(&mut self, things: &[Thing]) {
        let Some(import) = self.good_import() else { return };
        let of = |products: &[&str]| {
            things.iter().find(|thing| products.contains(&thing.product)).map(|thing| thing.id.clone())
        };
        for id in [of(&["power_bi"]), of(&["customer_insights"])].into_iter().flatten() {
            self.book.add("solution_components", &[&import, &id]);
            self.book.add("solution_components", &["no import", &id]);
        }
        for thing in things.iter().take(6) {
            // In whatever environment the import was, most of these lie in another.
            self.book.add("solution_components", &[&import, &thing.id]);
            self.book.add("solution_components", &["no import", &thing.id]);
        }
    }
}
