//! Kills: `pal serve` ended by SIGKILL at random moments under 64 clients keeps every change that it answered, whole. On
//! PostgreSQL the database crashes as well.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pal_store::ReadScope;
use pal_store::registry::audit::Report;
use pal_store::registry::{Change, PartnerPolicy, PostgresSettings, Registry, UrlSource};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::client::{Client, object, tenant};
use crate::command::Place;
use crate::server::{Cluster, Server};

const CLIENTS: usize = 64;
/// Writes of a round, if it were left alone.
const WRITES: u64 = 2000;
const SEED: u64 = 20_261_125;

/// splitmix64: which moment a round is killed at.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What is killed in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Server,
    Database,
    Both,
}

/// What became of the rounds.
#[derive(Debug, Default)]
struct Count {
    rounds: u64,
    answered: u64,
    /// Rounds that ended with writes under way.
    mid_write: u64,
    /// Of the writes under way, those that were made and those that were not.
    applied: u64,
    not_applied: u64,
}

/// Where the registry of a world is, and how to look at it past the server.
struct World {
    place: Place,
    cluster: Option<Cluster>,
    runtime: Runtime,
}

impl World {
    fn new(cluster: Option<Cluster>) -> Self {
        let place = Place::on_disk();
        place.write("sandbox.toml", crate::client::sandbox(CLIENTS));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { place, cluster, runtime }
    }

    fn start(&self, port: u16) -> Server {
        Server::start(&self.place, port, self.cluster.as_ref().map(|cluster| cluster.url.as_str()))
    }

    /// All histories, and what verification finds.
    #[expect(clippy::disallowed_methods, reason = "a test reads everything")]
    fn seen(&self) -> (BTreeMap<usize, Vec<Change>>, Report) {
        let never = || panic!("nothing is written here");
        self.runtime.block_on(async {
            let registry = if let Some(cluster) = &self.cluster {
                let settings = PostgresSettings::parse(&cluster.url, UrlSource::Open).unwrap();
                Registry::open_postgres(&settings, never, PartnerPolicy::AnyPartnerId).await.unwrap()
            } else {
                let path = self.place.path("pal-data/registry.sqlite");
                Registry::open(&path, never, PartnerPolicy::AnyPartnerId).await.unwrap()
            };
            let mut histories = BTreeMap::new();
            for client in 0..CLIENTS {
                let ids: (Uuid, Uuid) = (tenant(client).parse().unwrap(), object(client).parse().unwrap());
                let everything = ReadScope::everything_granted();
                histories.insert(client, registry.history(everything, ids.0, ids.1).await.unwrap());
            }
            (histories, registry.verify(Vec::new()).await.unwrap())
        })
    }
}

/// Lets all clients write until `kill` has ended what they write to.
fn write_until_killed(clients: &mut [Client], address: &str, dice: &mut Dice, kill: impl FnOnce()) -> u64 {
    let moment = 100 + dice.below(WRITES - 100 - 2 * CLIENTS as u64);
    let pause = Duration::from_micros(dice.below(3000));
    let (started, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let kill = Mutex::new(Some(kill));
    std::thread::scope(|scope| {
        for client in clients.iter_mut() {
            scope.spawn(|| client.write(address, (&started, WRITES), &answered));
        }
        while answered.load(Ordering::SeqCst) < moment {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(pause);
        (kill.lock().unwrap().take().unwrap())();
    });
    answered.into_inner()
}

/// Holds what is there against what the clients were told.
fn holds(clients: &mut [Client], world: &World, address: &str, count: &mut Count) {
    let (histories, report) = world.seen();
    assert!(report.sound(), "{:?}", report.findings);
    let mut under_way = 0;
    for (number, client) in clients.iter_mut().enumerate() {
        let history = &histories[&number];
        let versions: Vec<i64> = history.iter().map(|change| change.version).collect();
        let whole: Vec<i64> = (1..=i64::try_from(history.len()).unwrap()).collect();
        assert_eq!(versions, whole, "the versions of client {number} have a gap");
        assert!(history.is_sorted_by(|one, other| one.at < other.at));
        for (change, told) in history.iter().zip(&client.told) {
            assert_eq!((change.kind.as_str(), change.partner_id.to_string()), told.as_history(), "{number}");
        }
        assert!(history.len() >= client.told.len(), "client {number}: an answered write is lost");
        let more = history.len() - client.told.len();
        if let Some(order) = client.unanswered.take() {
            under_way += 1;
            count.applied += more as u64;
            count.not_applied += u64::from(more == 0);
            if let Some(change) = history.get(client.told.len()) {
                assert_eq!((change.kind.as_str(), change.partner_id.to_string()), order.as_history());
                client.told.push(order);
            }
        }
        assert_eq!(history.len(), client.told.len(), "client {number}: a write that nobody asked for");
        // The server tells the same.
        assert_eq!(client.show(address), client.linked().map(|id| (id, history.len() as u64)), "{number}");
    }
    let records = histories.values().map(Vec::len).sum::<usize>() as u64;
    assert!(report.records >= records);
    count.mid_write += u64::from(under_way > 0);
}

fn rounds(world: &World, victims: &[Victim]) -> Count {
    let (mut dice, mut count) = (Dice(SEED), Count::default());
    let port = crate::server::free_port();
    let mut server = world.start(port);
    let mut clients: Vec<Client> =
        (0..CLIENTS).map(|number| Client::sign_in(&server.address, number)).collect();
    for victim in victims {
        let address = server.address.clone();
        count.answered += write_until_killed(&mut clients, &address, &mut dice, || {
            if let (Victim::Database | Victim::Both, Some(cluster)) = (victim, &world.cluster) {
                cluster.stop();
            }
            if *victim != Victim::Database {
                server.kill();
            }
        });
        if let (Victim::Database | Victim::Both, Some(cluster)) = (victim, &world.cluster) {
            cluster.start();
        }
        if *victim != Victim::Database {
            server = world.start(port);
        }
        holds(&mut clients, world, &server.address, &mut count);
        count.rounds += 1;
    }
    count
}

fn proves_something(count: &Count) {
    assert!(
        count.mid_write * 10 >= count.rounds * 8,
        "too few kills came while writes were under way: {count:?}"
    );
    assert!(count.applied > 0, "no write under way was made: {count:?}");
    assert!(count.not_applied > 0, "no write under way was not made: {count:?}");
}

#[test]
fn a_killed_server_loses_no_answered_write_on_sqlite() {
    println!("seed {SEED}");
    let count = rounds(&World::new(None), &[Victim::Server; 20]);
    println!("SQLite: {count:?}");
    proves_something(&count);
}

#[test]
fn a_killed_server_or_database_loses_no_answered_write_on_postgresql() {
    let Some(cluster) = Cluster::new() else { return };
    println!("seed {SEED}");
    let five = [Victim::Server, Victim::Database, Victim::Server, Victim::Both, Victim::Server];
    let victims = [five, five].concat();
    let count = rounds(&World::new(Some(cluster)), &victims);
    println!("PostgreSQL: {count:?}");
    proves_something(&count);
}
