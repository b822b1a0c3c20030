//! The links of one principal: periods that hold, in every way they may be told.

use super::World;
use crate::naive::format;

impl World {
    /// Links a principal, or not; an alias may stand for it.
    pub(crate) fn link(&mut self, tenant: &str, person: &str, alias: Option<&str>) {
        let start = if self.rng.chance(50) { self.rng.early() } else { self.rng.instant() };
        let known = *self.rng.pick(&["", "", "declared", "this_server"]);
        let partner = self.location();
        let row = |link: &Link| link.row(tenant, person, alias);
        let mut link = Link { partner, from: start, until: None, known };
        match self.rng.below(12) {
            0..2 => {}
            2..5 => self.add_link(&row(&link)),
            5 => {
                link.until = Some(self.rng.after(start));
                self.add_link(&row(&link));
            }
            6 => {
                // The open row repeats the one whose end is known.
                let open = row(&link);
                link.until = Some(self.rng.after(start));
                self.add_link(&open);
                self.add_link(&row(&link));
            }
            7 | 8 => {
                // One partner after another, without or with a gap.
                let mut from = start;
                for _ in 0..3 {
                    let until = self.rng.after(from);
                    self.add_link(&Link { until: Some(until), ..link.clone() }.row(tenant, person, alias));
                    from = if self.rng.chance(60) { until } else { self.rng.after(until) };
                    link = Link { partner: self.location(), from, until: None, known };
                }
                if self.rng.chance(50) {
                    self.add_link(&row(&link));
                }
            }
            9 => {
                let until = self.rng.after(start);
                link.until = Some(until);
                self.add_link(&row(&link));
                self.observations(tenant, person, alias, until);
            }
            _ => self.observations(tenant, person, alias, start),
        }
    }

    pub(crate) fn location(&mut self) -> String {
        self.rng.pick(&self.locations).clone()
    }

    fn add_link(&mut self, row: &[String]) {
        let cells: Vec<&str> = row.iter().map(String::as_str).collect();
        self.book.add("links", &cells);
    }

    /// What Microsoft showed from time to time; at the end perhaps a declared link to another partner.
    fn observations(&mut self, tenant: &str, person: &str, alias: Option<&str>, start: i64) {
        let mut from = start;
        let mut seen = String::new();
        for position in 0..=self.rng.below(5) {
            let partner = match self.rng.below(10) {
                0..5 if position > 0 => seen.clone(),
                5 | 6 => String::new(),
                _ => self.location(),
            };
            seen.clone_from(&partner);
            let link = Link { partner, from, until: None, known: "microsoft" };
            self.add_link(&link.row(tenant, person, alias));
            from = self.rng.after(from);
        }
        let partner = self.location();
        if self.rng.chance(30) && partner != seen {
            let link = Link { partner, from, until: None, known: "declared" };
            self.add_link(&link.row(tenant, person, alias));
        }
    }
}

#[derive(Clone, Debug)]
struct Link {
    partner: String,
    from: i64,
    until: Option<i64>,
    known: &'static str,
}

impl Link {
    /// The row; the time decides by which name, so that the repeat of a row has the same.
    fn row(&self, tenant: &str, person: &str, alias: Option<&str>) -> Vec<String> {
        let named = if self.from % 3 == 0 { alias.unwrap_or(person) } else { person };
        let until = self.until.map(format).unwrap_or_default();
        let cells = [tenant, named, &self.partner, &format(self.from), &until, self.known];
        cells.into_iter().map(str::to_owned).collect()
    }
}
