//! Tables of Dataverse become imports, aliases, resources and listings; what needs another file stays a part.

use std::path::Path;

use pal_import::outside::{Context, Part, inputs, part, read};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use crate::outside_audit::context;

const TENANT: &str = "1557f771-4c8e-4dbd-8b80-dd00a88e833e";
const PAGE: &str =
    r#"{"@odata.context":"https://Contoso.crm.dynamics.com/api/data/v9.2/$metadata#x","value":["#;

/// A context in which everything is declared that records do not say.
pub(crate) fn declared() -> Context {
    let as_of = Timestamp::parse("2026-03-01T00:00:00Z");
    Context { tenant: Some(Id::new(TENANT)), as_of, ..context() }
}

/// What a file becomes: facts and parts as text, sorted, then what is ignored (`-`) and refused (`!`).
pub(crate) fn told_of(path: &Path, context: &Context) -> Vec<String> {
    let (mut lines, mut left) = (Vec::new(), Vec::new());
    for input in inputs(&[path.to_owned()]).unwrap() {
        let (account, covered) = read(&input, None, context, &mut |taken| {
            for (table, row) in taken.rows {
                let cells: Vec<String> = row.values().iter().map(pal_rules::facts::Value::text).collect();
                lines.push(format!("{}: {}", table.name(), cells.join(",")));
            }
            for part in taken.parts {
                lines.push(match part {
                    Part::Package(package) => format!("package: {},{}", package.unique_name, package.version),
                    Part::Solution { environment, solution, unique_name, version } => {
                        format!("solution: {environment},{solution},{unique_name},{version}")
                    }
                    Part::Component { environment, solution, resource } => {
                        format!("component: {environment},{solution},{resource}")
                    }
                });
            }
        });
        let covered = covered.iter();
        lines.extend(covered.map(|day| format!("covered: {},{},{}", day.product, day.actor_basis, day.day)));
        left.extend(account.ignored.keys().map(|reason| format!("- {reason}")));
        left.extend(account.refused.keys().map(|reason| format!("! {reason}")));
        assert_eq!(
            account.read,
            account.facts + account.ignored.values().sum::<u64>() + account.refused.values().sum::<u64>()
        );
    }
    lines.sort();
    lines.dedup();
    lines.extend(left);
    lines
}

pub(crate) fn told(text: &str, context: &Context) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    std::fs::write(&path, text).unwrap();
    told_of(&path, context)
}

fn paged(record: &str) -> Vec<String> {
    told(&format!("{PAGE}{record}]}}"), &declared())
}

fn job(data: &str) -> String {
    let data = serde_json::to_string(data).unwrap();
    format!(
        r#"{{"importjobid":"7F1C0000-0000-4000-8000-000000000001","solutionname":"Sol","_createdby_value":"b0b3f470-4746-4959-91e7-277e7afa2e82","completedon":"2026-01-05T10:15:00Z","progress":100.0,"data":{data}}}"#
    )
}

fn data(result: &str, rest: &str) -> String {
    format!(
        "<importExportXml><solutionManifests><solutionManifest id='Sol'><Result result='{result}'/><UniqueName>Sol</UniqueName><Version>1.4</Version>{rest}</solutionManifest></solutionManifests></importExportXml>"
    )
}

#[test]
fn an_import_job_says_who_imported_what_and_its_data_whether_it_worked() {
    let row = |managed: &str, result: &str| {
        vec![format!(
            "solution_imports: 7f1c0000-0000-4000-8000-000000000001,url:contoso.crm.dynamics.com,Sol,1.4,{managed},dataverse:url:contoso.crm.dynamics.com/b0b3f470-4746-4959-91e7-277e7afa2e82,{result},2026-01-05T10:15:00Z"
        )]
    };
    assert_eq!(paged(&job(&data("success", ""))), row("true", "succeeded"));
    assert_eq!(paged(&job(&data("warning", "<Managed>0</Managed>"))), row("false", "succeeded"));
    assert_eq!(paged(&job(&data("failure", ""))), row("true", "failed"), "100 % and failed");
    assert_eq!(paged(&job(&data("Cancelled", ""))), row("true", "cancelled"));
    let inside = data("success", "<x><workflow><result result='failure'/></workflow></x>");
    assert_eq!(paged(&job(&inside)), row("true", "failed"), "what fails in part fails");
    let holding = job(&data("success", ""))
        .replace("{\"importjobid", "{\"importcontext\":\"ImportHolding\",\"importjobid");
    assert_eq!(paged(&holding), row("true", "holding"));
}

#[test]
fn an_import_job_whose_result_is_not_known_is_refused() {
    let none = job("").replace("\"data\":\"\"", "\"data\":null");
    assert_eq!(
        paged(&none),
        ["! the import job has no `data`, which alone says whether it succeeded: export it"]
    );
    let cut = job(&data("success", "")[..120]);
    let broken = "! `data` of the import job is no whole XML, so its result is not known";
    assert_eq!(paged(&cut), [broken]);
    let entity = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    assert_eq!(paged(&job(entity)), [broken]);
    let silent = job(&data("", ""));
    assert_eq!(paged(&silent), ["! `data` of the import job does not say whether it succeeded"]);
    let open =
        job(&data("success", "")).replace("\"completedon\":\"2026-01-05T10:15:00Z\"", "\"completedon\":null");
    assert_eq!(paged(&open), ["- an import job that has not ended yet"]);
    assert_eq!(
        told(&format!("[{}]", job(&data("success", ""))), &declared()),
        ["! the record names no environment: say which with `--environment`"]
    );
    let environment = Some(Id::new("10195613-0000-4000-8000-000000000000"));
    let lines = told(&job(&data("success", "")), &Context { environment, ..declared() });
    assert!(lines[0].contains(",10195613-0000-4000-8000-000000000000,Sol,"), "{lines:?}");
}

#[test]
fn solution_history_names_nobody_and_makes_nothing() {
    assert_eq!(
        paged(
            r#"{"msdyn_solutionhistoryid":"8f1c0000-0000-4000-8000-000000000001","msdyn_name":"Sol","msdyn_operation":0}"#
        ),
        ["- solution history, which names no user: import jobs do"]
    );
}

#[test]
fn a_user_of_an_environment_stands_for_an_account() {
    let user = |rest: &str| {
        paged(&format!(
            r##"{{"systemuserid":"b0b3f470-4746-4959-91e7-277e7afa2e82","fullname":"# x",{rest}}}"##
        ))
    };
    let alias = |account: &str| {
        vec![format!(
            "aliases: {TENANT},principal,dataverse:url:contoso.crm.dynamics.com/b0b3f470-4746-4959-91e7-277e7afa2e82,{account},,"
        )]
    };
    assert_eq!(
        user(r#""azureactivedirectoryobjectid":"{90F0352E-c324-43da-8e38-f774b56a2d93}""#),
        alias("90f0352e-c324-43da-8e38-f774b56a2d93")
    );
    assert_eq!(
        user(r#""azureactivedirectoryobjectid":null,"applicationid":"65415bb1-9267-4313-bbf5-ae259732ee12""#),
        alias("app:65415bb1-9267-4313-bbf5-ae259732ee12")
    );
    assert_eq!(user(r#""applicationid":null"#), ["- a Dataverse user without an account in the directory"]);
}

#[test]
fn apps_have_the_ids_and_names_of_their_environment() {
    let app = r#"{"appmoduleid":"2f0e4c1b-0000-4000-8000-000000000001","uniquename":"Admin_View","name":"View","createdon":"2026-01-01T00:00:00Z","modifiedon":"2026-01-02T00:00:00Z","_createdby_value":"b0b3f470-4746-4959-91e7-277e7afa2e82"}"#;
    let environment = "url:contoso.crm.dynamics.com";
    assert_eq!(
        paged(app),
        [
            format!(
                "aliases: {TENANT},resource,name:{environment}/admin_view,2f0e4c1b-0000-4000-8000-000000000001,,"
            ),
            format!(
                "listings: 2026-03-01T00:00:00Z,2f0e4c1b-0000-4000-8000-000000000001,owner,dataverse:{environment}/b0b3f470-4746-4959-91e7-277e7afa2e82,true"
            ),
            format!(
                "resources: 2f0e4c1b-0000-4000-8000-000000000001,power_apps_model_driven,{TENANT},{environment},View,2026-01-01T00:00:00Z,,2026-01-02T00:00:00Z"
            ),
        ]
    );
    let canvas = |class: &str| {
        paged(&format!(
            r#"{{"canvasappid":"1fb9dc99-24c8-419d-b13c-da06524b31f3","name":"crc69_Expense","displayname":"Expense","canvasapptype":{class},"createdtime":"2026-01-01T00:00:00Z","_ownerid_value":"b0b3f470-4746-4959-91e7-277e7afa2e82","_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"team"}}"#
        ))
    };
    assert_eq!(
        canvas("0"),
        [
            format!(
                "aliases: {TENANT},resource,name:{environment}/crc69_expense,1fb9dc99-24c8-419d-b13c-da06524b31f3,,"
            ),
            format!(
                "resources: 1fb9dc99-24c8-419d-b13c-da06524b31f3,power_apps_canvas,{TENANT},{environment},Expense,2026-01-01T00:00:00Z,,2026-03-01T00:00:00Z"
            ),
        ],
        "a team is no person"
    );
    assert_eq!(canvas("1"), ["- a component library, which is no app"]);
    assert_eq!(canvas("2"), ["- a custom page, which is no app"]);
}

#[test]
fn only_cloud_flows_are_flows_and_their_runs_name_the_owner() {
    let environment = "url:contoso.crm.dynamics.com";
    let flow = |category: &str, rest: &str| {
        paged(&format!(
            r#"{{"workflowid":"311BCA28-f92b-ea11-a810-000d3a31c867","category":{category},"type":1,"name":"Sync",{rest}"createdon":"2026-01-01T00:00:00Z","modifiedon":"2026-01-01T00:00:00Z"}}"#
        ))
    };
    let known = format!("name:{environment}/311bca28-f92b-ea11-a810-000d3a31c867");
    let row = |id: &str| {
        format!(
            "resources: {id},power_automate,{TENANT},{environment},Sync,2026-01-01T00:00:00Z,,2026-01-01T00:00:00Z"
        )
    };
    assert_eq!(flow("5", ""), [row(&known)], "its id elsewhere is not known");
    let id = "9b0f7b3c-0000-4000-8000-000000000009";
    assert_eq!(
        flow("5", &format!(r#""resourceid":"{id}","#)),
        [format!("aliases: {TENANT},resource,{known},{id},,"), row(id)]
    );
    assert_eq!(flow("4", ""), ["- a business process flow, which is no cloud flow"]);
    assert_eq!(flow("0", ""), ["- a classic workflow, which is no cloud flow"]);
    let run = r#"{"flowrunid":"1","starttime":"2026-02-03T04:05:06Z","_workflow_value":"311bca28-f92b-ea11-a810-000d3a31c867","_ownerid_value":"b0b3f470-4746-4959-91e7-277e7afa2e82"}"#;
    assert_eq!(
        paged(run),
        [
            format!(
                "activity: 2026-02-03T04:05:06Z,{TENANT},{known},dataverse:{environment}/b0b3f470-4746-4959-91e7-277e7afa2e82,use"
            ),
            "covered: power_automate,owner_proxy,2026-02-03".to_owned(),
        ]
    );
}

#[test]
fn what_an_environment_has_of_a_solution_is_what_its_import_brought() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export");
    let records = [
        r#"{"solutionid":"d1c0ffee-0000-4000-8000-000000000001","uniquename":"Sol","version":"1.4.0.0"}"#,
        r#"{"objectid":"1fb9dc99-24c8-419d-b13c-da06524b31f3","componenttype":300,"_solutionid_value":"d1c0ffee-0000-4000-8000-000000000001"}"#,
        r#"{"objectid":"311bca28-f92b-ea11-a810-000d3a31c867","componenttype":29,"_solutionid_value":"d1c0ffee-0000-4000-8000-000000000001"}"#,
        r#"{"objectid":"311bca28-f92b-ea11-a810-000d3a31c868","componenttype":29,"_solutionid_value":"d1c0ffee-0000-4000-8000-000000000002"}"#,
        r#"{"objectid":"311bca28-f92b-ea11-a810-000d3a31c869","componenttype":1,"_solutionid_value":"d1c0ffee-0000-4000-8000-000000000001"}"#,
    ];
    std::fs::write(&path, format!("{PAGE}{}]}}", records.join(","))).unwrap();
    let mut parts = Vec::new();
    for input in inputs(&[path]).unwrap() {
        let (account, _) = read(&input, None, &declared(), &mut |taken| parts.extend(taken.parts));
        assert_eq!((account.facts, account.ignored.values().sum::<u64>()), (4, 1));
    }
    parts.reverse();
    let environment = Id::new("url:contoso.crm.dynamics.com");
    let brought = |solution| part::installed(&Id::new("job"), &environment, solution, &parts);
    let rows: Vec<String> =
        brought(("sol", "1.4")).iter().map(|(_, row)| row.id(1).unwrap().to_string()).collect();
    assert_eq!(
        rows,
        [
            "1fb9dc99-24c8-419d-b13c-da06524b31f3",
            "name:url:contoso.crm.dynamics.com/311bca28-f92b-ea11-a810-000d3a31c867"
        ]
    );
    assert!(brought(("sol", "1.5")).is_empty());
}
