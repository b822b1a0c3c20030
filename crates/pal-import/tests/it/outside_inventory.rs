//! What the inventory of 2025 becomes (`formats.md` §4.2).

use super::outside_power_platform::{OWNED, of};

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
