//! Law 4: a fact about another tenant or resource changes nothing here, nor one about a principal without a claim,
//! a use or an import here.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};

use super::{ASKED, INSTANTS, add, column, hold, pick, picked, told, worlds};
use crate::naive::Tables;
use crate::rules::{Asked, Rules};

/// What is told of things that no line is about so far.
#[derive(Clone, Copy, Debug)]
enum Stranger {
    /// Another customer, with a directory, links, an app and its use; accounts have ids that are known elsewhere.
    Tenant,
    /// Another app of a known tenant, made, co-owned and used by known accounts.
    App,
    /// An import into a known environment, of a solution with another app.
    Import,
    /// A linked account of a known tenant, in a group of its own, that has to do with nothing.
    Bystander,
    /// An environment with nothing in it.
    Environment,
    /// An alias of another tenant that is written like one in use.
    Alias,
}

/// A stranger, when it comes, and which known things it takes up.
type Told = (Stranger, usize, usize);

fn strangers() -> impl Strategy<Value = Vec<Told>> {
    let stranger = prop_oneof![
        Just(Stranger::Tenant),
        Just(Stranger::App),
        Just(Stranger::Import),
        Just(Stranger::Bystander),
        Just(Stranger::Environment),
        Just(Stranger::Alias),
    ];
    vec((stranger, pick(), pick()), 1..8)
}

#[test]
fn facts_about_others_change_no_line_here() {
    hold(120, &(worlds(), strangers()), |(world, strangers)| {
        let mut tables = world.tables();
        let before = Rules::new(&tables);
        for (number, stranger) in strangers.into_iter().enumerate() {
            tell(&mut tables, number, stranger);
        }
        let after = Rules::new(&tables);
        for asked in &ASKED[1..3] {
            assert_eq!(lines(&before, asked), lines(&after, asked), "{asked:?}");
        }
    });
}

/// Every line that is about no stranger, with its explanation.
fn lines(rules: &Rules, asked: &Asked) -> Vec<String> {
    let made = rules.attributions(asked);
    let known = made.iter().filter(|made| !made.line.resource.to_string().starts_with("stranger"));
    known.map(|made| told(rules, made)).collect()
}

fn tell(tables: &mut Tables, number: usize, (stranger, when, which): Told) {
    let at = *picked(&INSTANTS, when);
    let new = |what: &str| format!("stranger-{what}-{number}");
    let (tenant, account) = known_account(tables, which);
    match stranger {
        Stranger::Tenant => {
            let tenant = new("tenant");
            add(tables, "tenants", &[("tenant_id", &tenant), ("name", "Stranger")]);
            let person = [("tenant_id", tenant.as_str()), ("object_id", &account)];
            add(tables, "principals", &[&person[..], &[("kind", "user"), ("disabled_at", at)]].concat());
            link(tables, &tenant, &account, at);
            app(tables, &new("app"), &tenant, &account, at);
        }
        Stranger::App => app(tables, &new("app"), &tenant, &account, at),
        Stranger::Import => {
            let environment = new("environment");
            import(tables, &new("import"), &environment, &account, at);
            app(tables, &new("app"), &tenant, &account, at);
            let component = [("import_id", new("import")), ("resource_id", new("app"))];
            add(
                tables,
                "solution_components",
                &component.each_ref().map(|(name, cell)| (*name, cell.as_str())),
            );
        }
        Stranger::Bystander => {
            let (person, group) = (new("person"), new("group"));
            for (id, kind) in [(&person, "user"), (&group, "group")] {
                add(tables, "principals", &[("tenant_id", &tenant), ("object_id", id), ("kind", kind)]);
            }
            link(tables, &tenant, &person, at);
            let member = [("tenant_id", tenant.as_str()), ("group_id", &group), ("object_id", &person)];
            add(tables, "group_members", &[&member[..], &[("member_from", at)]].concat());
        }
        Stranger::Environment => {
            let id = new("environment");
            let row = [("environment_id", id.as_str()), ("tenant_id", &tenant), ("name", "Stranger")];
            add(tables, "environments", &[&row[..], &[("kind", "production")]].concat());
        }
        Stranger::Alias => {
            let known = column(tables, "aliases", "alias");
            let alias =
                known.get(which % known.len().max(1)).map_or("upn:stranger", |alias| alias).to_owned();
            let row = [("tenant_id", new("tenant")), ("kind", "principal".to_owned()), ("alias", alias)];
            let mut row: Vec<(&str, &str)> = row.iter().map(|(name, cell)| (*name, cell.as_str())).collect();
            row.push(("id", &account));
            add(tables, "aliases", &row);
        }
    }
}

/// A tenant and an account, each named somewhere, not always together.
fn known_account(tables: &Tables, which: usize) -> (String, String) {
    let (tenants, people) =
        (column(tables, "tenants", "tenant_id"), column(tables, "principals", "object_id"));
    (picked(&tenants, which / 7).to_string(), picked(&people, which).to_string())
}

fn link(tables: &mut Tables, tenant: &str, account: &str, at: &str) {
    let row = [("tenant_id", tenant), ("object_id", account), ("partner_id", "1000001"), ("linked_at", at)];
    add(tables, "links", &row);
}

/// An app with an owner that uses and makes it, and is added as co-owner.
fn app(tables: &mut Tables, id: &str, tenant: &str, account: &str, at: &str) {
    let row =
        [("resource_id", id), ("product", "power_apps_canvas"), ("tenant_id", tenant), ("name", "Other")];
    add(tables, "resources", &row);
    for kind in ["created", "co_owner_added"] {
        let event = format!("{id}-{kind}");
        let row = [("event_id", event.as_str()), ("resource_id", id), ("kind", kind), ("object_id", account)];
        add(tables, "ownership", &[&row[..], &[("occurred_at", at)]].concat());
    }
    for kind in ["use", "make"] {
        let row = [("occurred_at", at), ("tenant_id", tenant), ("resource_id", id), ("object_id", account)];
        add(tables, "activity", &[&row[..], &[("kind", kind)]].concat());
    }
}

fn import(tables: &mut Tables, id: &str, environment: &str, account: &str, at: &str) {
    let what = [("import_id", id), ("environment_id", environment), ("solution", "S"), ("version", "1")];
    let how = [("managed", "true"), ("object_id", account), ("result", "succeeded"), ("completed_at", at)];
    add(tables, "solution_imports", &[&what[..], &how].concat());
}
