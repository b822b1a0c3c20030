//! What each kind of record of Power Platform becomes, with the gotchas of `formats.md` §4.1.

use std::path::PathBuf;

use pal_import::outside::{Context, Dates, inputs, read};
use pal_rules::id::Id;
use pal_rules::time::Timestamp;

use super::outside_audit::context;

/// The context of a snapshot taken on 1 March.
pub(crate) fn snapshot() -> Context {
    Context {
        as_of: Timestamp::parse("2026-03-01T00:00:00Z"),
        tenant: Some(Id::new("11111111-0000-4000-8000-000000000001")),
        ..context()
    }
}

/// What files yield, one thing a line, sorted: facts, days covered, reasons, warnings.
pub(crate) fn yields(paths: &[PathBuf], context: &Context) -> String {
    let mut lines = Vec::new();
    for input in inputs(paths).unwrap() {
        let take = &mut |taken: pal_import::outside::Taken| {
            lines.extend(taken.rows.iter().map(|(table, row)| {
                let cells: Vec<String> = row.values().iter().map(pal_rules::facts::Value::text).collect();
                format!("{}: {}", table.name(), cells.join(","))
            }));
        };
        let (account, covered) = read(&input, None, context, take);
        lines.extend(covered.iter().map(|covered| {
            let (tenant, product, source) = (&covered.tenant, covered.product, covered.source);
            format!("covered: {tenant},{product},{source},{},{}", covered.actor_basis, covered.day)
        }));
        lines.extend(account.ignored.iter().map(|(reason, number)| format!("ignored {number}: {reason}")));
        lines.extend(account.refused.iter().map(|(reason, number)| format!("refused {number}: {reason}")));
        lines.extend(account.warnings.iter().map(|warning| format!("warning: {warning}")));
    }
    lines.sort();
    lines.join("\n")
}

/// What one file of this text yields, with `A`, `B`, `C`, `T` and `E` for the ids of an app, two people, the tenant and the
/// environment in both.
pub(crate) fn of(name: &str, text: &str) -> String {
    of_in(name, text, &snapshot())
}

fn of_in(name: &str, text: &str, context: &Context) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = IDS.iter().fold(text.to_owned(), |text, (short, id)| text.replace(short, id));
    std::fs::write(&path, text).unwrap();
    let top = folder.path().join(name.split('/').next().unwrap());
    let found = yields(&[top], context);
    IDS.iter().fold(found, |found, (short, id)| found.replace(id, short))
}

const IDS: [(&str, &str); 5] = [
    ("<A>", "1fb9dc99-24c8-419d-b13c-da06524b31f3"),
    ("<B>", "bec33726-2e4f-46c7-b247-29b57c4df65d"),
    ("<C>", "e5568c4f-015e-49d6-bf04-16c14301e9a3"),
    ("<T>", "99ca106f-36df-429e-9998-b6131ea7cc86"),
    ("<E>", "45631aa5-f43e-4672-959c-8dfa4f1e5ca8"),
];

fn app(kind: &str, more: &str) -> String {
    format!(
        r#"{{"value":[{{"name":"<A>","id":"/providers/Microsoft.PowerApps/scopes/admin/environments/<E>/apps/<A>",
        "appType":"{kind}","properties":{{"displayName":"X","environment":{{"name":"<E>"}},
        "owner":{{"id":"<C>","tenantId":"<T>"}},"createdBy":{{"id":"<B>"}}{more}}}}}]}}"#
    )
}

pub(crate) const OWNED: &str = "listings: 2026-03-01T00:00:00Z,<A>,owner,<C>,false";

#[test]
fn an_app_is_what_its_kind_says_and_belongs_to_its_owner() {
    for (kind, product, owned) in [
        ("ClassicCanvasApp", "power_apps_canvas", true),
        ("", "power_apps_canvas", true),
        ("ModelDrivenApp", "power_apps_model_driven", true),
        ("CustomCanvasPage", "power_apps_page", false),
        ("CanvasComponentLibrary", "power_apps_component_library", false),
        ("CodeApp", "power_apps_other", false),
    ] {
        let resource = format!("resources: <A>,{product},<T>,<E>,X,,,2026-03-01T00:00:00Z");
        let expected = if owned { format!("{OWNED}\n{resource}") } else { resource };
        assert_eq!(of("a.json", &app(kind, "")), expected, "{kind}");
    }
}

#[test]
fn the_platform_owns_nothing_and_a_date_must_be_one() {
    let system = app("", "")
        .replace("\"owner\":{\"id\":\"<C>\"", "\"owner\":{\"id\":\"00000000-0000-0000-0000-5157eaa02fcd\"");
    assert_eq!(of("a.json", &system), "resources: <A>,power_apps_canvas,<T>,<E>,X,,,2026-03-01T00:00:00Z");
    let local = app("", ",\"createdTime\":\"10/25/2025 9:28:14 PM\"");
    assert_eq!(
        of("a.json", &local),
        "refused 1: a time of the record is a local date, or none between 2015 and tomorrow: say with `--dates` how it is written"
    );
    let said = Context { dates: Some(Dates { day_first: false, zone_minutes: 60 }), ..snapshot() };
    let found = of_in("a.json", &local, &said);
    assert!(found.contains(",X,2025-10-25T20:28:14Z,,"), "{found}");
    // The path is right where the name differs, and where the record names no environment.
    let differs = app("", "")
        .replace("\"name\":\"<A>\"", "\"name\":\"<B>\"")
        .replace("\"environment\":{\"name\":\"<E>\"},", "");
    assert_eq!(
        of("a.json", &differs),
        format!("{OWNED}\nresources: <A>,power_apps_canvas,<T>,<E>,X,,,2026-03-01T00:00:00Z")
    );
}

#[test]
fn a_declared_start_is_listed_beside_the_snapshot() {
    let since = Context { assume_since: Timestamp::parse("2025-12-01T00:00:00Z"), ..snapshot() };
    let found = of_in("a.json", &app("", ""), &since);
    assert!(found.starts_with(&format!("{}\n{OWNED}\n", OWNED.replace("2026-03", "2025-12"))), "{found}");
    let environment = r#"{"value":[{"name":"<E>","properties":{"tenantId":"<T>","displayName":"P","environmentSku":"Trial"}}]}"#;
    assert_eq!(
        of_in("a.json", environment, &since),
        "environments: <E>,<T>,P,trial,2025-12-01T00:00:00Z,2026-03-01T00:00:00Z"
    );
}

#[test]
fn a_co_owner_is_dated_where_the_permission_is() {
    let permission = |role: &str, kind: &str, created: &str| {
        let text = format!(
            r#"[{{"name":"<B>","id":"/providers/Microsoft.PowerApps/apps/<A>/permissions/<B>","properties":{{
            "roleName":"{role}","principal":{{"id":"<B>","type":"{kind}"}}{created}}}}}]"#
        );
        of("a.json", &text)
    };
    let created = r#","createdOn":"2026-02-03T04:05:06.1234567Z""#;
    let dated = "ownership: permission:<A>:<B>:2026-02-03T04:05:06.123456Z,<A>,co_owner_added,<B>,2026-02-03T04:05:06.123456Z";
    assert_eq!(permission("CanEdit", "User", created), dated);
    assert_eq!(permission("CanEdit", "Group", created), dated);
    assert_eq!(permission("CanEdit", "User", ""), "listings: 2026-03-01T00:00:00Z,<A>,co_owner,<B>,false");
    assert_eq!(permission("Owner", "User", created), "listings: 2026-03-01T00:00:00Z,<A>,owner,<B>,false");
    assert_eq!(
        permission("CanEdit", "Tenant", created),
        "ignored 1: shared with the whole tenant, which is no person"
    );
    assert_eq!(permission("CanViewWithShare", "User", created), "ignored 1: role CanViewWithShare");
}

#[test]
fn a_flow_belongs_to_its_creator_and_its_runs_to_nobody() {
    let path = "/providers/Microsoft.ProcessSimple/environments/Default-<T>/flows/<A>";
    let flow = format!(
        r#"{{"value":[{{"name":"<A>","id":"{path}","properties":{{"displayName":"F","state":"Started",
        "createdTime":"2025-10-25T21:28:14.2122305Z","workflowEntityId":"751183FC-db68-ea11-a811-000d3a31cf04",
        "creator":{{"objectId":"<C>","userType":"ActiveDirectory"}}}}}}]}}"#
    );
    assert_eq!(
        of("a.json", &flow),
        format!(
            "aliases: <T>,resource,name:default-<T>/751183fc-db68-ea11-a811-000d3a31cf04,<A>,,\n{OWNED}\n\
             resources: <A>,power_automate,<T>,default-<T>,F,2025-10-25T21:28:14.21223Z,,2026-03-01T00:00:00Z"
        )
    );
    let owner = format!(
        r#"[{{"id":"{path}/permissions/<B>","properties":{{"roleName":"CanEdit","principal":{{"id":"<B>"}}}}}}]"#
    );
    assert_eq!(of("a.json", &owner), "ignored 1: co-owners of flows never count: the creator does");
    let run = |name: &str, day: u8, status: &str| {
        format!(
            r#"{{"id":"{path}/runs/{name}","properties":{{"startTime":"2026-02-0{day}T10:00:00Z","status":"{status}"}}}}"#
        )
    };
    let runs = [
        run("1", 3, "Succeeded"),
        run("2", 3, "Succeeded"),
        run("2", 3, "Succeeded"),
        run("3", 3, "Failed"),
        run("4", 4, "Succeeded"),
    ];
    assert_eq!(
        of("a.json", &format!("[{}]", runs.join(","))),
        "covered: <T>,power_automate,power-platform,runs_only,2026-02-03\n\
         covered: <T>,power_automate,power-platform,runs_only,2026-02-04\n\
         runs: <A>,2026-02-03,Failed,1\nruns: <A>,2026-02-03,Succeeded,1\nruns: <A>,2026-02-03,Succeeded,2\nruns: <A>,2026-02-04,Succeeded,1"
    );
}

#[test]
fn an_environment_has_a_kind_since_it_was_seen() {
    let environment = |sku: &str| {
        let text = format!(
            r#"{{"value":[{{"name":"<E>","properties":{{"tenantId":"<T>","displayName":"P","environmentSku":"{sku}",
            "linkedEnvironmentMetadata":{{"instanceUrl":"https://Org.crm4.dynamics.com/"}}}}}}]}}"#
        );
        of("a.json", &text)
    };
    for (sku, kind) in [
        ("Production", "production"),
        ("Sandbox", "sandbox"),
        ("Developer", "developer"),
        ("SubscriptionBasedTrial", "trial"),
        ("Teams", "teams"),
        ("Default", "default"),
    ] {
        assert_eq!(
            environment(sku),
            format!(
                "aliases: <T>,environment,url:org.crm4.dynamics.com,<E>,,\n\
                 environments: <E>,<T>,P,{kind},2026-03-01T00:00:00Z,2026-03-01T00:00:00Z"
            )
        );
    }
    assert_eq!(environment("Platform"), "refused 1: the kind of the environment is none that is known");
}

#[test]
fn a_cell_with_an_object_is_read_though_names_hold_its_separator() {
    let apps = "#TYPE X\n\"AppName\",\"DisplayName\",\"Owner\",\"EnvironmentName\"\n\
        \"<A>\",\"X\",\"@{displayName=Doe; John; and = Co; id=<C>; email=; tenantId=<T>}\",\"<E>\"\n";
    assert_eq!(
        of("a.csv", apps),
        format!("{OWNED}\nresources: <A>,power_apps_canvas,<T>,<E>,X,,,2026-03-01T00:00:00Z")
    );
    let json = r#"[{"AppName":"<A>","DisplayName":"X","Owner":{"id":"<C>","tenantId":"<T>"},"EnvironmentName":"<E>"}]"#;
    assert_eq!(of("a.json", json), of("a.csv", apps));
    let page = apps
        .replace("\"EnvironmentName\"\n", "\"EnvironmentName\",\"Internal\"\n")
        .replace(",\"<E>\"\n", ",\"<E>\",\"@{id=x; appType=CustomCanvasPage; properties=}\"\n");
    assert_eq!(of("a.csv", &page), "resources: <A>,power_apps_page,<T>,<E>,X,,,2026-03-01T00:00:00Z");
    let flows = "FlowName,Enabled,DisplayName,CreatedTime,CreatedBy,LastModifiedTime,EnvironmentName,Internal\n\
        <A>,True,F,2026-02-10T08:00:11Z,\"@{tenantId=<T>; objectId=<C>; userId=<C>; userType=ActiveDirectory}\",2026-02-11T08:00:11Z,<E>,@{}\n";
    assert_eq!(
        of("a.csv", flows),
        format!(
            "{OWNED}\nresources: <A>,power_automate,<T>,<E>,F,2026-02-10T08:00:11Z,,2026-02-11T08:00:11Z"
        )
    );
    let environments = "EnvironmentName,DisplayName,IsDefault,CreatedBy,LastModifiedTime,EnvironmentType\n\
        <E>,P,False,@{id=<C>; tenantId=<T>},2026-02-11T08:00:11Z,Sandbox\n";
    assert_eq!(
        of("a.csv", environments),
        "environments: <E>,<T>,P,sandbox,2026-03-01T00:00:00Z,2026-02-11T08:00:11Z"
    );
    let json = r#"[{"EnvironmentName":"<E>","DisplayName":"P","CreatedBy":{"id":"<C>"},"EnvironmentType":"Sandbox","Internal":
        {"properties":{"tenantId":"<T>","linkedEnvironmentMetadata":{"instanceUrl":"https://org.crm.dynamics.com"}}}}]"#;
    assert_eq!(
        of("a.json", json),
        "aliases: <T>,environment,url:org.crm.dynamics.com,<E>,,\n\
         environments: <E>,<T>,P,sandbox,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z"
    );
    let role = |kind: &str, role: &str| {
        let header = "RoleId,RoleName,PrincipalObjectId,PrincipalType,RoleType,AppName,EnvironmentName\n";
        of("a.csv", &format!("{header}x,CanEdit,<B>,{kind},{role},<A>,<E>\n"))
    };
    assert_eq!(role("Group", "CanEdit"), "listings: 2026-03-01T00:00:00Z,<A>,co_owner,<B>,false");
    assert_eq!(role("User", "CanView"), "ignored 1: role CanView");
    let environment =
        "RoleId,RoleName,PrincipalObjectId,PrincipalType,EnvironmentName\nx,Environment Admin,<B>,User,<E>\n";
    assert_eq!(of("a.csv", environment), "ignored 1: a role in an environment owns no app");
}

/// A list of permissions that is declared to be whole says who else is no co-owner.
#[test]
fn a_whole_list_of_permissions_is_complete() {
    let permission = |role: &str, who: &str, more: &str| {
        format!(
            r#"{{"name":"p","id":"/providers/Microsoft.PowerApps/scopes/admin/environments/<E>/apps/<A>/permissions/{who}","properties":{{"roleName":"{role}","principal":{{"id":"{who}","type":"User"}}{more}}}}}"#
        )
    };
    let whole =
        Context { complete: true, assume_since: Timestamp::parse("2026-01-01T00:00:00Z"), ..snapshot() };
    let of = |permissions: &[String]| {
        of_in("a.json", &format!(r#"{{"value":[{}]}}"#, permissions.join(",")), &whole)
    };
    let owner = permission("Owner", "<C>", "");
    let listed = "listings: 2026-01-01T00:00:00Z,<A>,owner,<C>,false\nlistings: 2026-03-01T00:00:00Z,<A>,co_owner,,true\n\
                  listings: 2026-03-01T00:00:00Z,<A>,owner,<C>,false";
    assert_eq!(of(std::slice::from_ref(&owner)), listed);
    // Since when somebody is a co-owner does not matter for that.
    let dated = of(&[permission("CanEdit", "<B>", r#","createdOn":"2026-02-10T08:00:11Z""#)]);
    assert!(dated.contains("listings: 2026-03-01T00:00:00Z,<A>,co_owner,<B>,true"), "{dated}");
    assert!(dated.contains("ownership: ") && !dated.contains("false"), "{dated}");
    let undated = of(&[permission("CanEdit", "<B>", "")]);
    assert_eq!(
        undated,
        "listings: 2026-01-01T00:00:00Z,<A>,co_owner,<B>,false\nlistings: 2026-03-01T00:00:00Z,<A>,co_owner,<B>,true"
    );
    assert_eq!(of(&[permission("CanView", "<B>", "")]), "ignored 1: role CanView");
}
