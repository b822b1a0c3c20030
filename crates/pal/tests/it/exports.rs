//! Exports as partners and customers have them, and nothing else: imported, closed, explained, with the answer worked out by
//! hand.
//!
//! Mia of Contoso made the app and the flow. The account `svc-partner`, linked to 123456, imported both as a solution on 5
//! January: since then it holds them (D2). On 3 February Mia made Ria, linked to 654321, co-owner of the app, and Ria
//! changed it on the 10th: of the two claims hers is the latest (D7), so the app is 654321's. The flow has one holder, and
//! co-owners of flows do not count: it is 123456's. Ann, Ben and Zoe used the app in February: Ann twice, once known by her
//! name only, and Zoe, whom the directory does not know, is one person all the same.

use std::io::{Cursor, Write};

use serde_json::{Value, json};

use crate::command::Place;

pub(crate) const TENANT: &str = "99ca106f-36df-429e-9998-b6131ea7cc86";
pub(crate) const ENVIRONMENT: &str = "45631aa5-f43e-4672-959c-8dfa4f1e5ca8";
pub(crate) const APP: &str = "1fb9dc99-24c8-419d-b13c-da06524b31f3";
pub(crate) const FLOW: &str = "72f2be4a-78c1-4220-a048-dbf557296a72";
pub(crate) const PROCESS: &str = "751183fc-db68-ea11-a811-000d3a31cf04";
pub(crate) const MIA: &str = "e5568c4f-015e-49d6-bf04-16c14301e9a3";
pub(crate) const SVC: &str = "59e617e5-e447-4adc-8b88-00af644d7c92";
pub(crate) const RIA: &str = "8bc4ae57-cbe6-4a0b-9763-eb3624c821a7";
const ANN: &str = "90f0352e-c324-43da-8e38-f774b56a2d93";
const BEN: &str = "bec33726-2e4f-46c7-b247-29b57c4df65d";

/// A record of the audit log about the app.
fn audited(number: u32, at: &str, operation: &str, who: &str, info: &Value) -> String {
    let mut record = json!({
        "CreationTime": at, "Id": format!("5b1c2d3e-0000-4000-8000-{number:012}"), "Operation": operation,
        "OrganizationId": TENANT, "RecordType": 45, "ResultStatus": "Success", "UserType": 0, "Version": 1,
        "Workload": "PowerApps", "UserId": "somebody@contoso.onmicrosoft.com", "AppName": APP,
        "AdditionalInfo": info,
    });
    // Records say who acted by an id, or by a name alone.
    let member = if who.contains('@') { "UserKey" } else { "ObjectId" };
    record[member] = who.into();
    format!("{record}\n")
}

fn audit_log() -> String {
    let somewhere = json!({ "environmentName": ENVIRONMENT });
    let shared =
        json!({ "environmentName": ENVIRONMENT, "targetObjectId": RIA, "permissionType": "CanEdit" });
    let flow = json!({
        "CreationTime": "2025-11-03T08:00:00", "Id": "5b1c2d3e-0000-4000-8000-000000000099",
        "Operation": "CreateFlow", "OrganizationId": TENANT, "RecordType": 30, "UserType": 0, "Version": 1,
        "Workload": "MicrosoftFlow", "UserKey": MIA, "UserId": "mia@contoso.onmicrosoft.com",
        "FlowDetailsUrl": format!(
            "https://admin.powerplatform.microsoft.com/environments/{ENVIRONMENT}/flows/{FLOW}/details"
        ),
    });
    [
        audited(1, "2025-10-25T21:28:14", "CreatePowerApp", MIA, &somewhere),
        format!("{flow}\n"),
        audited(2, "2026-02-03T09:00:00", "PowerAppPermissionEdited", MIA, &shared),
        audited(3, "2026-02-10T10:00:00", "UpdatePowerApp", RIA, &somewhere),
        audited(4, "2026-02-11T07:00:00", "LaunchPowerApp", ANN, &somewhere),
        audited(5, "2026-02-12T07:00:00", "LaunchPowerApp", "Ann@Contoso.onmicrosoft.com", &somewhere),
        audited(6, "2026-02-12T08:00:00", "LaunchPowerApp", BEN, &somewhere),
        audited(7, "2026-02-13T08:00:00", "LaunchPowerApp", "zoe@contoso.onmicrosoft.com", &somewhere),
        audited(8, "2026-03-01T00:00:00", "LaunchPowerApp", SVC, &somewhere),
        audited(9, "2026-02-13T09:00:00", "RecordScopesConsent", BEN, &somewhere),
    ]
    .concat()
}

fn inventory() -> Value {
    let entry = |name: &str, kind: &str, properties: Value| json!({ "name": name, "type": kind, "location": "europe", "tenantId": TENANT, "properties": properties });
    json!({ "totalRecords": 3, "count": 3, "resultTruncated": 0, "skipToken": null, "data": [
        entry(ENVIRONMENT, "microsoft.powerplatform/environments", json!({
            "displayName": "Contoso Prod", "environmentType": "Production",
        })),
        entry(APP, "microsoft.powerapps/canvasapps", json!({
            "displayName": "Expense", "environmentId": ENVIRONMENT, "ownerId": MIA, "createdBy": MIA,
            "createdAt": "2025-10-25T21:28:14.2122305Z", "logicalName": "crc69_Expense_d7e01",
        })),
        entry(FLOW, "microsoft.powerautomate/cloudflows", json!({
            "displayName": "Nightly sync", "environmentId": ENVIRONMENT, "ownerId": MIA, "createdBy": MIA,
            "createdAt": "2025-11-03T08:00:00Z", "workflowEntityId": PROCESS,
        })),
    ]})
}

/// The list of environments, which alone tells the address by which Dataverse exports name theirs.
fn environments() -> Value {
    json!({ "value": [{
        "id": format!("/providers/Microsoft.BusinessAppPlatform/scopes/admin/environments/{ENVIRONMENT}"),
        "name": ENVIRONMENT, "type": "Microsoft.BusinessAppPlatform/scopes/environments",
        "properties": {
            "tenantId": TENANT, "displayName": "Contoso Prod", "environmentSku": "Production",
            "linkedEnvironmentMetadata": { "instanceUrl": "https://contoso.crm.dynamics.com/" },
        },
    }]})
}

fn dataverse(table: &str, record: &Value) -> String {
    let context = format!("https://contoso.crm.dynamics.com/api/data/v9.2/$metadata#{table}");
    json!({ "@odata.context": context, "value": [record] }).to_string()
}

pub(crate) fn package() -> Vec<u8> {
    let solution = format!(
        "<ImportExportXml><SolutionManifest><UniqueName>ContosoFinance</UniqueName><Version>1.4.0.0</Version>\
         <Managed>1</Managed><Publisher><UniqueName>fabrikam</UniqueName></Publisher><RootComponents>\
         <RootComponent type='300' schemaName='crc69_expense_d7e01'/><RootComponent type='29' id='{{{PROCESS}}}'/>\
         </RootComponents></SolutionManifest></ImportExportXml>"
    );
    let customizations = format!(
        "<ImportExportXml><Workflows><Workflow WorkflowId='{{{PROCESS}}}' Name='Nightly sync'><Category>5</Category>\
         </Workflow></Workflows><CanvasApps><CanvasApp><Name>crc69_expense_d7e01</Name></CanvasApp></CanvasApps>\
         </ImportExportXml>"
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("solution.xml", solution), ("customizations.xml", customizations)] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The exports, by file.
fn exports() -> Vec<(&'static str, Vec<u8>)> {
    let user = json!({ "systemuserid": "b0b3f470-4746-4959-91e7-277e7afa2e82",
        "azureactivedirectoryobjectid": SVC, "fullname": "Svc Partner", "isdisabled": false });
    let job = json!({
        "importjobid": "7f1c0000-0000-4000-8000-000000000001", "solutionname": "ContosoFinance",
        "_createdby_value": "b0b3f470-4746-4959-91e7-277e7afa2e82", "startedon": "2026-01-05T10:12:01Z",
        "completedon": "2026-01-05T10:15:00Z", "progress": 100.0,
        "data": "<importexportxml><solutionManifests><solutionManifest><result result=\"success\"/>\
                 <UniqueName>ContosoFinance</UniqueName><Version>1.4</Version></solutionManifest>\
                 </solutionManifests></importexportxml>",
    });
    let users = format!(
        "userPrincipalName,displayName,mail,objectId,userType,accountEnabled\n\
         mia@contoso.onmicrosoft.com,Mia,mia@contoso.com,{MIA},Member,True\n\
         svc-partner@contoso.onmicrosoft.com,Svc Partner,,{SVC},Member,True\n\
         ria_northwind.example#EXT#@contoso.onmicrosoft.com,Ria,ria@northwind.example,{RIA},Guest,True\n\
         ann@contoso.onmicrosoft.com,Ann,ann@contoso.com,{ANN},Member,True\n\
         ben@contoso.onmicrosoft.com,Ben,ben@contoso.com,{BEN},Member,True\n"
    );
    let links = format!(
        "Tenant ID,UPN,Object ID,MPN ID,Linked on\n\
         {TENANT},svc-partner@contoso.onmicrosoft.com,,123456,2025-06-01T00:00:00Z\n\
         {TENANT},,{RIA},654321,2025-09-01T00:00:00Z\n"
    );
    vec![
        ("audit/2026-02.jsonl", audit_log().into_bytes()),
        ("dataverse/importjobs.json", dataverse("importjobs", &job).into_bytes()),
        ("dataverse/systemusers.json", dataverse("systemusers", &user).into_bytes()),
        ("directory/users.csv", users.into_bytes()),
        ("environments.json", environments().to_string().into_bytes()),
        ("inventory.json", inventory().to_string().into_bytes()),
        ("links.csv", links.into_bytes()),
        ("solutions/ContosoFinance_1_4_0_0_managed.zip", package()),
    ]
}

pub(crate) fn written() -> Place {
    let place = Place::with_workspace();
    for (name, bytes) in exports() {
        place.write(&format!("exports/{name}"), bytes);
    }
    place
}

/// Imports a path, and holds the numbers of the answer against each other.
#[track_caller]
pub(crate) fn import(place: &Place, path: &str, code: i32) -> Vec<Value> {
    let flags = ["--tenant", TENANT, "--as-of", "2026-02-28T00:00:00Z"];
    let answer = place.pal(&[&["import", "auto", path], flags.as_slice()].concat()).exits(code).json();
    let files = answer["files"].as_array().unwrap().clone();
    for file in &files {
        let number = |key: &str| file[key].as_u64().unwrap();
        let sum: u64 = ["kept", "repeated", "ignored", "refused"].into_iter().map(number).sum();
        assert_eq!(number("read"), sum, "{file}");
    }
    files
}

/// The statement of February as it is exported.
#[track_caller]
fn statement(place: &Place) -> String {
    place.pal(&["close", "2026-02"]).exits(0);
    place.pal(&["export", "2026-02", "--out", "exported"]).exits(0);
    place.read("exported/statement.csv")
}

/// Of each line the resource, partner, attributed account and quantity.
fn lines(statement: &str) -> Vec<[String; 4]> {
    let mut reader = csv::Reader::from_reader(statement.as_bytes());
    let header = reader.headers().unwrap().clone();
    let cell = |record: &csv::StringRecord, name: &str| {
        let place = header.iter().position(|column| column == name);
        record[place.unwrap_or_else(|| panic!("no column {name} in {header:?}"))].to_owned()
    };
    let mut lines: Vec<[String; 4]> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            ["resource_id", "partner_id", "object_id", "quantity"].map(|name| cell(&record, name))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn exports_alone_lead_to_the_answer_worked_out_by_hand() {
    let place = written();
    let files = import(&place, "exports", 0);
    assert!(files.iter().all(|file| file["kept"].as_u64() > Some(0)), "{files:?}");
    let statement = statement(&place);
    assert_eq!(lines(&statement), [[APP, "654321", RIA, "3"], [FLOW, "123456", SVC, "0"]]);

    let explained = place.pal(&["explain", APP, "--month", "2026-02", "-o", "table"]).exits(0).stdout;
    for words in [
        "At least 3 monthly active users of 2026-02 are attributed to partner id 654321, through Ria",
        "Svc Partner imported ContosoFinance 1.4 (managed",
        "Mia, the owner from before an import",
        "1 of them is not in the directory",
        // Days with a record: the 3rd and the 10th to 13th.
        "Observed data covers 5 of 28 whole days",
    ] {
        assert!(explained.contains(words), "`{words}` is not in\n{explained}");
    }
    // No source names who ran a flow, and here none tells that it ran at all: 0 is not "nobody".
    let explained = place.pal(&["explain", FLOW, "--month", "2026-02", "-o", "table"]).exits(0).stdout;
    assert!(explained.contains("An unknown number of monthly active users"), "{explained}");
}

#[test]
fn importing_everything_twice_changes_nothing() {
    let place = written();
    import(&place, "exports", 0);
    let first = statement(&place);
    let again = import(&place, "exports", 0);
    assert!(again.iter().all(|file| file["kept"] == 0 && file["repeated"].as_u64() > Some(0)), "{again:?}");
    assert_eq!(statement(&place), first);
    let listed = place.pal(&["statement", "list"]).exits(0).json();
    assert_eq!(listed["statements"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn the_order_of_imports_makes_no_difference() {
    let place = written();
    import(&place, "exports", 0);
    let expected = statement(&place);
    let other = written();
    for (name, _) in exports().iter().rev() {
        import(&other, &format!("exports/{name}"), 0);
    }
    assert_eq!(statement(&other), expected);
}

#[test]
fn a_package_that_comes_late_is_the_cause_of_what_it_changes() {
    let place = written();
    let package = exports().pop().unwrap();
    std::fs::remove_file(place.path(&format!("exports/{}", package.0))).unwrap();
    import(&place, "exports", 0);
    // Without it nobody knows what was imported: the flow is Mia's, who is not linked.
    let before = statement(&place);
    assert_eq!(lines(&before)[1][1], "", "{before}");
    place.write("late.zip", &package.1);
    import(&place, "late.zip", 0);
    place.pal(&["close", "2026-02"]).exits(0);
    let changed = place.pal(&["statement", "diff", "2026-02"]).exits(0).stdout;
    assert!(changed.contains("late.zip") && changed.contains("solution_components"), "{changed}");
}

#[test]
fn a_record_that_cannot_be_used_is_kept_with_its_text() {
    let place = written();
    let bad = audited(10, "10/02/2026 07:00", "LaunchPowerApp", ANN, &json!({}));
    place.write("exports/audit/local.jsonl", format!("{}{bad}", audit_log()));
    let files = import(&place, "exports", 6);
    let refused: Vec<&Value> = files.iter().filter(|file| file["refused"] != 0).collect();
    assert_eq!(refused.len(), 1, "{files:?}");
    let rejects = place.pal(&["import", "rejects"]).exits(0).json();
    let reject = &rejects["rejects"][0];
    assert_eq!(reject["line"], 11, "{rejects}");
    assert_eq!(
        reject["reason"],
        "`CreationTime` is a local date, or none between 2015 and tomorrow: say with `--dates` how it is written"
    );
    assert!(reject["raw"].as_str().unwrap().contains("10/02/2026 07:00"), "{rejects}");
    assert_eq!(lines(&statement(&place))[0][3], "3");
}

#[test]
fn what_lies_beside_exports_is_left_alone_unless_it_is_named() {
    let place = written();
    place.write("exports/README.md", "# Exports of Contoso, March\n\nTaken by hand, on Monday.\n");
    place.write("exports/notes", "one\ntwo\n");
    place.write("exports/badge.md", "[![built](badge.svg)](https://example.com)\n\n{not: json}\n");
    place.write("exports/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n\0".as_slice());
    place.write("exports/links.txt", "Tenant ID,Object ID,MPN ID,Linked on\n");
    let ran = place.pal(&["import", "auto", "exports", "--tenant", TENANT]).exits(0);
    for name in ["README.md", "badge.md", "notes", "picture.png"] {
        assert!(ran.stderr.contains(&format!("warning: exports/{name}: not an export\n")), "{}", ran.stderr);
    }
    // JSON of other programs too, each of its records counted.
    place.write("exports/settings.json", "[{\"theme\":\"dark\"},{\"theme\":\"light\"}]");
    let ran = place.pal(&["import", "auto", "exports", "--tenant", TENANT, "-o", "json"]).exits(0);
    let ran = ran.tells("warning: exports/settings.json: not an export that pal knows\n");
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let file =
        answer["files"].as_array().unwrap().iter().find(|file| file["file"] == "exports/settings.json");
    assert_eq!(file.map(|file| (&file["read"], &file["ignored"])), Some((&2.into(), &2.into())), "{answer}");
    // What is named itself is meant to be one, and so is what has the name of one.
    place.pal(&["import", "auto", "exports/README.md"]).exits(6).tells("of no kind that is known");
    place.pal(&["import", "auto", "exports/settings.json"]).exits(6).tells("of no kind that is known");
    place.write("exports/other.csv", "Colour,Size\nred,1\n");
    place
        .pal(&["import", "auto", "exports", "--tenant", TENANT])
        .exits(6)
        .tells("refused: exports/other.csv");
}

/// A list of PowerShell's of the same moment: it cuts the time of creation, and calls the app by another name.
#[test]
fn two_kinds_of_export_of_one_moment_complete_each_other() {
    let place = written();
    import(&place, "exports", 0);
    let expected = statement(&place);
    let other = written();
    let listed = format!(
        "AppName,DisplayName,CreatedTime,Owner,LastModifiedTime,EnvironmentName,Internal\n\
         {APP},Expense app,2025-10-25T21:28:14Z,@{{id={MIA}; displayName=Mia; type=User}},,{ENVIRONMENT},\n"
    );
    other.write("exports/Get-AdminPowerApp.csv", listed);
    let users = json!({ "value": [{ "id": BEN, "displayName": "Ben", "userPrincipalName": "ben@contoso.onmicrosoft.com" }] });
    other.write("exports/directory/graph.json", users.to_string());
    import(&other, "exports", 0);
    let preview = other.pal(&["preview", "2026-02"]).exits(0);
    assert!(!preview.stderr.contains("refused"), "{}", preview.stderr);
    assert_eq!(lines(&statement(&other)), lines(&expected));
    let found = other.pal(&["resource", "find", APP]).exits(0).json();
    assert_eq!(found["resources"][0]["name"], "Expense app");
}

/// Everything is told with the place where it was read, and what nobody saw is called declared.
#[test]
fn an_explanation_says_where_each_fact_was_read() {
    let place = written();
    std::fs::remove_file(place.path("exports/audit/2026-02.jsonl")).unwrap();
    std::fs::remove_file(place.path("exports/dataverse/importjobs.json")).unwrap();
    let flags =
        ["--tenant", TENANT, "--as-of", "2026-02-28T00:00:00Z", "--assume-since", "2026-01-01T00:00:00Z"];
    place.pal(&[&["import", "auto", "exports"], flags.as_slice()].concat()).exits(0);
    let explained = place.pal(&["explain", APP, "--month", "2026-02", "-o", "table"]).exits(0).stdout;
    for words in
        ["Mia is its owner, declared as from 2026-01-01; taken as from its creation", "\nRead from\n"]
    {
        assert!(explained.contains(words), "`{words}` is not in\n{explained}");
    }
    assert!(!explained.contains("inventory of 2026-01-01"), "{explained}");
    let sources = place.pal(&["explain", APP, "--month", "2026-02"]).exits(0).json()["sources"].clone();
    let told: Vec<String> = sources
        .as_array()
        .unwrap()
        .iter()
        .map(|source| {
            let text = |key: &str| source[key].to_string().trim_matches('"').to_owned();
            format!("{} | {}:{} {}", text("fact"), text("file"), text("line"), text("declared"))
        })
        .collect();
    let expected = [
        "environment | import 1: exports/environments.json:1 true",
        "listed Mia as owner at 2026-01-01T00:00:00Z | import 1: exports/inventory.json:1 true",
        "resource | import 1: exports/inventory.json:1 false",
    ];
    assert_eq!(told, expected);
}

/// Ria is not on the whole list of who may edit the app on 20 February: she was a co-owner until then, and the importer's
/// claim is the only one that is left.
#[test]
fn who_is_missing_from_a_whole_list_is_a_co_owner_no_longer() {
    let place = written();
    import(&place, "exports", 0);
    let id = format!(
        "/providers/Microsoft.PowerApps/scopes/admin/environments/{ENVIRONMENT}/apps/{APP}/permissions/{MIA}"
    );
    let owner = json!({ "name": MIA, "id": id, "properties": {
        "roleName": "Owner", "principal": { "id": MIA, "type": "User" },
    }});
    place.write("permissions.json", json!({ "value": [owner] }).to_string());
    place.pal(&["import", "auto", "permissions.json", "--complete"]).exits(2).tells("--as-of");
    let flags = ["--complete", "--as-of", "2026-02-20T00:00:00Z"];
    place.pal(&[&["import", "auto", "permissions.json"], flags.as_slice()].concat()).exits(0);
    assert_eq!(lines(&statement(&place))[0], [APP, "123456", SVC, "3"]);
}
