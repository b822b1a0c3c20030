//! What only PostgreSQL can show: several servers, restarts, signing in.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use pal_rules::time::Timestamp;
use pal_store::registry::{Created, PartnerPolicy, PasswordFile, Registry, RegistryFault, Updated};

use crate::cluster::Cluster;
use crate::place::{Place, client, new_database, server, settings};
use crate::world::{TestClock, everything, object, partner, principal, request, tenant};

async fn open(url: &str) -> Result<Registry, RegistryFault> {
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    Registry::open_postgres(&settings(url), move || clock.now(), PartnerPolicy::AnyPartnerId).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_servers_that_start_at_once_one_makes_the_tables() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await.map(|_| ()) })
        })
        .collect();
    for started in starting {
        started.await.unwrap().unwrap();
    }
    let versions = client(&url).await.query("select version from registry_version", &[]).await.unwrap();
    assert_eq!(versions.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_registry_of_a_later_program_is_refused() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    drop(open(&url).await.unwrap());
    client(&url).await.batch_execute("update registry_version set version = 99").await.unwrap();
    let refused = open(&url).await.unwrap_err();
    assert!(matches!(refused, RegistryFault::Version { found: 99, known: 1, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_name_is_refused() {
    let Some(server) = server() else { return };
    let name = format!("latin_{}", std::process::id());
    let make = format!("create database {name} template template0 encoding 'LATIN1' locale 'C'");
    client(&server).await.batch_execute(&make).await.unwrap();
    let refused = open(&server.replace("/postgres?", &format!("/{name}?"))).await.unwrap_err();
    assert!(matches!(refused, RegistryFault::Encoding { .. }) && !refused.may_pass(), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres:///db?host={}&user=pal", folder.path().display());
    let fault = open(&url).await.unwrap_err();
    assert!(fault.may_pass(), "{fault:?}");
    let Some(server) = server() else { return };
    let fault = open(&server.replace("/postgres?", "/nowhere?")).await.unwrap_err();
    let RegistryFault::Postgres(said) = &fault else { panic!("{fault:?}") };
    assert_eq!(said.to_string(), "database \"nowhere\" does not exist (SQLSTATE 3D000)");
    assert!(!fault.may_pass());
}

/// Whatever role and database are set to, a commit that is answered is on disk, and text is in the order of its bytes.
#[tokio::test]
async fn settings_of_the_database_weaken_nothing() {
    let Some(server) = server() else { return };
    let name = format!("weak_{}", std::process::id());
    let behind = client(&server).await;
    let make = format!("create database {name} template template0");
    behind.batch_execute(&make).await.unwrap();
    for set in ["synchronous_commit = off", "default_transaction_isolation = 'serializable'"] {
        behind.batch_execute(&format!("alter database {name} set {set}")).await.unwrap();
    }
    let url = server.replace("/postgres?", &format!("/{name}?"));
    let registry = open(&url).await.unwrap();
    let seen = "create function seen() returns trigger language plpgsql as $$ begin \
         if current_setting('synchronous_commit') <> 'on' or current_setting('transaction_isolation') <> \
         'read committed' then raise 'weakened'; end if; return new; end $$; \
         create trigger seen before insert on audit_record for each row execute function seen()";
    client(&url).await.batch_execute(seen).await.unwrap();
    registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
}

/// What PostgreSQL undoes so that others can go on is done again, and nobody hears of it.
#[tokio::test]
async fn a_change_that_postgresql_undoes_is_made_again() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    let registry = open(&url).await.unwrap();
    // Fails with these two SQLSTATEs, then lets the change through.
    let undo = "create sequence tries; \
         create function undo() returns trigger language plpgsql as $$ begin \
         case nextval('tries') when 1 then raise 'x' using errcode = '40001'; \
         when 2 then raise 'x' using errcode = '40P01'; else return new; end case; end $$; \
         create trigger undo before insert on audit_record for each row execute function undo()";
    client(&url).await.batch_execute(undo).await.unwrap();
    let made = registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
    assert!(matches!(made, Created::Made(link) if link.version == 1));
    // One that never ends is told.
    let never = "create or replace function undo() returns trigger language plpgsql as $$ begin \
         raise 'x' using errcode = '40001'; end $$";
    client(&url).await.batch_execute(never).await.unwrap();
    let fault = registry.update_link(principal(1, 1), partner("2"), request()).await.unwrap_err();
    assert!(fault.may_pass(), "{fault:?}");
    assert!(registry.verify(Vec::new()).await.unwrap().sound());
}

/// A caller that gives up in the middle of a change leaves no lock behind.
#[tokio::test]
async fn whoever_stops_waiting_holds_nobody_up() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    let registry = open(&url).await.unwrap();
    for number in 0..40 {
        let change = registry.create_link(principal(1, number), partner("1"), request());
        let mut change = Box::pin(change);
        for _ in 0..number % 4 {
            tokio::select! {
                biased;
                _ = &mut change => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    let made = registry.create_link(principal(1, 99), partner("1"), request()).await.unwrap();
    assert!(matches!(made, Created::Made(_)), "{made:?}");
    assert!(registry.verify(Vec::new()).await.unwrap().sound());
}

/// The last version that each principal was told.
type Told = BTreeMap<u128, i64>;

/// Changes links until it is told to stop; what fails may pass.
async fn writes(registry: Registry, t: u128, stop: tokio::sync::watch::Receiver<bool>) -> (Told, u32) {
    let (mut told, mut faults, mut number) = (Told::new(), 0, 0);
    while !*stop.borrow() {
        number += 1;
        let (me, o) = (principal(t, number % 3), number % 3);
        let made = match registry.create_link(me, partner("1"), request()).await {
            Ok(Created::Made(link)) => Ok(Some(link)),
            Ok(_) => match registry.update_link(me, partner(&number.to_string()), request()).await {
                Ok(Updated::Changed(link)) => Ok(Some(link)),
                Ok(_) => Ok(None),
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        };
        match made {
            Ok(link) => told.extend(link.map(|link| (o, link.version))),
            Err(fault) => {
                assert!(fault.may_pass(), "{fault:?}");
                faults += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    (told, faults)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_when_postgresql_crashes_and_comes_back() {
    let Some(cluster) = Cluster::start() else { return };
    let url = new_database(&cluster.url).await;
    let servers = [open(&url).await.unwrap(), open(&url).await.unwrap()];
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let writers: Vec<_> = (1..=8)
        .map(|t| tokio::spawn(writes(servers[usize::try_from(t).unwrap() % 2].clone(), t, stopped.clone())))
        .collect();
    let records = async || {
        client(&url).await.query_one("select count(*) from audit_record", &[]).await.unwrap().get::<_, i64>(0)
    };
    for by in ["crash", "stop"] {
        let before = records().await;
        while records().await < before + 50 {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| cluster.restart(by));
    }
    let before = records().await;
    while records().await < before + 50 {
        tokio::task::yield_now().await;
    }
    stop.send(true).unwrap();
    let mut faults = 0;
    for (t, writer) in (1..=8).zip(writers) {
        let (told, failed) = writer.await.unwrap();
        faults += failed;
        for (o, version) in told {
            let history = servers[0].history(everything(), tenant(t), object(o)).await.unwrap();
            let kept: Vec<i64> = history.iter().map(|change| change.version).collect();
            assert!(kept.len() >= usize::try_from(version).unwrap(), "{version} was told, {kept:?} is there");
            assert_eq!(kept, (1..=i64::try_from(kept.len()).unwrap()).collect::<Vec<_>>());
        }
    }
    assert!(faults > 0, "no change was under way");
    let report = servers[1].verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_password_is_read_from_its_file() {
    let Some(cluster) = Cluster::start() else { return };
    let url = new_database(&cluster.url).await;
    let (_, name) = url.split_once(":///").unwrap();
    let name = name.split('?').next().unwrap();
    let role = format!(
        "create role keeper login password 's3cret'; alter database {name} owner to keeper; \
         select pg_reload_conf()"
    );
    let rules = cluster.data().join("pg_hba.conf");
    let rest = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, format!("local all keeper scram-sha-256\n{rest}")).unwrap();
    client(&cluster.url).await.batch_execute(&role).await.unwrap();
    let url = url.replace("user=pal", "user=keeper");
    let open = async |settings| {
        Registry::open_postgres(&settings, || Timestamp::from_micros(0), PartnerPolicy::Directory).await
    };
    let file = cluster.folder.path().join("pgpass");
    for (password, works) in [("wrong", false), ("s3cret", true)] {
        fs::write(&file, format!("*:*:{name}:keeper:{password}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let settings = settings(&url).with_password_of(Some(&PasswordFile::Named(file.clone()))).unwrap();
        match open(settings).await {
            Ok(registry) => assert!(works && registry.partners().await.unwrap().is_empty()),
            Err(fault) => {
                assert!(!works && !fault.may_pass(), "{fault:?}");
                assert!(!format!("{fault:?} {fault}").contains(password));
            }
        }
    }
}

/// The grants of `docs/operating.md`: enough to serve, and the log can only grow.
#[tokio::test]
async fn a_role_that_may_only_add_to_the_log_can_serve() {
    let Some(Place::Database(url)) = Place::database().await else { return };
    drop(open(&url).await.unwrap());
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating.md")).unwrap();
    let (_, grants) = page.split_once("grant usage on schema public to pal_serve;").unwrap();
    let grants = grants.split("```").next().unwrap();
    let role = format!("serve_{}", std::process::id());
    let sql = format!("create role {role} login; grant usage on schema public to pal_serve; {grants}");
    client(&url).await.batch_execute(&sql.replace("pal_serve", &role)).await.unwrap();
    let url = url.replace("user=pal", &format!("user={role}"));
    let registry = open(&url).await.unwrap();
    registry.put_partners(crate::world::directory(), None, request()).await.unwrap();
    registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap();
    registry.update_link(principal(1, 1), partner("2"), request()).await.unwrap();
    registry.delete_link(principal(1, 1), None, request()).await.unwrap();
    assert!(registry.verify(Vec::new()).await.unwrap().sound());
    let behind = client(&url).await;
    for forbidden in ["update audit_record set record = ''", "delete from link_history", "drop table link"] {
        assert!(behind.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
}
