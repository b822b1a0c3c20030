//! Partners, tenants, principals, groups and their aliases.

use super::{Environment, Tenant, World};
use crate::naive::format;

impl World {
    /// Three companies, locations of each, one without a company; sometimes no directory at all.
    pub(crate) fn partners(&mut self) {
        let globals = ["7000001", "7000002", "7000003"];
        let locations = [
            ("1000001", "7000001"),
            ("1000002", "7000001"),
            ("999999", "7000002"),
            ("2000001", "7000002"),
            ("3000001", "7000003"),
            ("88", ""),
        ];
        self.locations = locations.iter().map(|location| location.0.to_owned()).collect();
        self.consultants = (0..3).map(|_| self.rng.guid()).collect();
        if self.rng.chance(10) {
            return;
        }
        self.globals = globals.iter().map(|global| (*global).to_owned()).collect();
        for global in globals {
            let until = self.rng.maybe_instant(20);
            self.book.add("partners", &[global, "Company, \"one\"", "global", "", "", &until]);
        }
        for (id, global) in locations {
            let from = self.rng.maybe_instant(15);
            let until = self.rng.maybe_instant(20);
            let row = [id, "Location", "location", global, from.as_str(), until.as_str()];
            self.observe("partners", &row, |cells| {
                cells[3] = "7000003".to_owned();
                cells[4] = String::new();
            });
        }
    }

    /// Adds the row that holds, and perhaps older observations of the same key that say something else.
    pub(crate) fn observe(&mut self, table: &str, row: &[&str], older: impl Fn(&mut [String])) {
        let observed = self.rng.instant();
        let mut cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
        let mut last = if self.rng.chance(70) { String::new() } else { format(observed) };
        if self.rng.chance(20) {
            last = format(observed);
            let before = if self.rng.chance(50) { String::new() } else { format(observed - 1) };
            older(&mut cells);
            cells.push(before);
            self.add(table, &cells);
        }
        cells = row.iter().map(|cell| (*cell).to_owned()).collect();
        cells.push(last);
        self.add(table, &cells);
    }

    fn add(&mut self, table: &str, cells: &[String]) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        self.book.add(table, &cells);
    }

    pub(crate) fn tenant(&mut self) {
        let number = self.tenants.len();
        let id = self.rng.guid();
        let own = if self.rng.chance(40) { *self.rng.pick(&["7000001", "7000002"]) } else { "" };
        let name = *self.rng.pick(&["Tenant", "Tenant, quoted", "Two\nlines", "\"Q\""]);
        self.observe("tenants", &[&id, name, "t.example", own], |cells| cells[3] = "7000003".to_owned());
        let mut tenant = Tenant {
            id,
            makers: Vec::new(),
            twins: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            environments: Vec::new(),
        };
        self.makers(&mut tenant, number);
        self.groups(&mut tenant);
        self.reused_aliases(&mut tenant, number);
        for _ in 0..10 {
            let user = self.rng.guid();
            if self.rng.chance(70) {
                let kind =
                    *self.rng.pick(&["user", "user", "guest", "service_principal", "managed_identity"]);
                self.book.add("principals", &[&tenant.id, &user, kind]);
            }
            tenant.users.push(user);
        }
        tenant.users.extend(tenant.makers.clone());
        self.environments(&mut tenant);
        self.tenants.push(tenant);
    }

    /// Makers: of every kind, known in one tenant or in all, disabled at times, linked in many ways.
    fn makers(&mut self, tenant: &mut Tenant, number: usize) {
        let kinds =
            ["user", "user", "user", "user", "guest", "service_principal", "managed_identity", "system"];
        let mut people: Vec<(String, &str)> = Vec::new();
        for kind in kinds {
            people.push((self.rng.guid(), kind));
        }
        for consultant in self.consultants.clone() {
            people.push((consultant, *self.rng.pick(&["guest", "user", "system", ""])));
        }
        people.push((self.rng.guid(), ""));
        people.push((format!("upn:ghost@t{number}.example"), ""));
        for (position, (person, kind)) in people.iter().enumerate() {
            if !kind.is_empty() {
                self.principal(&tenant.id, person, kind);
            }
            let mut alias = None;
            if !person.contains(':') && self.rng.chance(40) {
                // One text in every tenant, another person behind it in each.
                let text = match *kind {
                    "service_principal" | "managed_identity" => format!("app:{}", self.rng.guid()),
                    _ if self.rng.chance(40) => format!("upn:p{position}@same.example"),
                    _ => format!("upn:p{position}@t{number}.example"),
                };
                self.book.add("aliases", &[&tenant.id, "principal", &text, person]);
                tenant.makers.push(text.clone());
                alias = Some(text);
            }
            self.link(&tenant.id, person, alias.as_deref());
            tenant.makers.push(person.clone());
        }
        let linked = format(self.rng.early());
        for _ in 0..4 {
            let twin = self.rng.guid();
            self.book.add("principals", &[&tenant.id, &twin, "user"]);
            let partner = self.rng.pick(&self.locations[..3]).clone();
            self.book.add("links", &[&tenant.id, &twin, &partner, &linked]);
            tenant.twins.push(twin);
        }
    }

    fn principal(&mut self, tenant: &str, person: &str, kind: &str) {
        let (mut disabled, mut enabled) = (String::new(), String::new());
        if self.rng.chance(25) {
            let from = self.rng.instant();
            disabled = format(from);
            if self.rng.chance(60) {
                enabled = format(self.rng.after(from));
            }
        }
        let row = [tenant, person, kind, "Name, N", "", disabled.as_str(), enabled.as_str()];
        self.observe("principals", &row, |cells| {
            cells[2] = "system".to_owned();
            cells[5] = String::new();
            cells[6] = String::new();
        });
    }

    /// A group, one inside it, one that the directory does not know, one that was left by everybody.
    fn groups(&mut self, tenant: &mut Tenant) {
        for position in 0..4 {
            let group = self.rng.guid();
            if position != 2 {
                self.principal(&tenant.id, &group, "group");
            }
            if self.rng.chance(30) || position == 2 {
                self.link(&tenant.id, &group, None);
            }
            tenant.groups.push(group);
        }
        for position in [0, 1, 1, 1, 1, 0, 0, 2, 2, 3] {
            let member = match position {
                0 if self.rng.chance(50) => tenant.groups[1].clone(),
                1 if self.rng.chance(30) => self.rng.pick(&tenant.twins).clone(),
                _ => self.rng.pick(&tenant.makers).clone(),
            };
            let from = if self.rng.chance(40) { self.rng.early() } else { self.rng.instant() };
            let (group, from_text) = (tenant.groups[position].clone(), format(from));
            let known = |row: &Vec<String>| {
                row[1] == group
                    && row[3] == from_text
                    && (row[2] == member || row[2].contains(':') || member.contains(':'))
            };
            if self.book.rows("group_members").iter().rev().take(20).any(known) {
                continue;
            }
            let until = if position == 3 || self.rng.chance(35) {
                format(self.rng.after(from))
            } else {
                String::new()
            };
            let row = [tenant.id.as_str(), &group, &member, &from_text, &until];
            self.book.add("group_members", &row);
            if !until.is_empty() && self.rng.chance(25) {
                self.book.add("group_members", &row[..4]);
            }
        }
        tenant.makers.push(tenant.groups[0].clone());
    }

    /// Texts that stood for one person and then for another, for two at once, or for nobody here.
    fn reused_aliases(&mut self, tenant: &mut Tenant, number: usize) {
        let mut ids: Vec<String> = Vec::new();
        for maker in &tenant.makers {
            if !maker.contains(':') {
                ids.push(maker.clone());
            }
        }
        for position in 0..3 {
            let text = format!("upn:reused{position}@t{number}.example");
            let (first, second) = (self.rng.pick(&ids).clone(), self.rng.pick(&ids).clone());
            let turn = self.rng.instant();
            let (until, from) = (format(turn), format(if position == 0 { turn - 1 } else { turn }));
            self.book.add("aliases", &[&tenant.id, "principal", &text, &first, "", &until]);
            self.book.add("aliases", &[&tenant.id, "principal", &text, &second, &from, ""]);
            tenant.makers.push(text);
        }
        let both = format!("upn:both@t{number}.example");
        for id in &ids[..2] {
            self.book.add("aliases", &[&tenant.id, "principal", &both, id]);
        }
        // A resource alias never names a person.
        let thing = format!("upn:thing@t{number}.example");
        self.book.add("aliases", &[&tenant.id, "resource", &thing, &ids[0]]);
        tenant.makers.extend([both, thing]);
    }

    /// Environments of each kind, some changing, one that no table knows.
    fn environments(&mut self, tenant: &mut Tenant) {
        for position in 0..4 {
            let id = self.rng.guid();
            let mut alias = None;
            if position < 3 {
                let kinds = ["production", "production", "default", "sandbox", "developer", "trial", "teams"];
                let kind = *self.rng.pick(&kinds);
                let from = self.rng.maybe_instant(25);
                self.observe("environments", &[&id, &tenant.id, "Env", kind, &from], |cells| {
                    cells[3] = "sandbox".to_owned();
                });
                if self.rng.chance(40) {
                    let kind = *self.rng.pick(&kinds);
                    let from = format(self.rng.instant());
                    if !self.book.rows("environments").iter().rev().take(2).any(|row| row[4] == from) {
                        self.observe("environments", &[&id, &tenant.id, "Env", kind, &from], |cells| {
                            cells[3] = "trial".to_owned();
                        });
                    }
                }
                if self.rng.chance(50) {
                    let text = format!("dataverse:org{}/{position}", self.tenants.len());
                    self.book.add("aliases", &[&tenant.id, "environment", &text, &id]);
                    alias = Some(text);
                }
            }
            tenant.environments.push(Environment { id, alias });
        }
    }
}
