//! Every sample of the audit log, Power BI and Customer Insights, and the facts that it yields.

use std::path::Path;

use pal_import::outside::Context;
use pal_rules::id::Id;

use super::outside_audit::{context, told};

/// Files of the samples and what they become; of GUIDs the first eight digits.
const SAMPLES: &[(&str, &[&str])] = &[
    (
        "audit/ActivityApi_ContentBlob_CRM.json",
        &[
            "ignored 7: message ExecuteMultiple",
            "ignored 2: message UserSignIn",
            "ignored 1: message VerifyFilesReference",
        ],
    ),
    (
        "audit/ActivityApi_Notification.json",
        &[
            "ignored 170: a listing of content, not the content: fetch what `contentUri` names",
            "warning: this is a listing of audit content, not the content: fetch what each `contentUri` names",
        ],
    ),
    (
        "audit/PowerApps.CreatePowerApp.json",
        &[
            "activity: 2020-04-10T21:05:31Z,1557f771,e10e4d9c,90f0352e,make",
            "ownership: 0f76ebeb,e10e4d9c,created,90f0352e,2020-04-10T21:05:31Z",
        ],
    ),
    (
        "audit/PowerApps.DeletePowerApp.json",
        &["resources: 40a8a6af,power_apps_canvas,1557f771,,,,2020-04-03T21:30:23Z,2020-04-03T21:30:23Z"],
    ),
    (
        "audit/PowerApps.LaunchPowerApp.json",
        &["activity: 2020-03-25T20:18:56Z,1557f771,63afdadb,90f0352e,use"],
    ),
    (
        "audit/PowerApps.UpdatePowerApp.json",
        &["activity: 2020-04-10T16:38:47Z,1557f771,bd09e086,8bc4ae57,make"],
    ),
    ("audit/m365cli_purview_auditlog_list.json", &["ignored 1: operation ListItemViewed"]),
    (
        "audit/unified_powerplatform_PropertyCollection.json",
        &["ignored 15: a property without its audit record: import the records themselves"],
    ),
    (
        "powerbi/activityevents.json",
        &[
            "ignored 1: operation ViewDashboard that names no dataset, report or dashboard",
            "ignored 1: operation ViewReport that names no dataset, report or dashboard",
        ],
    ),
    (
        "powerbi/activityevents_1.json",
        &["ignored 2: operation ViewReport that names no dataset, report or dashboard"],
    ),
    (
        "powerbi/activityevents_2.json",
        &["ignored 2: operation ViewReport that names no dataset, report or dashboard"],
    ),
    (
        "powerbi/activityevents_4.json",
        &["ignored 2: operation ViewReport that names no dataset, report or dashboard"],
    ),
    ("powerbi/admin_dataset_users.json", &["aliases: 99ca106f,principal,upn:john@contoso.com,3fadb6e4,,"]),
    (
        "powerbi/admin_datasets.json",
        &[
            "listings: 2026-03-06T12:00:00Z,cfafbeb1,publisher,upn:john@contoso.com,true",
            "resources: cfafbeb1,power_bi,99ca106f,5c968528,SalesMarketing,,,2026-03-06T12:00:00Z",
        ],
    ),
    ("powerbi/admin_reports.json", &["aliases: 99ca106f,resource,name:power_bi/report:5b218778,cfafbeb1,,"]),
    (
        "powerbi/scanresult.json",
        &[
            "aliases: 99ca106f,principal,upn:john@contoso.com,3fadb6e4,,",
            "aliases: 99ca106f,resource,name:power_bi/dashboard:80814ece,132593c4,,",
            "aliases: 99ca106f,resource,name:power_bi/report:c6d072d1,132593c4,,",
            "environments: d507422c,99ca106f,V2 shared,production,2026-03-06T12:00:00Z,2026-03-06T12:00:00Z",
            "listings: 2026-03-06T12:00:00Z,e7e8a355,publisher,upn:john@contoso.com,true",
            "resources: e7e8a355,power_bi,99ca106f,d507422c,ExportB,,,2026-03-06T12:00:00Z",
        ],
    ),
    (
        "constructed/audit_flow_records.json",
        &[
            "activity: 2026-02-10T08:00:11Z,99ca106f,72f2be4a,e5568c4f,make",
            "activity: 2026-02-10T08:05:52Z,99ca106f,72f2be4a,e5568c4f,make",
            "ownership: 5b1c2d3e,72f2be4a,created,e5568c4f,2026-02-10T08:00:11Z",
        ],
    ),
    (
        "constructed/audit_powerbi_records.json",
        &[
            "activity: 2026-02-01T10:00:00Z,99ca106f,cfafbeb1,upn:svc-partner@contoso.onmicrosoft.com,make",
            "activity: 2026-02-03T07:30:09Z,99ca106f,cfafbeb1,upn:jdoe@contoso.onmicrosoft.com,use",
            "ownership: 9f000000,cfafbeb1,published,upn:svc-partner@contoso.onmicrosoft.com,2026-02-01T10:00:00Z",
            "ignored 1: operation TakeOverDataset: taking over is not publishing",
        ],
    ),
    ("constructed/audit_records.jsonl", RECORDS),
    ("constructed/audit_unified_256_record.json", &["ignored 1: operation AdminDeleteApp"]),
    (
        "constructed/ci_insight_logs.jsonl",
        &[
            "activity: 2026-02-10T09:00:00.123456Z,99ca106f,c1000000,e5568c4f,use",
            "ignored 1: a scheduled workflow",
        ],
    ),
    (
        "constructed/ci_instances.json",
        &[
            "environments: url:contoso.crm.dynamics.com,99ca106f,Contoso Prod,production,2026-03-06T12:00:00Z,2026-01-01T00:00:00Z",
            "resources: c1000000,customer_insights,99ca106f,url:contoso.crm.dynamics.com,Contoso CI Prod,2025-05-01T00:00:00Z,,2026-01-01T00:00:00Z",
        ],
    ),
    ("constructed/ci_profilestore_stateinfo.json", &["profiles: c1000000,2026-02-10T02:00:00Z,128934"]),
    ("constructed/ci_rbac_assignments.json", &["ignored 2: a role, not activity"]),
    ("constructed/purview_new_export.csv", RECORDS),
    ("constructed/purview_old_export.csv", RECORDS),
];

/// The records of the public samples, in three containers.
const RECORDS: &[&str] = &[
    "activity: 2020-03-25T20:18:56Z,1557f771,63afdadb,90f0352e,use",
    "activity: 2020-03-30T05:42:35Z,1557f771,1fb9dc99,8bc4ae57,make",
    "activity: 2020-04-10T16:38:47Z,1557f771,bd09e086,8bc4ae57,make",
    "activity: 2020-04-10T21:05:31Z,1557f771,e10e4d9c,90f0352e,make",
    "activity: 2026-02-10T08:00:11Z,99ca106f,72f2be4a,e5568c4f,make",
    "activity: 2026-02-10T08:05:52Z,99ca106f,72f2be4a,e5568c4f,make",
    "ownership: 0f76ebeb,e10e4d9c,created,90f0352e,2020-04-10T21:05:31Z",
    "ownership: 5b1c2d3e,72f2be4a,created,e5568c4f,2026-02-10T08:00:11Z",
    "ownership: 7153ea76,1fb9dc99,co_owner_added,bec33726,2020-03-30T05:42:35Z",
    "resources: 40a8a6af,power_apps_canvas,1557f771,,,,2020-04-03T21:30:23Z,2020-04-03T21:30:23Z",
    "ignored 1: operation AdminDeleteApp",
];

#[test]
fn every_sample_becomes_what_its_description_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/samples");
    if !folder.is_dir() {
        println!("skipped: there are no samples");
        return;
    }
    let declared = Context { tenant: Some(Id::new("99ca106f-36df-429e-9998-b6131ea7cc86")), ..context() };
    for (name, expected) in SAMPLES {
        let found: Vec<String> = told(&folder.join(name), &declared).iter().map(|line| short(line)).collect();
        assert_eq!(found, *expected, "{name}");
    }
    for part in ["audit", "powerbi"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let name = format!("{part}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(SAMPLES.iter().any(|(known, _)| *known == name), "{name} is not in the table");
        }
    }
}

/// A line with its GUIDs cut short.
fn short(line: &str) -> String {
    let mut rest = line;
    let mut text = String::new();
    while let Some(first) = rest.chars().next() {
        let is_guid = rest.get(..36).is_some_and(|guid| Id::new(guid).guid().is_some());
        text.push_str(if is_guid { &rest[..8] } else { &rest[..first.len_utf8()] });
        rest = &rest[if is_guid { 36 } else { first.len_utf8() }..];
    }
    text
}
