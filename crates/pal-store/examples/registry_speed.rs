//! How many durable changes a second the registry makes, beside a bare loop that commits as many at once.
//!
//! `cargo run --release -p pal-store --example registry_speed [FOLDER | URL] [CHANGES]`: 64 clients of 16 tenants create
//! and update links, each waiting for its answer. The bare loop writes the same rows, ready-made, in commits of 64 on the
//! same disk. With the URL of an empty PostgreSQL database there is no bare loop, but a round with all clients in one tenant.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "a measurement needs the clock, and a scope without a token")]
#![expect(clippy::print_stdout, reason = "the figures")]

mod bare_loop;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_store::PrincipalScope;
use pal_store::registry::{PartnerPolicy, PostgresSettings, Registry, Request, UrlSource, is_postgres_url};
use uuid::Uuid;

const CLIENTS: u32 = 64;
const ROUNDS: u32 = 3;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next();
    let changes: u32 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if let Some(url) = place.as_deref().filter(|place| is_postgres_url(place)) {
        return runtime.block_on(postgres(url, changes));
    }
    let folder = place.map_or_else(std::env::temp_dir, PathBuf::from);
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let path = |name: &str| folder.join(format!("{name}-{}-{round}.sqlite", std::process::id()));
        let bare = bare_loop::run(&path("bare"), changes)?;
        let (elapsed, waits) = runtime.block_on(file(&path("registry"), changes))?;
        let (of_bare, of_registry) = (per_second(changes, bare), per_second(changes, elapsed));
        ratios.push(of_registry * 100 / of_bare.max(1));
        println!("round {round}: registry {of_registry}/s, bare loop {of_bare}/s");
        println!("{waits}");
    }
    runtime.block_on(reads(&folder))?;
    ratios.sort_unstable();
    println!("registry to bare loop, in %: {ratios:?}");
    Ok(())
}

fn per_second(changes: u32, elapsed: Duration) -> u128 {
    u128::from(changes) * 1_000_000 / elapsed.as_micros().max(1)
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or_default())
}

fn scope(client: u32, tenants: u32, number: u32) -> PrincipalScope {
    PrincipalScope::granted(
        Uuid::from_u128(u128::from(client % tenants) + 1),
        Uuid::from_u128(u128::from(client) << 64 | u128::from(number) << 1 | 1 << 127),
    )
}

fn request() -> Request {
    Request {
        client_request_id: Some(Uuid::new_v4().to_string()),
        request_id: Uuid::new_v4(),
        caller_name: Some("Ada Example".to_owned()),
        client_id: Some("04b07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned()),
        via: "provider",
    }
}

/// Rounds on PostgreSQL: the clients in 16 tenants, then all in one.
async fn postgres(url: &str, changes: u32) -> Outcome<()> {
    let settings = PostgresSettings::parse(url, UrlSource::Environment)?;
    let registry = Registry::open_postgres(&settings, wall_clock, PartnerPolicy::AnyPartnerId).await?;
    for round in 1..=ROUNDS {
        for tenants in [16, 1] {
            let (elapsed, waits) = clients(&registry, changes, tenants, round).await?;
            println!("round {round}, {tenants} tenants: registry {}/s", per_second(changes, elapsed));
            println!("{waits}");
        }
    }
    read(&registry, ROUNDS).await
}

async fn file(path: &Path, changes: u32) -> Outcome<(Duration, String)> {
    let registry = Registry::open(path, wall_clock, PartnerPolicy::AnyPartnerId).await?;
    clients(&registry, changes, 16, 0).await
}

/// All clients at once; how long it took, and how long they waited.
async fn clients(registry: &Registry, changes: u32, tenants: u32, round: u32) -> Outcome<(Duration, String)> {
    let started = Instant::now();
    let scopes = move |client, number| scope(client, tenants, (round << 24) | number);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            tokio::spawn(work(registry.clone(), changes / CLIENTS, move |number| scopes(client, number)))
        })
        .collect();
    let mut waits = Vec::new();
    for client in clients {
        waits.extend(client.await??);
    }
    let elapsed = started.elapsed();
    waits.sort_unstable();
    let wait = |share: usize| waits.get(waits.len() * share / 1000).copied().unwrap_or_default();
    let (half, most, nearly) = (wait(500), wait(990), wait(999));
    Ok((elapsed, format!("  waits: half within {half:?}, 99 % within {most:?}, 99.9 % within {nearly:?}")))
}

async fn work(
    registry: Registry,
    changes: u32,
    scope: impl Fn(u32) -> PrincipalScope,
) -> Outcome<Vec<Duration>> {
    let partner = |text| PartnerId::new(text).ok_or("a partner id");
    let (one, two) = (partner("1000001")?, partner("1000002")?);
    let mut waits = Vec::new();
    for number in 0..changes {
        let me = scope(number / 2);
        let started = Instant::now();
        if number % 2 == 0 {
            registry.create_link(me, one, request()).await?;
        } else {
            registry.update_link(me, two, request()).await?;
        }
        waits.push(started.elapsed());
    }
    Ok(waits)
}

/// Reads on a registry that nobody writes to.
async fn reads(folder: &Path) -> Outcome<()> {
    let path = folder.join(format!("reads-{}.sqlite", std::process::id()));
    file(&path, 6400).await?;
    read(&Registry::open(&path, wall_clock, PartnerPolicy::AnyPartnerId).await?, 0).await
}

/// Reads links from 16 tasks, then verifies.
async fn read(registry: &Registry, round: u32) -> Outcome<()> {
    let started = Instant::now();
    let readers: Vec<_> = (0..16)
        .map(|client| {
            let registry = registry.clone();
            tokio::spawn(async move {
                for number in 0..5000 {
                    registry.link(scope(client, 16, (round << 24) | (number % 50))).await?;
                }
                Ok::<_, pal_store::registry::RegistryFault>(())
            })
        })
        .collect();
    for reader in readers {
        reader.await??;
    }
    println!("reads: {}/s", per_second(80_000, started.elapsed()));
    let started = Instant::now();
    let report = registry.verify(Vec::new()).await?;
    let records = u32::try_from(report.records)?;
    println!("verified: {}/s, sound: {}", per_second(records, started.elapsed()), report.sound());
    Ok(())
}
