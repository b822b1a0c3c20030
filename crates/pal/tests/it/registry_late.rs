//! A registry that goes on while months are closed: every changed line has a cause, and the last versions are as if
//! everything had been closed once.

use pal_rules::time::Timestamp;

use crate::admin_verify::TENANT;
use crate::command::Place;
use crate::registry_world::RegistryWorld;
use crate::worldgen::Rng;

const SEED: u64 = 20_261_125;
const RANGE: &str = "2026-02..2026-04";
const HOUR: i64 = 3_600_000_000;
const PARTNERS: [&str; 3] = ["6000110", "6000120", "6000210"];

fn account(number: usize) -> String {
    format!("a0000000-0000-4000-8000-00000000000{number}")
}

/// Six apps, each with an owner and a co-owner; three accounts have a link at Microsoft.
fn workspace() -> Place {
    let place = Place::with_workspace();
    place.write("facts/tenants.csv", format!("tenant_id,name\n{TENANT},Bellmere\n"));
    let mut people = "tenant_id,object_id,kind\n".to_owned();
    let mut apps = "resource_id,product,tenant_id,created_at\n".to_owned();
    let mut events = "event_id,resource_id,kind,object_id,occurred_at\n".to_owned();
    let mut links = "tenant_id,object_id,partner_id,linked_at,unlinked_at,known_from\n".to_owned();
    for number in 0..6 {
        let (owner, second) = (account(number), account((number + 1) % 6));
        people.push_str(&format!("{TENANT},{owner},user\n"));
        apps.push_str(&format!("app{number},power_apps_canvas,{TENANT},2026-01-05T00:00:00Z\n"));
        events.push_str(&format!("e{number},app{number},created,{owner},2026-01-05T00:00:00Z\n"));
        events.push_str(&format!("f{number},app{number},co_owner_added,{second},2026-01-06T00:00:00Z\n"));
        if number % 2 == 0 {
            let partner = PARTNERS[number / 2];
            links.push_str(&format!(
                "{TENANT},{owner},{partner},2026-02-10T00:00:00Z,2026-03-20T00:00:00Z,microsoft\n"
            ));
        }
    }
    for (name, text) in [("principals", people), ("resources", apps), ("ownership", events), ("links", links)]
    {
        place.write(&format!("facts/{name}.csv"), text);
    }
    place.pal(&["import", "facts", "facts"]).exits(0);
    place
}

/// One change of the registry, at a time.
fn change(world: &RegistryWorld, at: Timestamp, rng: &mut Rng) {
    let (object, partner) = (account(rng.below(6)), *rng.pick(&PARTNERS));
    let (account, text) = ((TENANT, object.as_str()), at.to_string());
    match rng.below(5) {
        0 | 1 => world.link(&text, account, partner),
        2 => world.relink(&text, account, partner),
        3 => world.unlink(&text, account),
        _ => {
            let until = rng.chance(50).then(|| Timestamp::from_micros(at.micros() + 40 * HOUR).to_string());
            world.put(&text, partner, &format!("Partner {at}"), until.as_deref());
        }
    }
}

/// The newest statement of every month, with its digest.
fn closed(place: &Place) -> Vec<(String, String)> {
    place.pal(&["export", RANGE, "--out", "exported"]).exits(0);
    let month = |month| {
        let manifest: serde_json::Value =
            serde_json::from_str(&place.read(&format!("exported/{month}/manifest.json"))).unwrap();
        (place.read(&format!("exported/{month}/statement.csv")), manifest["links_from"].to_string())
    };
    ["2026-02", "2026-03", "2026-04"].map(month).to_vec()
}

#[test]
fn every_changed_line_has_a_cause_and_the_last_version_is_that_of_closing_once() {
    let mut adjusted = 0;
    for seed in SEED..SEED + 6 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let place = workspace();
        let world = RegistryWorld::open(&place);
        for partner in PARTNERS {
            world.put("2026-01-20T00:00:00Z", partner, &format!("First {partner}"), None);
        }
        let mut at = Timestamp::parse("2026-01-25T00:00:00Z").unwrap();
        let mut links_from = "microsoft";
        for _ in 0..14 {
            for _ in 0..=rng.below(3) {
                at = Timestamp::from_micros(at.micros() + HOUR * i64::try_from(1 + rng.below(90)).unwrap());
                change(&world, at, &mut rng);
            }
            links_from = *rng.pick(&["registry", "registry", "both", "microsoft"]);
            let ran = place.pal(&["close", RANGE, "--links-from", links_from]).exits(0);
            assert!(!ran.stderr.contains("no new fact tells why"), "seed {seed}: {}", ran.stderr);
            for month in ran.json()["closed"].as_array().unwrap() {
                adjusted += month["adjustments"].as_i64().unwrap();
            }
        }
        drop(world);
        let once = workspace();
        std::fs::copy(place.path("pal-data/registry.sqlite"), once.path("pal-data/registry.sqlite")).unwrap();
        once.pal(&["close", RANGE, "--links-from", links_from]).exits(0);
        for ((month, once), (last, _)) in ["02", "03", "04"].iter().zip(closed(&once)).zip(closed(&place)) {
            crate::same::same(&format!("seed {seed}, month {month}"), &once.0, &last);
        }
    }
    assert!(adjusted > 100, "{adjusted} adjustments say little");
}
