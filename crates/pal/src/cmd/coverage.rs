//! `pal coverage`: of which days there is data, what is missing, and until when that can still be fetched.

use std::collections::{BTreeMap, BTreeSet};

use pal_import::outside::{Source, reach};
use pal_rules::facts::{self, Facts, Table};
use pal_rules::gaps::{Fetch, Have, Run, SOON_DAYS, Series, Told, series};
use pal_rules::id::TenantId;
use pal_rules::names::Names;
use pal_rules::time::{Day, Timestamp};
use pal_rules::word::Product;
use pal_store::workspace::Workspace;
use serde_json::Value;

use crate::cli::Coverage;
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Answer, Items, draw, object, tell};
use crate::shell::{Shell, workspace_failure};
use crate::stored::facts;

/// How many things to fetch are told; the answer has all of them.
const TOLD: usize = 12;

pub(crate) fn run(coverage: &Coverage, shell: &Shell) -> Outcome {
    let workspace = shell.read()?;
    let facts = facts(&workspace, shell)?;
    let (now, names) = (shell.now(), Names(&facts));
    let told = told(&workspace)?;
    let wanted = Wanted { coverage, names };
    let mut found = series(&told, &reach, coverage.month, now);
    found.retain(|series| wanted.is(&series.tenant, &series.product, Some(&series.source)));
    let mut silent = silent(&facts, &told);
    silent.retain(|(tenant, product), _| wanted.is(tenant, product, None));
    if found.is_empty() && silent.is_empty() && wanted.is_limited() {
        return Err(Failure::new(
            Exit::NotFound,
            "there is no data of what was asked for",
            "`pal coverage` without filters shows all there is",
        ));
    }
    if told.is_empty() {
        tell("warning: nothing imported so far tells of which days it has data");
    }
    let missed = tell_missing(&found, names, now);
    for ((tenant, product), resources) in &silent {
        let known = if *resources == 1 { "1 resource".to_owned() } else { format!("{resources} resources") };
        tell(format!("warning: {}: no data of {product} at all, {known} known", names.tenant(tenant)));
    }
    shell.output.write(&answer(&found, &silent, names))?;
    Ok(if missed { Exit::Partial } else { Exit::Ok })
}

/// What was asked for.
struct Wanted<'a> {
    coverage: &'a Coverage,
    names: Names<'a>,
}

impl Wanted<'_> {
    fn is(&self, tenant: &TenantId, product: &Product, source: Option<&str>) -> bool {
        let Coverage { tenant: of_tenant, product: of_product, source: of_source, .. } = self.coverage;
        let named = |text: &String| {
            let text = text.to_lowercase();
            tenant.to_string().to_lowercase() == text || self.names.tenant(tenant).to_lowercase() == text
        };
        of_tenant.as_ref().is_none_or(named)
            && of_product.as_ref().is_none_or(|word| word == product.as_str())
            && of_source.as_deref().is_none_or(|word| Some(word) == source)
    }

    fn is_limited(&self) -> bool {
        let Coverage { tenant, product, month, source } = self.coverage;
        tenant.is_some() || product.is_some() || month.is_some() || source.is_some()
    }
}

/// The rows of `coverage`, each with the time of the import that first brought it.
fn told(workspace: &Workspace) -> Result<Vec<Told>, Failure> {
    let imports = workspace.imports().map_err(workspace_failure)?;
    let times: BTreeMap<i64, Timestamp> = imports
        .iter()
        .filter_map(|import| Some((import.id, Timestamp::parse(&import.imported_at)?)))
        .collect();
    let rows = workspace.table_rows(Table::Coverage).map_err(workspace_failure)?;
    let told = rows.iter().filter_map(|row| {
        let ((tenant, product), coverage) = facts::Coverage::read(&row.row)?;
        let imported_at = *times.get(&row.import)?;
        Some(Told { tenant, product, coverage, imported_at })
    });
    Ok(told.collect())
}

type Silent = BTreeMap<(TenantId, Product), u64>;

/// Tenants and products of which resources are known and no data, with the number of these resources.
fn silent(facts: &Facts, told: &[Told]) -> Silent {
    let heard: BTreeSet<(&TenantId, &Product)> =
        told.iter().map(|told| (&told.tenant, &told.product)).collect();
    let mut silent = Silent::new();
    for resource in facts.resources.iter().filter(|resource| resource.deleted_at.is_none()) {
        if resource.product.workload().is_some() && !heard.contains(&(&resource.tenant, &resource.product)) {
            *silent.entry((resource.tenant.clone(), resource.product.clone())).or_default() += 1;
        }
    }
    silent
}

/// What can be fetched at once: until when; of which tenant and source; its first and last day, and how.
type Missing<'a> = (Day, String, &'a str, Day, Day, Fetch);

/// Says what to fetch, what first has to be fetched first; whether a chance is about to pass.
fn tell_missing(found: &[Series], names: Names<'_>, now: Timestamp) -> bool {
    // What is fetched from a source is about all its products.
    let mut missing: BTreeMap<Missing<'_>, BTreeSet<&Product>> = BTreeMap::new();
    let mut soon = 0;
    for series in found {
        for run in &series.runs {
            let Have::Nothing(fetch, Some(until)) = run.have else { continue };
            soon += usize::from(run.passes_soon(now));
            let key = (until, names.tenant(&series.tenant), &*series.source, run.first, run.last, fetch);
            missing.entry(key).or_default().insert(&series.product);
        }
    }
    for ((until, tenant, source, first, last, fetch), products) in missing.iter().take(TOLD) {
        let products: Vec<&str> = products.iter().map(|product| product.as_str()).collect();
        let days = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let how = how(source, *fetch);
        tell(format!("fetch by {until}: {source} of {tenant}, {days} ({}): {how}", products.join(", ")));
    }
    if missing.len() > TOLD {
        tell(format!("and {} more: `-o csv` lists all of them", missing.len() - TOLD));
    }
    if soon > 0 {
        let gaps = if soon == 1 { "1 gap".to_owned() } else { format!("{soon} gaps") };
        tell(format!(
            "warning: days of {gaps} are out of reach within {SOON_DAYS} days: fetch and import them now"
        ));
    }
    soon > 0
}

/// How what is missing is fetched from a source.
fn how(source: &str, fetch: Fetch) -> &'static str {
    match (Source::parse(source), fetch) {
        (Some(Source::Audit), Fetch::BySearch) => {
            "the interface no longer has it; purview.microsoft.com, Audit, search and export; then \
             `pal import audit FILE`"
        }
        (Some(Source::Audit), _) => {
            "the Management Activity API, content type Audit.General; then `pal import audit FILES`"
        }
        (Some(Source::PowerBi), _) => {
            "`Get-PowerBIActivityEvent` or GET admin/activityevents, day by day; then `pal import power-bi FILES`"
        }
        (Some(Source::DataLake), _) => {
            "copy the export's container (azcopy); then `pal import data-lake FOLDER`"
        }
        (Some(Source::Dataverse), _) => "GET flowruns; then `pal import dataverse FILES`",
        (Some(Source::PowerPlatform), _) => "Get-FlowRun; then `pal import power-platform FILES`",
        _ => "fetch it where it is kept, then import it",
    }
}

fn answer(found: &[Series], silent: &Silent, names: Names<'_>) -> Answer {
    let mut spans = Items::new([
        "tenant_id",
        "tenant",
        "product",
        "source",
        "actor_basis",
        "state",
        "first_day",
        "last_day",
        "days",
        "late_days",
        "fetch",
        "fetch_until",
    ]);
    let mut months = Items::new([
        "tenant_id",
        "tenant",
        "product",
        "source",
        "actor_basis",
        "month",
        "state",
        "covered_days",
        "days",
    ]);
    for series in found {
        let start = || {
            let words = [
                series.tenant.to_string(),
                names.tenant(&series.tenant),
                series.product.to_string(),
                series.source.to_string(),
                series.actor_basis.to_string(),
            ];
            words.into_iter().map(Value::from)
        };
        for run in &series.runs {
            spans.push(start().chain(span(run)).collect());
        }
        for known in &series.months {
            let cells = [
                known.month.to_string().into(),
                known.state.as_str().into(),
                known.covered_days.into(),
                known.days.into(),
            ];
            months.push(start().chain(cells).collect());
        }
    }
    let mut without = Items::new(["tenant_id", "tenant", "product", "resources"]);
    for ((tenant, product), resources) in silent {
        let (id, name) = (tenant.to_string(), names.tenant(tenant));
        without.push(vec![id.into(), name.into(), product.as_str().into(), (*resources).into()]);
    }
    let json = [("spans", spans.objects()), ("months", months.objects()), ("without", without.objects())];
    let mut view = draw(&spans.table().with_heads(SPAN_HEADS));
    if !months.is_empty() {
        view.push_str(&format!("\nMonths\n{}", draw(&months.table().with_heads(MONTH_HEADS))));
    }
    Answer { json: object(json.into_iter().collect()), items: "spans", rows: spans.table(), view }
}

const SPAN_HEADS: &[(&str, &str)] = &[
    ("tenant", "customer"),
    ("product", "product"),
    ("source", "source"),
    ("actor_basis", "persons"),
    ("state", "state"),
    ("first_day", "first day"),
    ("last_day", "last day"),
    ("days", "days"),
    ("late_days", "late"),
    ("fetch", "fetch"),
    ("fetch_until", "until"),
];

const MONTH_HEADS: &[(&str, &str)] = &[
    ("tenant", "customer"),
    ("product", "product"),
    ("source", "source"),
    ("actor_basis", "persons"),
    ("month", "month"),
    ("state", "state"),
    ("covered_days", "covered"),
    ("days", "days"),
];

/// The cells of a run of days, after those that say whose it is.
fn span(run: &Run) -> [Value; 7] {
    let (state, late, fetch) = match run.have {
        Have::Data { late_days } => ("covered", Value::from(late_days), Value::Null),
        Have::Nothing(fetch, _) => ("gap", Value::Null, fetch.as_str().into()),
    };
    let until = run.until().map_or(Value::Null, |day| day.to_string().into());
    [
        state.into(),
        run.first.to_string().into(),
        run.last.to_string().into(),
        run.days().into(),
        late,
        fetch,
        until,
    ]
}
