//! What happened to resources: ownership, imports, activity, profiles; coverage and runs beside them.

use super::{Thing, World};
use crate::naive::format;

impl World {
    pub(crate) fn name(&mut self, thing: &Thing) -> String {
        self.rng.pick(&thing.names).clone()
    }

    pub(crate) fn maker(&mut self, thing: &Thing) -> String {
        self.rng.pick(&self.tenants[thing.tenant].makers).clone()
    }

    /// Ownership events, plausible for the product and not.
    pub(crate) fn ownership(&mut self, thing: &Thing) {
        let usual: &[&str] = match thing.product {
            "power_apps_canvas" => &[
                "created",
                "owner_set",
                "co_owner_added",
                "co_owner_added",
                "co_owner_added",
                "co_owner_removed",
            ],
            "power_bi" => &["published", "published", "created"],
            "customer_insights" => &["created"],
            _ => &["created", "owner_set", "co_owner_added"],
        };
        let all = ["created", "owner_set", "co_owner_added", "co_owner_removed", "published"];
        let mut added: Vec<String> = Vec::new();
        for _ in 0..self.rng.below(6) {
            let kind = if self.rng.chance(92) { *self.rng.pick(usual) } else { *self.rng.pick(&all) };
            let who = match kind {
                "co_owner_added" if self.rng.chance(30) => {
                    self.rng.pick(&self.tenants[thing.tenant].groups).clone()
                }
                "co_owner_removed" if !added.is_empty() => self.rng.pick(&added).clone(),
                _ => self.maker(thing),
            };
            let at = self.rng.instant();
            if kind == "co_owner_added" {
                added.push(who.clone());
            }
            self.event(thing, kind, &who, at);
        }
        if self.rng.chance(25) {
            self.tie(thing);
        }
    }

    pub(crate) fn event(&mut self, thing: &Thing, kind: &str, who: &str, at: i64) {
        let (id, name) = (self.event_id(), self.name(thing));
        self.book.add("ownership", &[&id, &name, kind, who, &format(at)]);
    }

    /// Two or three principals who are alike but for one comparison.
    fn tie(&mut self, thing: &Thing) {
        let twins = self.tenants[thing.tenant].twins.clone();
        let (kind, tenant) = match thing.product {
            "power_bi" => ("published", thing.tenant),
            "customer_insights" => ("use", thing.tenant),
            _ => ("co_owner_added", thing.tenant),
        };
        let tenant = self.tenants[tenant].id.clone();
        let (at, later) = (self.rng.early(), self.rng.instant());
        let apart = self.rng.chance(40);
        for twin in &twins[self.rng.below(2)..] {
            let since = if apart { self.rng.early() } else { at };
            if kind == "use" {
                for at in [if apart { self.rng.instant() } else { later }, later] {
                    self.book.add("activity", &[&format(at), &tenant, &thing.id, twin, "use"]);
                }
            } else {
                self.event(thing, kind, twin, since);
                if apart {
                    self.book.add("activity", &[&format(later), &tenant, &thing.id, twin, "make"]);
                }
            }
        }
    }

    /// Imports into each environment, of resources that lie there or nowhere.
    pub(crate) fn imports(&mut self, things: &[Thing]) {
        for tenant in 0..self.tenants.len() {
            let here = |thing: &&Thing| {
                let plain = !matches!(thing.product, "power_bi" | "customer_insights");
                thing.tenant == tenant && thing.movable && plain
            };
            let mine: Vec<&Thing> = things.iter().filter(here).collect();
            for environment in 0..4 {
                let fits = |thing: &&&Thing| thing.environment.is_none_or(|place| place == environment);
                let inside: Vec<&Thing> = mine.iter().filter(fits).copied().collect();
                for _ in 0..inside.len() / 2 {
                    self.import(tenant, environment, &inside);
                }
            }
        }
    }

    fn import(&mut self, tenant: usize, environment: usize, inside: &[&Thing]) {
        let place = &self.tenants[tenant].environments[environment];
        let place = place.alias.as_ref().filter(|alias| alias.len() % 2 == 0).unwrap_or(&place.id).clone();
        let actor = self.rng.pick(&self.tenants[tenant].makers).clone();
        let results = ["succeeded", "succeeded", "succeeded", "failed", "cancelled", "holding"];
        let result = *self.rng.pick(&results);
        let (at, managed) = (format(self.rng.instant()), *self.rng.pick(&["true", "false"]));
        let id = self.event_id();
        self.book.add("solution_imports", &[&id, &place, "Sol", "1.0", managed, &actor, result, &at]);
        if result == "holding" && self.rng.chance(50) {
            let (applied, at) = (self.event_id(), format(self.rng.instant()));
            let row = [applied.as_str(), &place, "Sol", "1.0", managed, &actor, "succeeded", &at];
            self.book.add("solution_imports", &row);
            let thing = *self.rng.pick(inside);
            self.book.add("solution_components", &[&applied, &thing.id]);
        }
        for _ in 0..self.rng.below(5) {
            let thing = *self.rng.pick(inside);
            let name = self.name(thing);
            self.book.add("solution_components", &[&id, &name]);
        }
    }

    /// Use and make, and what instances measured.
    pub(crate) fn activity(&mut self, thing: &Thing) {
        let tenant = self.tenants[thing.tenant].id.clone();
        for _ in 0..self.rng.below(9) {
            let who = if self.rng.chance(75) {
                self.rng.pick(&self.tenants[thing.tenant].users).clone()
            } else {
                self.maker(thing)
            };
            let kind = if self.rng.chance(65) { "use" } else { "make" };
            let (at, name) = (format(self.rng.instant()), self.name(thing));
            self.book.add("activity", &[&at, &tenant, &name, &who, kind]);
        }
        if thing.product == "customer_insights" || self.rng.chance(2) {
            for _ in 0..self.rng.below(4) {
                let (at, name) = (format(self.rng.instant()), self.name(thing));
                for _ in 0..=self.rng.below(2) {
                    let profiles = self.rng.below(100_000).to_string();
                    self.book.add("profiles", &[&name, &at, &profiles]);
                }
            }
        }
        if self.rng.chance(20) {
            self.beside(thing, &tenant);
        }
    }

    fn beside(&mut self, thing: &Thing, tenant: &str) {
        let (from, runs) = (self.rng.instant(), self.rng.below(50).to_string());
        let until = format(self.rng.after(from));
        let basis = *self.rng.pick(&["observed", "owner_proxy", "runs_only"]);
        self.book.add("coverage", &[tenant, thing.product, &format(from), &until, "audit", basis]);
        let day = format!("2026-0{}-1{}", 1 + self.rng.below(4), self.rng.below(10));
        let status = *self.rng.pick(&["", "Succeeded", "Failed"]);
        self.book.add("runs", &[&thing.id, &day, status, &runs]);
    }

    /// Rows about resources that no row knows: they wait.
    pub(crate) fn strays(&mut self) {
        let tenant = self.tenants[0].id.clone();
        let (id, at) = (self.rng.guid(), format(self.rng.instant()));
        let (event, import) = (self.event_id(), self.event_id());
        let who = self.tenants[0].makers[0].clone();
        let environment = self.tenants[0].environments[0].id.clone();
        self.book.add("ownership", &[&event, &id, "created", &who, &at]);
        self.book.add("activity", &[&at, &tenant, &id, &who, "use"]);
        self.book.add("profiles", &[&id, &at, "7"]);
        self.book.add("listings", &[&at, &id, "owner", &who, "true"]);
        self.book.add("solution_imports", &[&import, &environment, "S", "1", "true", &who, "succeeded", &at]);
        self.book.add("solution_components", &[&import, &id]);
        // A deletion is reported of what was never seen.
        self.book.add("resources", &[&self.rng.guid(), "power_automate", &tenant, "", "", "", &at]);
    }
}
