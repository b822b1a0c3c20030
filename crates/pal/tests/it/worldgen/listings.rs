//! What inventories said, whole and partial, of every role.

use super::{Thing, World};
use crate::naive::format;

impl World {
    /// Some inventories of a resource.
    pub(crate) fn listings(&mut self, thing: &Thing) {
        let mut people: Vec<String> = Vec::new();
        for _ in 0..4 {
            people.push(self.maker(thing));
        }
        people.push(self.rng.pick(&self.tenants[thing.tenant].groups).clone());
        for _ in 0..self.rng.below(4) {
            let at = format(self.rng.instant());
            let name = self.name(thing);
            let odd = self.rng.chance(6);
            if odd || thing.product != "power_bi" && thing.product != "customer_insights" {
                for _ in 0..[0, 1, 1, 1, 2][self.rng.below(5)] {
                    self.say(&at, &name, "owner", &people);
                }
            }
            if odd || thing.product == "power_bi" {
                for _ in 0..self.rng.below(3) {
                    self.say(&at, &name, "publisher", &people);
                }
            }
            if odd || thing.product == "power_apps_canvas" {
                self.co_owners(&at, &name, &people);
            }
        }
        // Who is recorded already is listed again.
        if self.rng.chance(20) {
            let (at, who) = (self.rng.instant(), people[0].clone());
            self.event(thing, "owner_set", &who, at);
            let later = format(self.rng.after(at));
            self.book.add("listings", &[&later, &thing.id, "owner", &who, "true"]);
        }
    }

    fn say(&mut self, at: &str, name: &str, role: &str, people: &[String]) {
        let complete = *self.rng.pick(&["true", "false"]);
        let who = if self.rng.chance(97) { self.rng.pick(people).as_str() } else { "" };
        self.book.add("listings", &[at, name, role, who, complete]);
    }

    /// The co-owners of one inventory: all complete, none, or only some of the rows.
    fn co_owners(&mut self, at: &str, name: &str, people: &[String]) {
        let mode = self.rng.below(10);
        let complete = |position: usize| match mode {
            0..5 => "true",
            5..8 => "false",
            _ => ["true", "false"][position % 2],
        };
        let rows = self.rng.below(4);
        if rows == 0 && self.rng.chance(50) {
            self.book.add("listings", &[at, name, "co_owner", "", complete(0)]);
        }
        for position in 0..rows {
            let who = if self.rng.chance(95) { self.rng.pick(people).as_str() } else { "" };
            self.book.add("listings", &[at, name, "co_owner", who, complete(position)]);
        }
    }
}
