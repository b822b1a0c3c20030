//! What the inventory of 2025 becomes (`formats.md` §4.2).

use super::outside_links::{cell, spreadsheet};
use super::outside_power_platform::{OWNED, of, snapshot, yields};

fn entry(kind: &str, more: &str) -> String {
    format!(
        r#"{{"name":"<A>","type":"{kind}","tenantId":"<T>","properties":{{"displayName":"X","environmentId":"<E>","createdAt":"2026-02-10T08:00:11Z"{more}}}}}"#
    )
}

#[test]
fn an_inventory_names_things_of_every_kind() {
    let of = |kind: &str, more: &str| of("a.json", &format!(r#"{{"data":[{}]}}"#, entry(kind, more)));
    let resource = |product: &str| {
        format!("resources: <A>,{product},<T>,<E>,X,2026-02-10T08:00:11Z,,2026-03-01T00:00:00Z")
    };
    let people = r#","ownerId":"<C>","createdBy":"<B>""#;
    assert_eq!(
        of("Microsoft.PowerApps/CanvasApps", people),
        format!("{OWNED}\n{}", resource("power_apps_canvas"))
    );
    assert_eq!(
        of("microsoft.powerautomate/cloudflows", people),
        format!("{OWNED}\n{}", resource("power_automate"))
    );
    // Its owner cannot be changed: the creator is who holds it.
    assert_eq!(
        of("microsoft.powerapps/modeldrivenapps", people),
        format!("{}\n{}", OWNED.replace("<C>", "<B>"), resource("power_apps_model_driven"))
    );
    for other in [
        "microsoft.powerapps/codeapps",
        "microsoft.copilotstudio/agents",
        "microsoft.powerautomate/agentflows",
    ] {
        assert_eq!(of(other, people), resource(other));
    }
    assert_eq!(
        of("microsoft.powerplatform/environmentgroups", ""),
        "ignored 1: an entry that is neither app, flow nor environment"
    );
    // Solutions name a model-driven app by its module, the inventory perhaps not.
    assert_eq!(
        of("microsoft.powerapps/modeldrivenapps", r#","appModuleId":"<B>""#),
        format!(
            "aliases: <T>,resource,<A>,<B>,,\n{}",
            resource("power_apps_model_driven").replace("<A>", "<B>")
        )
    );
}

#[test]
fn an_inventory_that_is_cut_off_says_so() {
    let page = |before: &str, after: &str| {
        let entry = entry("microsoft.powerapps/codeapps", "");
        format!("{{{before}\"data\":[{entry}]{after}}}")
    };
    let warns = |text: &str| of("a.json", text).contains("warning: the inventory is incomplete");
    assert!(warns(&page("\"resultTruncated\":1,\"skipToken\":null,", "")));
    assert!(warns(&page("", ",\"resultTruncated\":\"true\"")));
    assert!(!warns(&page("\"resultTruncated\":0,", "")));
    assert!(!warns(&page("\"resultTruncated\":1,", ",\"skipToken\":\"next\"")));
    assert!(!warns(&format!(
        "{}\n{}",
        page("\"resultTruncated\":1,\"skipToken\":\"next\",", ""),
        page("\"resultTruncated\":0,", "")
    )));
}

const HEAD: &str = "Item name,Item type,Item ID,Owner,Environment,Environment ID,Created on,Created by,Environment type,Tenant ID";

/// What a row of the admin center's inventory yields.
fn shown(row: &str) -> String {
    of("inventory.csv", &format!("{HEAD}\n{row}\n"))
}

#[test]
fn an_inventory_downloaded_from_the_admin_center_is_the_same() {
    let resource = |product: &str| {
        format!("resources: <A>,{product},<T>,<E>,X,2026-02-10T08:00:11Z,,2026-03-01T00:00:00Z")
    };
    let row = |kind: &str, owner: &str, creator: &str| {
        shown(&format!("X,{kind},<A>,{owner},Prod,<E>,2026-02-10T08:00:11Z,{creator},Production,<T>"))
    };
    assert_eq!(row("Canvas app", "<C>", "<B>"), format!("{OWNED}\n{}", resource("power_apps_canvas")));
    assert_eq!(row("Cloud flows", "<C>", "<C>"), format!("{OWNED}\n{}", resource("power_automate")));
    let made = format!("{}\n{}", OWNED.replace("<C>", "<B>"), resource("power_apps_model_driven"));
    assert_eq!(row("Model-driven app", "Ria", "<B>"), made);
    // An owner who is called by a name only is not the creator.
    assert_eq!(row("microsoft.powerapps/canvasapps", "Ria", "<B>"), resource("power_apps_canvas"));
    assert_eq!(row("Canvas app", "–", "<C>"), format!("{OWNED}\n{}", resource("power_apps_canvas")));
    assert_eq!(row("Agent", "<C>", "<B>"), "ignored 1: an item that is neither app, flow nor environment");
    assert_eq!(
        shown("Prod,Environment,<E>,,,,,,Production,<T>"),
        "environments: <E>,<T>,Prod,production,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z"
    );
}

#[test]
fn a_downloaded_inventory_without_its_ids_says_which_columns_to_show() {
    let refused = |row: &str, column: &str| {
        let told = shown(row);
        assert!(
            told.starts_with("refused 1: ") && told.contains(&format!("show the column {column}")),
            "{told}"
        );
    };
    refused("X,Canvas app,,<C>,Prod,<E>,,,,<T>", "Item ID");
    refused("X,Canvas app,<A>,<C>,Prod,,,,,<T>", "Environment ID");
    let told = of("inventory.csv", "Item name,Item type,Owner\nX,Canvas app,Ria\n");
    assert!(told.contains("show the column Item ID"), "{told}");
}

#[test]
fn a_downloaded_inventory_is_a_spreadsheet() {
    const APP: &str = "1fb9dc99-24c8-419d-b13c-da06524b31f3";
    const ENVIRONMENT: &str = "45631aa5-f43e-4672-959c-8dfa4f1e5ca8";
    let row = |number: usize, cells: [&str; 5]| {
        let cells = ["A", "B", "C", "D", "E"].iter().zip(cells);
        let cells: String = cells.map(|(column, text)| cell(&format!("{column}{number}"), text)).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let rows = [
        row(1, ["Item name", "Item type", "Item ID", "Environment ID", "Created on"]),
        row(2, ["X", "Canvas app", APP, ENVIRONMENT, "2026-02-10T08:00:11"]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inventory.xlsx");
    std::fs::write(&path, spreadsheet(&rows.concat())).unwrap();
    assert_eq!(
        yields(&[path], &snapshot()),
        format!(
            "resources: {APP},power_apps_canvas,11111111-0000-4000-8000-000000000001,{ENVIRONMENT},X,\
             2026-02-10T08:00:11Z,,2026-03-01T00:00:00Z"
        )
    );
}
