//! `pal resource find`: by id, by address, by name.

use crate::command::Place;
use crate::snapshot::says;

#[test]
fn finds_resources_by_id_address_and_name() {
    let place = Place::new();
    place.pal(&["demo", "--folder", "pal-data"]).exits(0);
    let find = |name: &str, text: &str| says(&place, name, &["resource", "find", text, "-o", "table"]);
    find("find_id", "ca010001-0000-4000-8000-000000000001").exits(0);
    find("find_id_in_capitals", "CA010001-0000-4000-8000-000000000001").exits(0);
    find(
        "find_maker_portal",
        "https://make.powerapps.com/environments/e1010001-0000-4000-8000-000000000001/apps/ca010001-0000-4000-8000-000000000001/details",
    )
    .exits(0);
    find(
        "find_power_bi",
        "https://app.powerbi.com/groups/e1010005-0000-4000-8000-000000000001/datasets/db010001-0000-4000-8000-000000000001/details?experience=power-bi",
    )
    .exits(0);
    find(
        "find_unknown_address",
        "https://make.powerapps.com/environments/x/apps/00000000-0000-4000-8000-00000000000f",
    )
    .exits(3);
    find("find_part_of_a_name", "DISPATCH").exits(0);
    find("find_several", "re-import").exits(0);
    find("find_none", "no such app").exits(3);
    says(&place, "find_json", &["resource", "find", "Dock"]).exits(0);
    let all = place.pal(&["resource", "find", "", "-o", "tsv"]).exits(0);
    assert_eq!(all.stdout.lines().count(), 44);
}
