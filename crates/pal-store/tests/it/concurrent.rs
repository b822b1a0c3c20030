//! Many callers at once: nothing lost, nothing half done, versions without gaps.

use pal_store::PrincipalScope;
use pal_store::registry::{Created, Deleted, PartnerPolicy, Registry, RegistryFault, Updated};
use std::collections::BTreeMap;

use crate::model::Rng;
use crate::place::{Place, places};
use crate::world::{TestClock, everything, location, object, partner, principal, request, tenant};

async fn sandbox(place: &Place) -> Registry {
    place.open(&TestClock::at("2026-01-05T10:00:00Z"), PartnerPolicy::AnyPartnerId).await
}

/// What a writer was told: the principal and the version that its change made.
type Told = (u128, u128, i64);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_64_writers_is_lost_or_half_done() {
    for place in places().await {
        no_change_is_lost_or_half_done(&place).await;
    }
}

async fn no_change_is_lost_or_half_done(place: &Place) {
    // As several servers on one database, or one with a file of its own.
    let servers = if matches!(place, Place::File(_)) { 1 } else { 3 };
    let mut registries = Vec::new();
    for _ in 0..servers {
        registries.push(sandbox(place).await);
    }
    let one = |seed: u64| registries[usize::try_from(seed).unwrap() % servers].clone();
    let writers: Vec<_> = (0..64).map(|seed| tokio::spawn(writes(one(seed), seed))).collect();
    let registry = one(0);
    let reader = tokio::spawn(reads(registry.clone()));
    let mut told: BTreeMap<(u128, u128), Vec<i64>> = BTreeMap::new();
    for writer in writers {
        for (tenant_number, object_number, version) in writer.await.unwrap() {
            told.entry((tenant_number, object_number)).or_default().push(version);
        }
    }
    reader.await.unwrap();
    for ((tenant_number, object_number), mut versions) in told {
        versions.sort_unstable();
        let ids = (tenant(tenant_number), object(object_number));
        let history = registry.history(everything(), ids.0, ids.1).await.unwrap();
        let kept: Vec<i64> = history.iter().map(|change| change.version).collect();
        assert_eq!(kept, (1..=i64::try_from(kept.len()).unwrap()).collect::<Vec<_>>());
        assert_eq!(versions, kept, "every version was told to exactly one caller");
        assert!(history.is_sorted_by(|one, other| one.at < other.at));
    }
    let report = registry.verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
}

async fn writes(registry: Registry, seed: u64) -> Vec<Told> {
    let mut rng = Rng::new(seed);
    let mut told = Vec::new();
    for _ in 0..40 {
        let (t, o) = (u128::from(rng.below(2)) + 1, u128::from(rng.below(4)) + 1);
        let (me, to) = (principal(t, o), partner(&(rng.below(3) + 1).to_string()));
        let link = match rng.below(3) {
            0 => match registry.create_link(me, to, request()).await.unwrap() {
                Created::Made(link) => Some(link),
                _ => None,
            },
            1 => match registry.update_link(me, to, request()).await.unwrap() {
                Updated::Changed(link) => Some(link),
                _ => None,
            },
            _ => match registry.delete_link(me, None, request()).await.unwrap() {
                Deleted::Deleted(link) => Some(link),
                _ => None,
            },
        };
        told.extend(link.map(|link| (t, o, link.version)));
    }
    told
}

/// Whatever a reader sees is one whole change: the history has it with the same partner and time.
async fn reads(registry: Registry) {
    let me = principal(1, 1);
    for _ in 0..100 {
        let Some(link) = registry.link(me).await.unwrap() else { continue };
        let history = registry.history(everything(), tenant(1), object(1)).await.unwrap();
        let change = &history[usize::try_from(link.version).unwrap() - 1];
        assert_eq!((change.partner_id, change.at), (link.partner_id, link.updated_at));
    }
}

/// As two programs on one data folder, or two servers on one database: they take turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_registries_of_one_place_take_turns() {
    for place in places().await {
        they_take_turns(&place).await;
    }
}

async fn they_take_turns(place: &Place) {
    let (one, other) = tokio::join!(sandbox(place), sandbox(place));
    let writers: Vec<_> = (0..8)
        .map(|seed| tokio::spawn(writes(if seed % 2 == 0 { &one } else { &other }.clone(), seed)))
        .collect();
    let mut changes = 0;
    for writer in writers {
        changes += writer.await.unwrap().len();
    }
    let report = one.verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
    assert_eq!(report.records, changes as u64);
}

/// Links are read from connections that stay open, by any thread: each must see what was just written, by whomever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_read_sees_every_change_that_was_answered_before_it() {
    for place in places().await {
        reads_see_what_was_answered(&place).await;
    }
}

async fn reads_see_what_was_answered(place: &Place) {
    let (one, other) = tokio::join!(sandbox(place), sandbox(place));
    let (me, both) = (principal(1, 1), [partner("1"), partner("2")]);
    one.create_link(me, both[1], request()).await.unwrap();
    for number in 0..200 {
        let writer = if number % 3 == 0 { &other } else { &one };
        let Updated::Changed(link) = writer.update_link(me, both[number % 2], request()).await.unwrap()
        else {
            panic!("change {number}");
        };
        let readers: Vec<_> = [&one, &other, &one, &other]
            .map(Clone::clone)
            .map(|reader| tokio::spawn(async move { reader.link(me).await.unwrap() }))
            .into();
        for reader in readers {
            assert_eq!(reader.await.unwrap().as_ref(), Some(&link));
        }
        let name = format!("Name {number}");
        let renamed = vec![location(&link.partner_id.to_string(), &name)];
        other.put_partners(renamed, None, request()).await.unwrap();
        for reader in [&one, &other] {
            let named = reader.link(me).await.unwrap().unwrap();
            assert_eq!(named.partner_name.as_ref(), Some(&name), "change {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_queue_waits() {
    let place = Place::file();
    let registry = sandbox(&place).await;
    let create = |number: u128| {
        let registry = registry.clone();
        tokio::spawn(async move { registry.create_link(principal(1, number), partner("1"), request()).await })
    };
    let writers: Vec<_> = (1..=3000).map(create).collect();
    for writer in writers {
        assert!(matches!(writer.await.unwrap().unwrap(), Created::Made(_)));
    }
}

/// Plants a row of history for one principal, so that its change fails after the link and the audit were written.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_fails_is_undone_and_takes_no_other_with_it() {
    for place in places().await {
        it_takes_no_other_with_it(&place).await;
    }
}

async fn it_takes_no_other_with_it(place: &Place) {
    let registry = sandbox(place).await;
    let (t, o) = (tenant(1), object(7));
    let planted = format!("('{t}', '{o}', 1, 'created', '1', null, 0, 1, null, null, '{t}', null, 'cli')");
    place.run(&format!("insert into link_history values {planted}")).await;
    let create = |scope: PrincipalScope| {
        let registry = registry.clone();
        tokio::spawn(async move { registry.create_link(scope, partner("1"), request()).await })
    };
    let writers: Vec<_> = (1..=100).map(|number| create(principal(1, number))).collect();
    for (number, writer) in (1..=100).zip(writers) {
        let created = writer.await.unwrap();
        if number == 7 {
            let fault = created.unwrap_err();
            let sql = matches!(fault, RegistryFault::Sql(_) | RegistryFault::Postgres(_));
            assert!(sql && !fault.may_pass(), "{fault:?}");
        } else {
            assert!(matches!(created, Ok(Created::Made(_))), "{created:?}");
        }
    }
    assert_eq!(registry.link(principal(1, 7)).await.unwrap(), None);
    place.run(&format!("delete from link_history where object_id = '{o}'")).await;
    let report = registry.verify(Vec::new()).await.unwrap();
    assert!(report.sound(), "{:?}", report.findings);
    assert_eq!(report.records, 99);
}

#[tokio::test]
async fn a_writer_that_died_is_a_fault_and_readers_go_on() {
    let place = Place::file();
    let registry =
        Registry::open(&place.path(), || panic!("no clock"), PartnerPolicy::AnyPartnerId).await.unwrap();
    for _ in 0..2 {
        let fault = registry.create_link(principal(1, 1), partner("1"), request()).await.unwrap_err();
        assert!(matches!(fault, RegistryFault::Stopped) && fault.may_pass(), "{fault:?}");
    }
    assert_eq!(registry.link(principal(1, 1)).await.unwrap(), None);
}
