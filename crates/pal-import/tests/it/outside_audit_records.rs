//! What each kind of audit record becomes, and what it does not.
#![expect(clippy::needless_pass_by_value, reason = "records are written in place")]

use serde_json::{Value, json};

use super::outside_audit::{becomes, context};

const APP: &str = "63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4";
const FLOW: &str = "72f2be4a-78c1-4220-a048-dbf557296a72";
const MAKER: &str = "90f0352e-c324-43da-8e38-f774b56a2d93";
const OTHER: &str = "bec33726-2e4f-46c7-b247-29b57c4df65d";
const SYSTEM: &str = "00000000-0000-0000-0000-5157eaa02fcd";

/// A record with some members changed; null takes one away.
fn with(mut record: Value, changes: Value) -> String {
    let members = record.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    record.to_string()
}

fn app(operation: &str, changes: Value) -> String {
    let record = json!({
        "CreationTime": "2026-02-03T20:18:56", "Id": "e1", "Operation": operation, "OrganizationId": "t1",
        "RecordType": 45, "ResultStatus": "Success", "UserKey": "a@b.example", "UserType": 0,
        "Workload": "PowerApps", "ObjectId": MAKER, "UserId": "a@b.example",
        "OrganizationId": "1557f771-4c8e-4dbd-8b80-dd00a88e833e", "AppName": APP,
    });
    with(record, changes)
}

fn flow(operation: &str, changes: Value) -> String {
    let record = json!({
        "CreationTime": "2026-02-03T20:18:56", "Id": "e1", "Operation": operation,
        "OrganizationId": "1557f771-4c8e-4dbd-8b80-dd00a88e833e", "RecordType": 30, "UserKey": MAKER,
        "UserType": 0, "Workload": "MicrosoftFlow", "UserId": "a@b.example", "UserUPN": "a@b.example",
        "FlowDetailsUrl": format!("https://x.example/environments/Default-1/flows/{FLOW}/details"),
    });
    with(record, changes)
}

/// A record becomes these lines, in which ids have short names.
fn gives(text: &str, expected: &[&str]) {
    let found: Vec<String> = becomes(text, &context())
        .into_iter()
        .map(|line| {
            let short = [(APP, "APP"), (FLOW, "FLOW"), (MAKER, "MAKER"), (OTHER, "OTHER")];
            let line = short.iter().fold(line, |line, (id, name)| line.replace(id, name));
            line.replace("1557f771-4c8e-4dbd-8b80-dd00a88e833e", "T").replace("2026-02-03T20:18:56Z", "AT")
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn acts_on_apps() {
    let made = "activity: AT,T,APP,MAKER,make";
    gives(&app("LaunchPowerApp", json!({})), &["activity: AT,T,APP,MAKER,use"]);
    for operation in ["CreatePowerApp", "ImportNewCanvasApp"] {
        gives(&app(operation, json!({})), &[made, "ownership: e1,APP,created,MAKER,AT"]);
    }
    for operation in [
        "UpdatePowerApp",
        "PatchPowerApp",
        "PublishPowerApp",
        "PromotePowerAppVersion",
        "PublishSolutionCanvasAppVersion",
        "ImportExistingCanvasApp",
    ] {
        gives(&app(operation, json!({})), &[made]);
    }
    let path = format!("/providers/Microsoft.PowerApps/apps/{APP}");
    gives(&app("DeletePowerApp", json!({"AppName": path})), &["resources: APP,power_apps_canvas,T,,,,AT,AT"]);
    gives(&app("AdminDeleteApp", json!({})), &["ignored 1: operation AdminDeleteApp"]);
    gives(
        &app("AdminQuarantineApp", json!({"AppName": null, "ObjectId": null})),
        &["ignored 1: operation AdminQuarantineApp"],
    );
    gives(&app("LaunchPowerApp", json!({"AppName": "x"})), &["refused 1: the record does not say which app"]);
}

#[test]
fn permissions_of_apps_are_the_targets() {
    let made = "activity: AT,T,APP,MAKER,make";
    let edited = |info: Value| app("PowerAppPermissionEdited", json!({"AdditionalInfo": info}));
    let given = |role: &str| json!({"targetObjectId": OTHER, "permissionType": role});
    gives(&edited(given("CanEdit")), &[made, "ownership: e1,APP,co_owner_added,OTHER,AT"]);
    gives(
        &edited(Value::from(given("CanEdit").to_string())),
        &[made, "ownership: e1,APP,co_owner_added,OTHER,AT"],
    );
    gives(&edited(given("Owner")), &[made, "ownership: e1,APP,owner_set,OTHER,AT"]);
    for role in ["CanView", "CanViewWithShare", ""] {
        gives(&edited(given(role)), &[made]);
    }
    // Everybody in the tenant, the platform, and nobody are no co-owners.
    for target in ["1557f771-4c8e-4dbd-8b80-dd00a88e833e", SYSTEM, ""] {
        gives(&edited(json!({"targetObjectId": target, "permissionType": "CanEdit"})), &[made]);
    }
    gives(
        &app("PowerAppPermissionDeleted", json!({"AdditionalInfo": {"targetObjectId": OTHER}})),
        &[made, "ownership: e1,APP,co_owner_removed,OTHER,AT"],
    );
    let owner = |info: Value| app("AdminModifyAppOwner", json!({"AdditionalInfo": info, "ObjectId": null}));
    gives(&owner(json!({"newOwner": OTHER})), &["ownership: e1,APP,owner_set,OTHER,AT"]);
    gives(&owner(json!({})), &["ignored 1: operation AdminModifyAppOwner without the new owner"]);
}

#[test]
fn who_acted_is_a_person_or_nobody() {
    let launched = |changes| app("LaunchPowerApp", changes);
    let guest = json!({"ObjectId": "Unknown", "UserKey": "x", "UserId": "Alice_fabrikam.com#EXT#@c.example"});
    gives(&launched(guest), &["activity: AT,T,APP,upn:alice_fabrikam.com#ext#@c.example,use"]);
    let deleted = json!({"ObjectId": null, "UserKey": "90f0352ec32443da8e38f774b56a2d93john@c.example"});
    gives(&launched(deleted), &["activity: AT,T,APP,MAKER,use"]);
    let nobody = json!({"ObjectId": "", "UserKey": "Unknown", "UserId": "NT AUTHORITY\\SYSTEM (x)"});
    gives(&launched(nobody), &["refused 1: the record does not say who acted"]);
    let platform = "ignored 1: operation LaunchPowerApp by the platform itself";
    gives(&launched(json!({"ObjectId": SYSTEM})), &[platform]);
    for user_type in [4, 7, 8] {
        gives(&launched(json!({"UserType": user_type})), &[platform]);
    }
    // What an application makes is its own: whether it counts is for the directory and the rules.
    for user_type in [5, 6] {
        gives(
            &launched(json!({"UserType": user_type})),
            &["ignored 1: operation LaunchPowerApp by an application"],
        );
        gives(&app("UpdatePowerApp", json!({"UserType": user_type})), &["activity: AT,T,APP,MAKER,make"]);
    }
    gives(&launched(json!({"UserType": 9})), &["activity: AT,T,APP,MAKER,use"]);
    gives(&launched(json!({"ResultStatus": "Failed"})), &["ignored 1: operation LaunchPowerApp that failed"]);
    gives(
        &launched(json!({"OrganizationId": ""})),
        &["refused 1: the record names no tenant: say which with `--tenant`"],
    );
}

#[test]
fn acts_on_flows() {
    let made = "activity: AT,T,FLOW,MAKER,make";
    gives(&flow("CreateFlow", json!({})), &[made, "ownership: e1,FLOW,created,MAKER,AT"]);
    for operation in ["EditFlow", "PutPermissions", "DeletePermissions"] {
        gives(&flow(operation, json!({"RecipientUPN": "b@b.example", "SharingPermission": 3})), &[made]);
    }
    let by_name = json!({"UserKey": "10032000A", "UserUPN": "", "UserId": "B@b.example"});
    gives(&flow("EditFlow", by_name), &["activity: AT,T,FLOW,upn:b@b.example,make"]);
    gives(
        &flow("DeleteFlow", json!({"FlowDetailsUrl": "", "ObjectId": FLOW})),
        &["resources: FLOW,power_automate,T,,,,AT,AT"],
    );
    gives(
        &flow("EditFlow", json!({"FlowDetailsUrl": ""})),
        &["refused 1: the record does not say which flow"],
    );
    gives(&flow("StartAPaidTrial", json!({})), &["ignored 1: operation StartAPaidTrial"]);
}

#[test]
fn the_unified_record_says_the_same_as_the_older_ones() {
    let unified = |operation: &str, changes: Value| {
        let properties = json!({
            "powerplatform.analytics.resource.power_app.id": APP,
            "PowerPlatform.Analytics.resource.cloud_flow.id": FLOW,
            "powerplatform.analytics.resource.tenant.id": "1557f771-4c8e-4dbd-8b80-dd00a88e833e",
            "powerplatform.analytics.operation.is_successful": "True",
            "EndUser.Id": MAKER,
        });
        let mut properties = properties.as_object().unwrap().clone();
        properties.extend(changes.as_object().unwrap().clone());
        let pairs: Vec<Value> =
            properties.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        let record = |collection: Value| {
            let record = json!({
                "CreationTime": "2026-02-03T20:18:56", "Id": "e1", "Operation": operation, "RecordType": 256,
                "UserType": 2, "UserKey": "x", "UserId": "a@b.example", "Workload": "PowerPlatform",
            });
            with(record, collection)
        };
        let one = record(json!({ "PropertyCollection": pairs }));
        let text = record(json!({"JsonPropertiesCollection": Value::Object(properties).to_string()}));
        assert_eq!(becomes(&one, &context()), becomes(&text, &context()));
        one
    };
    gives(&unified("LaunchPowerApp", json!({})), &["activity: AT,T,APP,MAKER,use"]);
    gives(
        &unified("CreateFlow", json!({})),
        &["activity: AT,T,FLOW,MAKER,make", "ownership: e1,FLOW,created,MAKER,AT"],
    );
    gives(&unified("DeletePowerApp", json!({})), &["resources: APP,power_apps_canvas,T,,,,AT,AT"]);
    gives(
        &unified("EditFlow", json!({"powerplatform.analytics.operation.is_successful": "False"})),
        &["ignored 1: operation EditFlow that failed"],
    );
    gives(
        &unified("EditFlow", json!({"EndUser.Id": "", "enduser.principal_name": "C@b.example"})),
        &["activity: AT,T,FLOW,upn:c@b.example,make"],
    );
    gives(&unified("AdminDeleteApp", json!({})), &["ignored 1: operation AdminDeleteApp"]);
}

#[test]
fn of_dataverse_only_imports_of_solutions() {
    let message = |message: &str, changes: Value| {
        let record = json!({
            "CreationTime": "2026-02-03T20:18:56", "Id": "e1", "Operation": "CrmDefaultActivity",
            "OrganizationId": "1557f771-4c8e-4dbd-8b80-dd00a88e833e", "RecordType": 21, "UserType": 2,
            "ResultStatus": "Success", "UserKey": "Unknown", "UserId": "Unknown", "UserUpn": "",
            "InstanceUrl": "https://Contoso.crm.dynamics.com/", "Message": message, "SystemUserId": OTHER,
        });
        with(record, changes)
    };
    let imported = |who: &str, solution: &str, result: &str| {
        format!("solution_imports: e1,url:contoso.crm.dynamics.com,{solution},unknown,true,{who},{result},AT")
    };
    let user = "dataverse:url:contoso.crm.dynamics.com/OTHER";
    for word in ["ImportSolution", "ImportSolutionAsync"] {
        gives(&message(word, json!({})), &[&imported(user, "unknown", "succeeded")]);
    }
    gives(
        &message("ImportSolution", json!({"PrimaryFieldValue": "Sales", "ResultStatus": "Failed"})),
        &[&imported(user, "Sales", "failed")],
    );
    let zeros = json!({"SystemUserId": "00000000-0000-0000-0000-000000000000", "UserUpn": "A@b.example"});
    gives(&message("ImportSolution", zeros), &[&imported("upn:a@b.example", "unknown", "succeeded")]);
    gives(
        &message("ImportSolution", json!({"InstanceUrl": ""})),
        &["refused 1: the record does not say which environment"],
    );
    gives(&message("Retrieve", json!({})), &["ignored 1: message Retrieve"]);
    gives(&message("a\u{7}b", json!({})), &["ignored 1: message of an unusual name"]);
}

#[test]
fn other_records_are_counted_and_skipped_whatever_they_lack() {
    let sharepoint = json!({"Id": "1", "CreationTime": "x", "Operation": "FileAccessed", "RecordType": 6});
    gives(&sharepoint.to_string(), &["ignored 1: operation FileAccessed"]);
}

#[test]
fn queries_and_log_tables_are_records_under_other_names() {
    let outer = json!({
        "id": "e1", "createdDateTime": "2026-02-03T20:18:56Z", "auditLogRecordType": "powerAppsApp",
        "operation": "LaunchPowerApp", "organizationId": "1557f771-4c8e-4dbd-8b80-dd00a88e833e",
        "userType": "regular", "userId": MAKER, "service": "PowerApps", "objectId": null,
        "userPrincipalName": "a@b.example", "clientIp": "x", "administrativeUnits": [],
    });
    let used = "activity: AT,T,APP,MAKER,use";
    gives(&with(outer.clone(), json!({"auditData": {"AppName": APP}})), &[used]);
    // The record's own time holds, not that of the answer.
    let whole: Value = serde_json::from_str(&app("LaunchPowerApp", json!({}))).unwrap();
    let wrapped = json!({"auditData": whole, "createdDateTime": "2026-02-01T00:00:00Z", "userId": OTHER});
    gives(&with(outer.clone(), wrapped), &[used]);
    let application = json!({"auditData": {"AppName": APP}, "userType": "servicePrincipal"});
    gives(&with(outer, application), &["ignored 1: operation LaunchPowerApp by an application"]);

    let warning = "warning: `TenantId` is the workspace here and is not used; the tenant is `OrganizationId` or \
                   `--tenant`";
    let row = json!({
        "TenantId": OTHER, "TimeGenerated": "2026-02-03T20:18:56Z", "EventOriginalUid": "e1",
        "EventOriginalType": "LaunchPowerApp", "ActorName": "a@b.example", "ActorUserId": MAKER,
        "OrganizationId": "1557f771-4c8e-4dbd-8b80-dd00a88e833e", "Workload": "PowerApps", "AppName": APP,
        "ObjectId": OTHER,
    });
    gives(&row.to_string(), &[used, warning]);
    gives(
        &with(row, json!({"OrganizationId": null})),
        &["refused 1: the record names no tenant: say which with `--tenant`", warning],
    );
}

#[test]
fn an_export_of_exactly_as_many_rows_as_it_may_have_was_cut() {
    let file = |rows: usize| format!("RecordId,AuditData\n{}", "1,{}\n".repeat(rows));
    let warned =
        |rows| becomes(&file(rows), &context()).iter().any(|line| line.contains("exactly 50,000 rows"));
    assert!(warned(50_000) && !warned(49_999));
}

#[test]
fn what_is_no_record_says_what_to_fetch() {
    let told =
        becomes(r#"[{"contentUri":"x","contentId":"y"},{"contentUri":"x","contentId":"z"}]"#, &context());
    assert_eq!(
        told,
        [
            "ignored 2: a listing of content, not the content: fetch what `contentUri` names",
            "warning: this is a listing of audit content, not the content: fetch what each `contentUri` names",
        ]
    );
}
