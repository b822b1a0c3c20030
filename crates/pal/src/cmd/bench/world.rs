//! Who there is, and how likely each is to be seen.

use pal_rules::time::Timestamp;
use pal_rules::word::Product;

use super::random::{Choice, Random, log_normal, zipf};
use crate::cli::{Generate, Spread};

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// What is to be made up: the arguments, and what follows from them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub(super) arguments: &'a Generate,
    /// The first instant of activity, in seconds.
    pub(super) start: u64,
    pub(super) owner_events: u64,
    pub(super) links: u64,
}

impl<'a> Plan<'a> {
    pub(super) fn new(arguments: &'a Generate) -> Self {
        let size = &arguments.size;
        let seconds = size.from.start().micros() / 1_000_000;
        Self {
            arguments,
            start: u64::try_from(seconds).unwrap_or(0),
            owner_events: size.owner_events.unwrap_or(size.resources / 5),
            links: size.links.unwrap_or(size.resources / 20),
        }
    }

    /// Random numbers of a part of the world.
    pub(super) fn random(&self, part: u64) -> Random {
        Random::new(self.arguments.mixture.seed, part)
    }

    /// An instant up to so many days before activity begins.
    pub(super) fn before(&self, random: &mut Random, days: u64) -> u64 {
        self.start.saturating_sub(random.below(days * DAY))
    }

    /// The first instant after all activity.
    pub(super) fn end(&self) -> u64 {
        self.start + self.arguments.size.days * DAY
    }
}

/// An instant of so many seconds.
pub(super) fn instant(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds.cast_signed() * 1_000_000)
}

/// Who there is.
#[derive(Debug)]
pub(super) struct World {
    pub(super) tenants: Vec<Tenant>,
    pub(super) resources: Vec<Resource>,
    /// Those of a tenant stand together.
    pub(super) people: Vec<u128>,
    choose_resource: Choice,
}

/// A customer's directory.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) id: u128,
    pub(super) environments: [u128; 3],
    /// Where its people begin.
    pub(super) first: usize,
    pub(super) people: usize,
    /// How many links its people have: the first of them in turn.
    pub(super) links: usize,
    choose_person: Choice,
}

impl Tenant {
    /// The places of its people.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.people
    }

    /// How many of its people are linked.
    pub(super) fn linked(&self) -> usize {
        self.links.min(self.people)
    }
}

/// An app, flow, dataset or instance.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) id: u128,
    pub(super) tenant: usize,
    pub(super) product: Product,
    pub(super) environment: u128,
    /// In seconds.
    pub(super) created: u64,
}

impl World {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        let size = &plan.arguments.size;
        let uniform = plan.arguments.mixture.spread == Spread::Uniform;
        let ranks = |count: u64, power: u64| {
            let weights = (0..count).map(|rank| if uniform { 1 } else { zipf(rank, power) });
            Choice::new(&weights.collect::<Vec<u64>>())
        };
        let choose_tenant = ranks(size.tenants, 800);
        let (tenants, people) = tenants(plan, &choose_tenant);
        Self {
            resources: resources(plan, &tenants, &choose_tenant),
            tenants,
            people,
            choose_resource: ranks(size.resources, 950),
        }
    }

    /// A resource that is used, and by whom, as places.
    pub(super) fn use_of(&self, random: &mut Random) -> Option<(usize, usize)> {
        let resource = self.choose_resource.choose(random);
        let tenant = self.tenants.get(self.resources.get(resource)?.tenant)?;
        Some((resource, tenant.first + tenant.choose_person.choose(random)))
    }
}

fn tenants(plan: &Plan<'_>, choose: &Choice) -> (Vec<Tenant>, Vec<u128>) {
    let mut random = plan.random(1);
    let count = |all: u64, random: &mut Random| {
        let mut counts = vec![0_usize; usize::try_from(plan.arguments.size.tenants).unwrap_or(0)];
        for _ in 0..all {
            if let Some(count) = counts.get_mut(choose.choose(random)) {
                *count += 1;
            }
        }
        counts
    };
    let (counts, links) = (count(plan.arguments.size.people, &mut random), count(plan.links, &mut random));
    let uniform = plan.arguments.mixture.spread == Spread::Uniform;
    let (mut tenants, mut people) = (Vec::new(), Vec::new());
    for (count, links) in counts.into_iter().zip(links) {
        let (first, count) = (people.len(), count.max(1));
        people.extend((0..count).map(|_| random.guid()));
        let weights = (0..count).map(|_| if uniform { 1 } else { log_normal(&mut random) });
        let weights: Vec<u64> = weights.collect();
        tenants.push(Tenant {
            id: random.guid(),
            environments: [(); 3].map(|()| random.guid()),
            first,
            people: count,
            links,
            choose_person: Choice::new(&weights),
        });
    }
    (tenants, people)
}

fn resources(plan: &Plan<'_>, tenants: &[Tenant], choose: &Choice) -> Vec<Resource> {
    let mut random = plan.random(2);
    let resource = |_| {
        let tenant = choose.choose(&mut random);
        let product = match random.below(100) {
            0..40 => Product::PowerAppsCanvas,
            40..50 => Product::PowerAppsModelDriven,
            50..80 => Product::PowerAutomate,
            80..98 => Product::PowerBi,
            _ => Product::CustomerInsights,
        };
        let environments = tenants.get(tenant)?.environments;
        Some(Resource {
            id: random.guid(),
            tenant,
            product,
            environment: *environments.get(random.place(environments.len()))?,
            created: plan.before(&mut random, 700),
        })
    };
    (0..plan.arguments.size.resources).filter_map(resource).collect()
}
