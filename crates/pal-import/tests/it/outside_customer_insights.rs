//! What Customer Insights' answers and logs become.

use pal_import::outside::Context;
use pal_rules::id::Id;
use serde_json::{Value, json};

use super::outside_audit::{becomes, context};

const INSTANCE: &str = "c1000000-0000-4000-8000-000000000001";
const CALLER: &str = "e5568c4f-015e-49d6-bf04-16c14301e9a3";
const TENANT: &str = "99ca106f-36df-429e-9998-b6131ea7cc86";

fn gives(record: &Value, expected: &[&str]) {
    let declared = Context { tenant: Some(Id::new(TENANT)), ..context() };
    let lines = becomes(&record.to_string(), &declared).into_iter();
    let found: Vec<String> = lines
        .map(|line| line.replace(INSTANCE, "I").replace(CALLER, "CALLER").replace(TENANT, "T"))
        .map(|line| line.replace("2026-03-06T12:00:00Z", "NOW"))
        .collect();
    assert_eq!(found, expected, "{record}");
}

#[test]
fn an_instance_lives_in_its_dataverse_environment_or_is_one() {
    let instance = |kind: &str, organisation: Value| {
        json!([{
            "instanceId": INSTANCE, "name": "CI", "instanceType": kind, "cdsOrgInfo": organisation,
            "createdUtc": "2025-05-01T00:00:00Z", "updatedUtc": "2026-01-01T00:00:00Z",
        }])
    };
    let organisation = json!({"friendlyName": "Prod", "url": "https://contoso.crm.dynamics.com/"});
    gives(
        &instance("production", organisation),
        &[
            "environments: url:contoso.crm.dynamics.com,T,Prod,production,NOW,2026-01-01T00:00:00Z",
            "resources: I,customer_insights,T,url:contoso.crm.dynamics.com,CI,2025-05-01T00:00:00Z,,2026-01-01T00:00:00Z",
        ],
    );
    for (kind, word) in [("sandbox", "sandbox"), ("trial", "trial"), ("pitchDemo", "trial"), ("pov", "trial")]
    {
        gives(
            &instance(kind, Value::Null),
            &[
                &format!("environments: I,T,CI,{word},NOW,2026-01-01T00:00:00Z"),
                "resources: I,customer_insights,T,I,CI,2025-05-01T00:00:00Z,,2026-01-01T00:00:00Z",
            ],
        );
    }
}

#[test]
fn profiles_are_those_of_the_half_that_can_be_asked() {
    let half = |state: &str, rows: u64| json!({"currentState": state, "rowCount": rows});
    let store = |first: Value, second: Value| {
        json!({
            "ingestionTime": "2026-02-10T02:00:00Z", "instanceId": INSTANCE, "primaryInfo": first,
            "secondaryInfo": second,
        })
    };
    gives(&store(half("queryable", 7), half("empty", 0)), &["profiles: I,2026-02-10T02:00:00Z,7"]);
    gives(&store(half("inBuild", 7), half("queryable", 5)), &["profiles: I,2026-02-10T02:00:00Z,5"]);
    gives(
        &store(half("inBuild", 7), half("empty", 0)),
        &["ignored 1: a profile store that cannot be asked yet"],
    );
}

#[test]
fn a_call_is_activity_and_nothing_else_is() {
    let line = |properties: Value, result: &str| {
        json!({
            "time": "2026-02-10T09:00:00.1234567Z", "operationName": "Get", "resultType": result,
            "resourceId": "/SUBSCRIPTIONS/X/PROVIDERS/MICROSOFT.D365CUSTOMERINSIGHTS/INSTANCES/C1000000-0000-4000-8000-000000000001",
            "properties": properties,
        })
    };
    let call = |changes: Value| {
        let mut call = json!({"eventType": "ApiEvent", "tenantId": TENANT, "callerObjectId": CALLER});
        call.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        call
    };
    let used = "activity: 2026-02-10T09:00:00.123456Z,T,I,CALLER,use";
    gives(&line(call(json!({"instanceId": INSTANCE})), "Success"), &[used]);
    gives(&line(call(json!({})), "Success"), &[used]);
    gives(&line(call(json!({})), "Failure"), &["ignored 1: a call that failed"]);
    gives(
        &line(call(json!({"callerObjectId": null})), "Success"),
        &["ignored 1: a call that names no caller"],
    );
    let workflow = |kind: &str| json!({"eventType": "WorkflowEvent", "workflowSubmissionKind": kind, "instanceId": INSTANCE});
    gives(&line(workflow("Scheduled"), "Success"), &["ignored 1: a scheduled workflow"]);
    gives(
        &line(workflow("OnDemand"), "Success"),
        &["ignored 1: a workflow; the call that started it counts"],
    );
    let role =
        json!([{"principalId": CALLER, "principalType": "user", "roles": ["admin"], "instanceId": INSTANCE}]);
    gives(&role, &["ignored 1: a role, not activity"]);
    let row = json!({
        "TimeGenerated": "2026-02-10T09:00:00.1234567Z", "OperationName": "Get", "EventType": "ApiEvent",
        "InstanceId": INSTANCE, "CallerObjectId": CALLER, "TenantId": "aaaaaaaa-0000-4000-8000-000000000001",
    });
    gives(&row, &[used]);
}
