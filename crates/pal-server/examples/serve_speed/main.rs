//! How fast `pal serve` is, beside what is in its way: an empty handler of the same framework, and a bare loop that
//! commits to the same disk.
//!
//! ```text
//! cargo build --release -p pal
//! cargo run --release -p pal-server --example serve_speed -- target/release/pal [FOLDER] [ROUNDS]
//! ```
//!
//! Both servers are processes of their own on loopback, and the load comes from this one: hyper's HTTP/1.1 client, 64
//! connections that stay open, each with one request at a time. All three share the machine's cores. Both servers get the
//! same requests.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![expect(clippy::print_stdout, reason = "the figures")]

#[path = "../../../pal-store/examples/bare_loop/mod.rs"]
mod bare_loop;
mod load;
mod servers;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Request};
use http_body_util::Empty;
use hyper::body::Bytes;

use load::{Questions, Target};
use servers::{Scheme, Server};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const CLIENTS: u32 = 64;
/// So many changes does the bare loop make.
const CHANGES: u32 = 20_000;
const LENGTH: Duration = Duration::from_secs(3);
const PARTNERS: &str = "/providers/Microsoft.ManagementPartner/partners";
const VERSION: &str = "?api-version=2018-02-01";

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let pal = arguments.next().ok_or("which pal? serve_speed PAL [FOLDER] [ROUNDS]")?;
    if pal == "empty" {
        return servers::empty(arguments.next(), arguments.next());
    }
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let rounds: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let folder = folder.join(format!("serve-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    servers::describe_sandbox(&folder, CLIENTS)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    starts(&pal, &folder, rounds)?;
    for scheme in [Scheme::Plain, Scheme::Tls] {
        runtime.block_on(measure(&pal, &folder, scheme, rounds))?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// From the start of the process until it says that it is ready, on a folder that has been served from before; and how
/// much memory it holds a second later.
fn starts(pal: &str, folder: &Path, rounds: usize) -> Outcome<()> {
    drop(Server::pal(pal, folder, Scheme::Tls)?);
    let (mut waits, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let started = Instant::now();
        let server = Server::pal(pal, folder, Scheme::Tls)?;
        waits.push(started.elapsed().as_millis());
        std::thread::sleep(Duration::from_secs(1));
        resident.push(server.resident_kib()?);
    }
    println!("ready after {} ms; idle {} KiB", spread(waits), spread(resident));
    Ok(())
}

async fn measure(pal: &str, folder: &Path, scheme: Scheme, rounds: usize) -> Outcome<()> {
    let (mut reads, mut writes) = (Beside::default(), Beside::default());
    let mut waits = Vec::new();
    let server = Server::pal(pal, folder, scheme)?;
    let empty = Server::empty(folder, scheme)?;
    let (target, beside) = (Target::new(&server)?, Target::new(&empty)?);
    let tokens: Arc<[HeaderValue]> = target.sign_in(CLIENTS).await?.into();
    let asking = |ask: fn(&[HeaderValue], usize, u64) -> Request<Empty<Bytes>>, row| {
        let tokens = Arc::clone(&tokens);
        Questions { next: move |client, number| ask(&tokens, client, number), row }
    };
    for round in 0..rounds {
        let run = load::run(&target, CLIENTS, LENGTH, asking(change, 3)).await?;
        waits.push(run.within(990).as_micros());
        let bare = bare_loop::run(&folder.join(format!("bare-{scheme:?}-{round}")), CHANGES)?;
        writes.note(run.per_second(), u128::from(CHANGES) * 1_000_000 / bare.as_micros().max(1));

        let nothing = load::run(&beside, CLIENTS, LENGTH, asking(own, 1)).await?;
        load::run(&target, CLIENTS, Duration::ZERO, asking(link, 1)).await?;
        let run = load::run(&target, CLIENTS, LENGTH, asking(own, 1)).await?;
        reads.note(run.per_second(), nothing.per_second());
        load::run(&target, CLIENTS, Duration::ZERO, asking(unlink, 1)).await?;
    }
    println!("{scheme:?}");
    println!("  GET of the own link a second: {}", reads.told("an empty handler"));
    println!("  changes a second: {}; 99 % within {} µs", writes.told("a bare loop"), spread(waits));
    println!("  memory after it: {} KiB", server.resident_kib()?);
    Ok(())
}

/// Figures of ours, each with what could be had at best in the same moment.
#[derive(Default)]
struct Beside {
    ours: Vec<u128>,
    best: Vec<u128>,
    percent: Vec<u128>,
}

impl Beside {
    fn note(&mut self, ours: u128, best: u128) {
        self.ours.push(ours);
        self.best.push(best);
        self.percent.push(ours * 100 / best.max(1));
    }

    fn told(self, beside: &str) -> String {
        let [ours, best, percent] = [self.ours, self.best, self.percent].map(spread);
        format!("{ours}, {beside} {best}, {percent} % of it")
    }
}

/// Makes the link, moves it, removes it, in turn: every request is a change, which is on the disk before its answer.
fn change(tokens: &[HeaderValue], client: usize, number: u64) -> Request<Empty<Bytes>> {
    match number % 3 {
        0 => link(tokens, client, number),
        1 => request("PATCH", &format!("{PARTNERS}/6000120{VERSION}"), tokens.get(client)),
        _ => request("DELETE", &format!("{PARTNERS}/6000120{VERSION}"), tokens.get(client)),
    }
}

fn link(tokens: &[HeaderValue], client: usize, _: u64) -> Request<Empty<Bytes>> {
    request("PUT", &format!("{PARTNERS}/6000110{VERSION}"), tokens.get(client))
}

fn unlink(tokens: &[HeaderValue], client: usize, _: u64) -> Request<Empty<Bytes>> {
    request("DELETE", &format!("{PARTNERS}/6000110{VERSION}"), tokens.get(client))
}

fn own(tokens: &[HeaderValue], client: usize, _: u64) -> Request<Empty<Bytes>> {
    request("GET", &format!("{PARTNERS}{VERSION}"), tokens.get(client))
}

fn request(method: &str, address: &str, token: Option<&HeaderValue>) -> Request<Empty<Bytes>> {
    let mut request = Request::builder().method(method).uri(address).header("Host", "localhost");
    if let Some(token) = token {
        request = request.header("Authorization", token);
    }
    request.body(Empty::new()).unwrap_or_default()
}

/// The median, and in brackets the least and the most.
fn spread<T: Ord + Copy + std::fmt::Display>(mut values: Vec<T>) -> String {
    values.sort_unstable();
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(least), Some(median), Some(most)) => format!("{median} ({least} to {most})"),
        _ => "none".to_owned(),
    }
}
