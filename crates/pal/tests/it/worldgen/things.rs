//! Resources: of each product and of none, created late, deleted, observed several times.

use super::{Thing, World};
use crate::naive::format;

const PRODUCTS: [&str; 10] = [
    "power_apps_canvas",
    "power_apps_canvas",
    "power_apps_canvas",
    "power_apps_model_driven",
    "power_automate",
    "power_automate",
    "power_bi",
    "customer_insights",
    "customer_insights",
    "copilot_studio",
];

impl World {
    /// A resource with the row that holds, older ones, and rows that only report its deletion.
    pub(crate) fn thing(&mut self) -> Thing {
        let product = *self.rng.pick(&PRODUCTS);
        let tenant = self.rng.below(self.tenants.len());
        let id = if self.rng.chance(95) { self.rng.guid() } else { self.event_id() };
        let mut created = match self.rng.below(10) {
            0..3 => String::new(),
            3..6 => format(self.rng.early()),
            _ => format(self.rng.instant()),
        };
        let (mut environment, mut text, mut movable) = (None, String::new(), true);
        match self.rng.below(12) {
            0 => {}
            1 => {
                // Not to be resolved: an environment of its own.
                text = "dataverse:nowhere/1".to_owned();
                movable = false;
            }
            _ => {
                let position = self.rng.below(4);
                let place = &self.tenants[tenant].environments[position];
                text.clone_from(&place.id);
                if let Some(alias) = &place.alias
                    && self.rng.chance(30)
                {
                    text.clone_from(alias);
                }
                environment = Some(position);
            }
        }
        if text.contains(':') && created.is_empty() {
            created = format(self.rng.early());
        }
        let name = if created.is_empty() || self.rng.chance(80) { "App, \"one\"" } else { "" };
        let deleted = self.rng.maybe_instant(20);
        self.rows(&id, [product, &self.tenants[tenant].id.clone(), &text, name, &created, &deleted]);
        if deleted.is_empty() && self.rng.chance(12) {
            for _ in 0..=self.rng.below(2) {
                let (deleted, observed) = (format(self.rng.instant()), self.rng.maybe_instant(40));
                let tenant = self.tenants[tenant].id.clone();
                self.book.add("resources", &[&id, product, &tenant, "", "", "", &deleted, &observed]);
            }
        }
        Thing { names: vec![id.clone()], id, tenant, environment, movable, product }
    }

    fn rows(&mut self, id: &str, [product, tenant, environment, name, created, deleted]: [&str; 6]) {
        let elsewhere = self.rng.pick(&self.tenants).id.clone();
        let row = [id, product, tenant, environment, name, created, deleted];
        self.observe("resources", &row, |cells| {
            cells[1] = "power_bi".to_owned();
            cells[2].clone_from(&elsewhere);
            cells[3] = String::new();
            cells[4] = "Before".to_owned();
            cells[6] = String::new();
        });
    }

    /// Texts that name a resource always, for some time, or two resources in turn.
    pub(crate) fn thing_aliases(&mut self, things: &mut [Thing]) {
        for position in 0..things.len() {
            if self.rng.chance(75) {
                continue;
            }
            let tenant = self.tenants[things[position].tenant].id.clone();
            let id = things[position].id.clone();
            let text = format!("name:{}/app{position}", self.rng.guid());
            let (from, until) = match self.rng.below(4) {
                0 => (format(self.rng.instant()), String::new()),
                1 => (String::new(), format(self.rng.instant())),
                _ => (String::new(), String::new()),
            };
            self.book.add("aliases", &[&tenant, "resource", &text, &id, &from, &until]);
            // After its end the text may stand for another resource, of which the same is allowed.
            let next = position.checked_sub(1).filter(|next| {
                let (a, b) = (&things[position], &things[*next]);
                let plain = |thing: &Thing| !matches!(thing.product, "power_bi" | "customer_insights");
                (a.tenant, a.environment) == (b.tenant, b.environment)
                    && a.movable
                    && b.movable
                    && plain(a)
                    && plain(b)
            });
            if let Some(next) = next
                && !until.is_empty()
            {
                let other = things[next].id.clone();
                self.book.add("aliases", &[&tenant, "resource", &text, &other, &until, ""]);
                things[next].names.push(text.clone());
            }
            things[position].names.push(text);
        }
    }
}
