//! `pal managementpartner` says what `az managementpartner` 1.0.0 says.

use crate::served::{APP_OBJECT, Served, TENANT};

#[test]
fn its_json_is_the_flattened_body_sorted_by_name() {
    let served = Served::new();
    let made = served.run(&["managementpartner", "create", "--partner-id", "6000110"]).exits(0);
    let keys: Vec<&str> = made.stdout.lines().filter_map(|line| line.trim().strip_prefix('"')).collect();
    let keys: Vec<&str> = keys.into_iter().filter_map(|line| line.split('"').next()).collect();
    assert_eq!(
        keys,
        [
            "createdTime",
            "etag",
            "id",
            "name",
            "objectId",
            "partnerId",
            "partnerName",
            "state",
            "tenantId",
            "type",
            "updatedTime",
            "version"
        ]
    );
    let json = made.tells("only here: ").json();
    assert_eq!(
        (&json["tenantId"], &json["objectId"], &json["version"]),
        (&TENANT.into(), &APP_OBJECT.into(), &1.into())
    );
    assert_eq!(served.run(&["managementpartner", "show"]).exits(0).json(), json);
    let shown = served.run(&["managementpartner", "show", "--partner-id", "6000110"]).exits(0);
    assert_eq!(shown.json(), json);
    let changed = served.run(&["managementpartner", "update", "--partner-id", "6000120"]).exits(0);
    assert_eq!(changed.json()["partnerName"], "Brackenfold Digital, Lyon");
    let deleted = served.run(&["managementpartner", "delete", "--partner-id", "6000120"]).exits(0);
    assert_eq!(deleted.tells("only here: ").stdout, "");
}

#[test]
fn its_errors_are_az_lines_and_its_exit_codes_az_codes() {
    let served = Served::new();
    served.says("managementpartner_none", &["managementpartner", "show"]).exits(3);
    served
        .says("managementpartner_update_none", &["managementpartner", "update", "--partner-id", "6000110"])
        .exits(3);
    served
        .says("managementpartner_invalid", &["managementpartner", "create", "--partner-id", "a/b c"])
        .exits(1);
    served.run(&["managementpartner", "create", "--partner-id", "6000110"]).exits(0);
    served
        .says("managementpartner_twice", &["managementpartner", "create", "--partner-id", "6000110"])
        .exits(1);
    served.run(&["managementpartner", "create"]).exits(2);
}
