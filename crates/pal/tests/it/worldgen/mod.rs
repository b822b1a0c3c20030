//! Random facts directories, full of edge cases: month boundaries to the microsecond, ties in every
//! comparison, groups, imports, removed links, inventories, aliases, repeated and refused rows.
//!
//! The same seed and knobs give the same tables.

mod book;
mod dirt;
mod history;
mod links;
mod listings;
mod people;
mod rng;
mod things;

use book::Book;
pub(crate) use rng::Rng;

use crate::naive::Tables;

/// How large a world is, and whether it holds rows that are refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knobs {
    pub(crate) resources: usize,
    pub(crate) dirty: bool,
}

/// A world in the making.
#[derive(Debug)]
struct World {
    rng: Rng,
    book: Book,
    tenants: Vec<Tenant>,
    /// Partner ids that a link may name.
    locations: Vec<String>,
    globals: Vec<String>,
    /// People known in several tenants.
    consultants: Vec<String>,
    next_id: u64,
}

/// One customer's directory.
#[derive(Debug)]
struct Tenant {
    id: String,
    /// Ids and aliases that rows of this tenant name a maker by.
    makers: Vec<String>,
    /// Principals linked at one instant: to tie them on everything else is then easy.
    twins: Vec<String>,
    groups: Vec<String>,
    /// Users of resources, makers among them.
    users: Vec<String>,
    environments: Vec<Environment>,
}

#[derive(Debug)]
struct Environment {
    id: String,
    /// A text that always stands for it.
    alias: Option<String>,
}

/// One resource as the row that holds says it.
#[derive(Debug)]
struct Thing {
    id: String,
    tenant: usize,
    /// The environment's place in the tenant; none when absent or not resolvable.
    environment: Option<usize>,
    /// False when a component row for it would be refused.
    movable: bool,
    product: &'static str,
    /// Texts that name it, at least at some times.
    names: Vec<String>,
}

/// Makes a world.
pub(crate) fn generate(seed: u64, knobs: Knobs) -> Tables {
    let mut world = World {
        rng: Rng::new(seed),
        book: Book::default(),
        tenants: Vec::new(),
        locations: Vec::new(),
        globals: Vec::new(),
        consultants: Vec::new(),
        next_id: 0,
    };
    world.partners();
    for _ in 0..=knobs.resources / 40 {
        world.tenant();
    }
    let mut things = Vec::new();
    for _ in 0..knobs.resources {
        things.push(world.thing());
    }
    world.thing_aliases(&mut things);
    for thing in &things {
        world.ownership(thing);
        world.listings(thing);
        world.activity(thing);
    }
    world.imports(&things);
    world.strays();
    if knobs.dirty {
        world.dirt(&things);
    }
    world.book.finish(&mut world.rng)
}

impl World {
    /// An id that sorts before or after others at random, never given twice.
    fn event_id(&mut self) -> String {
        self.next_id += 1;
        format!("{}{}-{}", self.rng.pick(&["a", "e", "i", "z"]), self.rng.below(1000), self.next_id)
    }
}
