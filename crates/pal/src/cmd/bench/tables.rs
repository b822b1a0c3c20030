//! The tables that go with activity: directories, environments, people, resources, who owns them, who is linked.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use pal_rules::facts::Table;
use pal_rules::word::Product;

use super::random::Random;
use super::world::{DAY, Plan, Resource, Tenant, World, instant};
use crate::exit::Failure;

/// A row: the cells of the first columns of its table; those after them are empty.
type Row = Vec<String>;

/// Writes every table but activity.
pub(super) fn write(plan: &Plan<'_>, world: &World, folder: &Path) -> Result<(), Failure> {
    write_table(folder, Table::Partners, partners())?;
    write_table(
        folder,
        Table::Tenants,
        numbered(&world.tenants, |number, tenant| vec![guid(tenant.id), format!("Tenant {number}")]),
    )?;
    write_table(folder, Table::Environments, world.tenants.iter().flat_map(environments))?;
    write_table(
        folder,
        Table::Principals,
        world.tenants.iter().flat_map(|tenant| principals(tenant, world)),
    )?;
    let mut random = plan.random(4);
    write_table(
        folder,
        Table::Links,
        world.tenants.iter().flat_map(|tenant| links(plan, world, tenant, &mut random)),
    )?;
    write_table(
        folder,
        Table::Resources,
        numbered(&world.resources, |number, resource| {
            vec![
                guid(resource.id),
                resource.product.to_string(),
                tenant_of(world, resource).map(|tenant| guid(tenant.id)).unwrap_or_default(),
                guid(resource.environment),
                format!("Resource {number}"),
                instant(resource.created).to_string(),
            ]
        }),
    )?;
    write_table(folder, Table::Ownership, ownership(plan, world))?;
    let mut random = plan.random(5);
    write_table(
        folder,
        Table::Profiles,
        world.resources.iter().flat_map(|resource| profiles(plan, resource, &mut random)),
    )?;
    write_table(folder, Table::Coverage, world.tenants.iter().flat_map(|tenant| coverage(plan, tenant)))
}

fn write_table(folder: &Path, table: Table, rows: impl Iterator<Item = Row>) -> Result<(), Failure> {
    let path = folder.join(format!("{}.csv", table.name()));
    let unwritable = || format!("cannot write `{}`", path.display());
    let mut writer = csv::Writer::from_writer(File::create(&path).with_context(unwritable)?);
    let columns: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
    writer.write_record(&columns)?;
    for mut row in rows {
        row.resize(columns.len(), String::new());
        writer.write_record(&row).with_context(unwritable)?;
    }
    writer.flush().with_context(unwritable)?;
    Ok(())
}

fn numbered<T>(of: &[T], row: impl Fn(usize, &T) -> Row) -> impl Iterator<Item = Row> {
    of.iter().enumerate().map(move |(number, one)| row(number, one))
}

fn guid(id: u128) -> String {
    pal_metering::Guid::from(id).id().to_string()
}

fn tenant_of<'a>(world: &'a World, resource: &Resource) -> Option<&'a Tenant> {
    world.tenants.get(resource.tenant)
}

/// Companies, and the locations of each.
const COMPANIES: u64 = 20;
const LOCATIONS: u64 = 3;
const COMPANY: u64 = 6_100_000;

fn partners() -> impl Iterator<Item = Row> {
    (0..COMPANIES).flat_map(|company| {
        let id = (COMPANY + company).to_string();
        let locations = (0..LOCATIONS).map({
            let id = id.clone();
            move |location| {
                let name = format!("Partner {company}, location {location}");
                vec![partner(company * LOCATIONS + location), name, "location".to_owned(), id.clone()]
            }
        });
        let own = vec![id, format!("Partner {company}"), "global".to_owned()];
        [own].into_iter().chain(locations).collect::<Vec<_>>()
    })
}

/// The id of a location.
fn partner(number: u64) -> String {
    (6_000_000 + number).to_string()
}

fn environments(tenant: &Tenant) -> Vec<Row> {
    let kinds = ["production", "default", "sandbox"];
    let row = |(id, kind): (u128, &str)| {
        vec![guid(id), guid(tenant.id), format!("The {kind} one"), kind.to_owned()]
    };
    tenant.environments.into_iter().zip(kinds).map(row).collect()
}

/// The people of a tenant. Those who are linked have names, which statements show.
fn principals(tenant: &Tenant, world: &World) -> impl Iterator<Item = Row> {
    let people = world.people.get(tenant.places()).unwrap_or_default();
    people.iter().enumerate().map(|(number, person)| {
        let kind = match number % 200 {
            199 => "service_principal",
            50 | 150 => "guest",
            _ => "user",
        };
        let name = if number < tenant.linked() { format!("Maker {number}") } else { String::new() };
        vec![guid(tenant.id), guid(*person), kind.to_owned(), name]
    })
}

/// The links of a tenant's people, in turn; one who has several had them one after another.
fn links(plan: &Plan<'_>, world: &World, tenant: &Tenant, random: &mut Random) -> Vec<Row> {
    let people = world.people.get(tenant.places()).unwrap_or_default();
    let rounds = tenant.links.div_ceil(tenant.people.max(1)) as u64;
    // Each round has its share of the time from a year before activity to its end.
    let first = plan.start.saturating_sub(365 * DAY);
    let share = (plan.end() - first) / rounds.max(1);
    let link = |(number, person): (usize, &u128)| {
        let round = (number / tenant.people.max(1)) as u64;
        let from = first + round * share;
        let last = number + tenant.people >= tenant.links;
        let until = if last { String::new() } else { instant(from + share).to_string() };
        let linked_at = instant(from + random.below(share.max(1))).to_string();
        let partner = partner(random.below(COMPANIES * LOCATIONS));
        vec![guid(tenant.id), guid(*person), partner, linked_at, until]
    };
    people.iter().cycle().take(tenant.links).enumerate().map(link).collect()
}

/// Events of owners: the resources have them in turn, their makers first.
fn ownership(plan: &Plan<'_>, world: &World) -> impl Iterator<Item = Row> {
    let owned = |resource: &&Resource| resource.product != Product::CustomerInsights;
    let owned: Vec<&Resource> = world.resources.iter().filter(owned).collect();
    let mut random = plan.random(6);
    let all = u128::from(plan.owner_events);
    let count = owned.len() as u128;
    (0..plan.owner_events).filter_map(move |number| {
        // Fewer events than resources are spread over all of them.
        let place =
            if all < count { u128::from(number) * count / all } else { u128::from(number) % count.max(1) };
        let round = u128::from(number) / count.max(1);
        let resource = owned.get(usize::try_from(place).ok()?)?;
        let tenant = tenant_of(world, resource)?;
        // Partners make much of what has an owner that is known.
        let makers = if random.happens(600) { tenant.linked().max(1) } else { tenant.people };
        let person = world.people.get(tenant.first + random.place(makers))?;
        let kind = match (&resource.product, round) {
            (Product::PowerBi, _) => "published",
            (_, 0) => "created",
            (Product::PowerAppsCanvas, round) if round % 2 == 1 => "co_owner_added",
            _ => "owner_set",
        };
        let at =
            if round == 0 { resource.created } else { plan.start + random.below(plan.end() - plan.start) };
        Some(vec![
            format!("ev-{number}"),
            guid(resource.id),
            kind.to_owned(),
            guid(*person),
            instant(at).to_string(),
        ])
    })
}

/// Profiles of an instance, once a month or so.
fn profiles(plan: &Plan<'_>, resource: &Resource, random: &mut Random) -> Vec<Row> {
    let months =
        if resource.product == Product::CustomerInsights { plan.arguments.size.days.div_ceil(30) } else { 0 };
    let row = |month: u64| {
        let at = (plan.start + (30 * month + 1) * DAY).min(plan.end() - 1);
        vec![guid(resource.id), instant(at).to_string(), random.below(1_000_000).to_string()]
    };
    (0..months).map(row).collect()
}

fn coverage(plan: &Plan<'_>, tenant: &Tenant) -> Vec<Row> {
    let products = [
        Product::PowerAppsCanvas,
        Product::PowerAppsModelDriven,
        Product::PowerAutomate,
        Product::PowerBi,
        Product::CustomerInsights,
    ];
    let (from, until) = (instant(plan.start).to_string(), instant(plan.end()).to_string());
    let row = |product: Product| {
        let (source, basis) = ("bench".to_owned(), "observed".to_owned());
        vec![guid(tenant.id), product.to_string(), from.clone(), until.clone(), source, basis]
    };
    products.into_iter().map(row).collect()
}
