//! What the Data Lake export and the tables of the Starter Kit become (`formats.md` §4.3, §4.5).

use super::outside_power_platform::of;

const CANVAS: &str = "covered: <T>,power_apps_canvas,data-lake,observed,2026-02-03";
const MODEL: &str = "covered: <T>,power_apps_model_driven,data-lake,observed,2026-02-03";

#[test]
fn use_of_an_app_is_read_in_every_spelling() {
    let used = |at: &str| format!("activity: {at},<T>,<A>,<C>,use\n{CANVAS}\n{MODEL}");
    let lines = r#"{"appId":"<A>","tenantGuid":"<T>","objectId":"<C>","timeAccessed":"2026-02-03T07:31:00Z","sessionId":"1"}"#;
    assert_eq!(of("a.json", lines), used("2026-02-03T07:31:00Z"));
    let upper =
        r#"{"APPNAME":"{<A>}","TENANTID":"<T>","OBJECTID":"<C>","TIMEACCESSED":"2026-02-03T07:31:00"}"#;
    assert_eq!(of("a.json", upper), used("2026-02-03T07:31:00Z"));
    // Without a time of its own a record is of the day of its folder.
    let undated = r#"{"appId":"<A>","tenantId":"<T>","objectId":"<C>","sessionId":"1"}"#;
    for name in ["lake/usage/2026-02-03/part-0.json", "lake/2026/02/03/2026-02-28.json"] {
        assert_eq!(of(name, undated), used("2026-02-03T00:00:00Z"), "{name}");
    }
    assert_eq!(
        of("lake/usage/2026-02-28.json", undated),
        "refused 1: the record has no time, and no folder names a day: import the folder as it was exported"
    );
    let nobody = undated.replace("\"<C>\"", "\"\"");
    assert_eq!(of("lake/2026-02-03/a.json", &nobody), "ignored 1: nobody is named as the user");
}

#[test]
fn flow_usage_counts_runs_and_names_nobody() {
    let line = |runs: &str| {
        format!(
            r#"{{"tenantId":"<T>","environmentId":"<E>","resourceId":"<A>","timeAccessed":"2026-02-03T00:00:00Z","status":"Failed","runs":{runs}}}"#
        )
    };
    let expected =
        "covered: <T>,power_automate,data-lake,runs_only,2026-02-03\nruns: <A>,2026-02-03,Failed,41";
    assert_eq!(of("a.json", &line("41")), expected);
    assert_eq!(of("a.json", &line("\"41\"")), expected);
    assert_eq!(of("a.json", &line("-1")), "refused 1: `runs` is no number of runs");
}

#[test]
fn a_creator_is_listed_at_the_time_of_creation() {
    let app = r#"{"resourceId":"<A>","tenantId":"<T>","environmentId":"<E>","subType":"Canvas","name":"X","owner":"A name",
        "createdTime":"2025-10-25T21:28:14Z","createdPrincipalId":"<C>","lastModifiedTime":"2026-01-05T00:00:00Z","deletedTime":"2026-02-05T00:00:00Z"}"#;
    let listed = "listings: 2025-10-25T21:28:14Z,<A>,owner,<C>,false";
    assert_eq!(
        of("a.json", app),
        format!(
            "{listed}\nresources: <A>,power_apps_canvas,<T>,,,,2026-02-05T00:00:00Z,2026-02-05T00:00:00Z\n\
             resources: <A>,power_apps_canvas,<T>,<E>,X,2025-10-25T21:28:14Z,,2026-01-05T00:00:00Z"
        )
    );
    let flow = r#"{"resourceId":"<A>","tenantId":"<T>","environmentId":"<E>","type":"Flow","name":"X",
        "events_created_timestamp":"2025-10-25T21:28:14Z","events_created_principalId":"<C>","events_lastModified_timestamp":"2026-01-05T00:00:00Z"}"#;
    assert_eq!(
        of("a.json", flow),
        format!(
            "{listed}\nresources: <A>,power_automate,<T>,<E>,X,2025-10-25T21:28:14Z,,2026-01-05T00:00:00Z"
        )
    );
    let unknown = app.replace("Canvas", "Else");
    assert_eq!(
        of("a.json", &unknown),
        "refused 1: `subType` is neither Canvas, Model, Pages nor a component library"
    );
}

#[test]
fn an_environment_of_the_lake_changes_when_its_row_does() {
    let line = r#"{"environmentName":"<E>","tenantGuid":"<T>","environmentState":"Ready","environmentType":"Production","isDefault":"False","cdsInstanceUrl":"https://org.crm.dynamics.com/","modifiedTime":"2026-01-05T00:00:00Z"}"#;
    assert_eq!(
        of("a.json", line),
        "aliases: <T>,environment,url:org.crm.dynamics.com,<E>,,\n\
         environments: <E>,<T>,<E>,production,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z"
    );
    let named = r#"{"Environmentid":"Default-<T>","name":"P","tenantGuid":"<T>","Environmentstate":"Enabled","environmenttype":"Production","isDefault":"True","lastModifiedTime":"2026-01-05T00:00:00Z"}"#;
    assert_eq!(
        of("a.json", named),
        "environments: default-<T>,<T>,P,default,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z"
    );
    let display = line.replace("\"<E>\"", "\"P\"");
    assert_eq!(of("a.json", &display), "refused 1: the record does not say which environment");
    let connection = r#"{"resourceId":"<A>","connectionRefId":"<B>","environmentId":"<E>","tier":"Premium"}"#;
    assert_eq!(of("a.json", connection), "ignored 1: a connection is no app and no flow");
}

#[test]
fn tables_of_the_starter_kit_are_listings_of_their_own_time() {
    let tenant = "11111111-0000-4000-8000-000000000001";
    let apps = "admin_appid,admin_displayname,admin_appowner,admin_appenvironmentid,admin_appcreatedon,admin_appmodifiedon,admin_powerappstype,modifiedon\n\
        <A>,X,<C>,Default-<T>,2025-10-25T21:28:14Z,2026-01-05T00:00:00Z,Canvas,2026-02-02T00:00:00Z\n";
    assert_eq!(
        of("a.csv", apps),
        "listings: 2026-02-02T00:00:00Z,<A>,owner,<C>,false\n\
         resources: <A>,power_apps_canvas,<T>,default-<T>,X,2025-10-25T21:28:14Z,,2026-01-05T00:00:00Z"
    );
    let numbered = r#"{"value":[{"admin_appid":"<A>","admin_powerappstype":597910001,"admin_powerappstype@OData.Community.Display.V1.FormattedValue":"Model Driven","_admin_appowner_value":"<C>","admin_appenvironmentid":"<E>"}]}"#;
    assert_eq!(
        of("a.json", numbered),
        format!(
            "listings: 2026-03-01T00:00:00Z,<A>,owner,<C>,false\n\
             resources: <A>,power_apps_model_driven,{tenant},<E>,,,,2026-03-01T00:00:00Z"
        )
    );
    // The member that is named after a name holds the object id.
    let flows = "admin_flowid,admin_displayname,admin_flowcreatorupn,admin_flowenvironmentid,admin_workflowentityid\n<A>,F,<C>,<E>,<B>\n";
    assert_eq!(
        of("a.csv", flows),
        format!(
            "aliases: {tenant},resource,name:<E>/<B>,<A>,,\nlistings: 2026-03-01T00:00:00Z,<A>,owner,<C>,false\n\
             resources: <A>,power_automate,{tenant},<E>,F,,,2026-03-01T00:00:00Z"
        )
    );
    let makers = "admin_makerid,admin_userprincipalname\n<C>,Me@B.example\n<B>,\n";
    assert_eq!(
        of("a.csv", makers),
        format!(
            "aliases: {tenant},principal,upn:me@b.example,<C>,,\nignored 1: a maker without a name of its own"
        )
    );
    let audit = "admin_auditlogid,admin_creationtime,admin_operation,admin_appid,admin_userupn\n\
        1,2026-02-03T07:31:00Z,LaunchPowerApp,<A>,Me@B.example\n2,2026-02-03T07:31:01Z,CreatePowerApp,<A>,Me@B.example\n3,2026-02-03T07:31:01Z,DeletePowerApp,<A>,x\n";
    assert_eq!(
        of("a.csv", audit),
        format!(
            "activity: 2026-02-03T07:31:00Z,{tenant},<A>,upn:me@b.example,use\n\
             activity: 2026-02-03T07:31:01Z,{tenant},<A>,upn:me@b.example,make\n\
             covered: {tenant},power_apps_canvas,power-platform,observed,2026-02-03\nignored 1: operation DeletePowerApp"
        )
    );
}
