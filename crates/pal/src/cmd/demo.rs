//! `pal demo`: a sample world, loaded, closed and explained.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pal_rules::evidence::{Evidence, LossFact};
use pal_rules::facts::Facts;
use pal_rules::id::PartnerId;
use pal_rules::names::Names;
use pal_rules::statement::{Outcome as LineOutcome, Rollup};
use pal_rules::time::{Month, Timestamp};
use pal_store::workspace::Workspace;

use super::close::close_months;
use super::import::import_facts;
use crate::cli::{Demo, Months, Reading};
use crate::exit::{Exit, Failure, Outcome};
use crate::render::{Table, draw, say, tell};
use crate::shell::{Shell, workspace_failure};
use crate::stored::{closing, credited_before, evidence, facts, judge_months};
use crate::{cmd::explain, view};

/// The sample world; `examples/README.md` tells its stories.
const WORLD: [(&str, &str); 16] = [
    ("activity.csv", include_str!("../../../../examples/demo-world/activity.csv")),
    ("aliases.csv", include_str!("../../../../examples/demo-world/aliases.csv")),
    ("coverage.csv", include_str!("../../../../examples/demo-world/coverage.csv")),
    ("environments.csv", include_str!("../../../../examples/demo-world/environments.csv")),
    ("group_members.csv", include_str!("../../../../examples/demo-world/group_members.csv")),
    ("links.csv", include_str!("../../../../examples/demo-world/links.csv")),
    ("listings.csv", include_str!("../../../../examples/demo-world/listings.csv")),
    ("ownership.csv", include_str!("../../../../examples/demo-world/ownership.csv")),
    ("partners.csv", include_str!("../../../../examples/demo-world/partners.csv")),
    ("principals.csv", include_str!("../../../../examples/demo-world/principals.csv")),
    ("profiles.csv", include_str!("../../../../examples/demo-world/profiles.csv")),
    ("resources.csv", include_str!("../../../../examples/demo-world/resources.csv")),
    ("runs.csv", include_str!("../../../../examples/demo-world/runs.csv")),
    ("solution_components.csv", include_str!("../../../../examples/demo-world/solution_components.csv")),
    ("solution_imports.csv", include_str!("../../../../examples/demo-world/solution_imports.csv")),
    ("tenants.csv", include_str!("../../../../examples/demo-world/tenants.csv")),
];

/// Says that a folder is a demo's own, and may be made anew.
const MARK: &str = ".pal-demo";

/// The company whose eyes the demo looks through.
const OWN_COMPANY: &str = "6000100";

/// The resource that is explained in full.
const EXPLAINED: &str = "Customs Papers";

pub(crate) fn run(demo: &Demo, shell: &Shell) -> Outcome {
    let shell = Shell { data: demo.folder.clone(), now: after_the_world, ..shell.clone() };
    let facts_folder = lay_out(&demo.folder)?;
    tell(format!("data: {}", demo.folder.display()));
    let mut workspace = Workspace::init(&demo.folder).map_err(workspace_failure)?;
    let reading = Reading { allow_refused: 0, assume_utc: false };
    import_facts(&mut workspace, &facts_folder, &reading, &shell)?;
    let months = world_months()?;
    close_months(&mut workspace, &months, &shell)?;
    say(&report(&workspace, &months, demo, &shell)?)?;
    Ok(Exit::Ok)
}

/// The demo's clock: its world ends with October 2026, whatever day it is.
fn after_the_world() -> Timestamp {
    Timestamp::parse("2026-11-02T06:00:00Z").unwrap_or(Timestamp::MIN)
}

fn world_months() -> Result<Months, Failure> {
    let month = |text| Month::parse(text).context("a month of the demo");
    Ok(Months { first: month("2025-09")?, last: month("2026-10")?, range: true })
}

/// Makes the demo's folder anew and writes the sample world into it.
fn lay_out(folder: &Path) -> Result<PathBuf, Failure> {
    if folder.exists() {
        if !folder.join(MARK).exists() {
            return Err(Failure::new(
                Exit::Conflict,
                format!("`{}` is there already and is no demo's", folder.display()),
                "name another with `--folder DIR`",
            ));
        }
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    let facts = folder.join("facts");
    fs::create_dir_all(&facts).with_context(|| format!("cannot make `{}`", facts.display()))?;
    fs::write(folder.join(MARK), "made by `pal demo`; removed by the next one\n")?;
    for (name, text) in WORLD {
        fs::write(facts.join(name), text).with_context(|| format!("cannot write `{name}`"))?;
    }
    Ok(facts)
}

fn report(workspace: &Workspace, months: &Months, demo: &Demo, shell: &Shell) -> Result<String, Failure> {
    let facts = facts(workspace)?;
    let month = months.last;
    let own = PartnerId::new(OWN_COMPANY).context("the demo's own company")?;
    let windows = months
        .each()
        .map(|month| super::attribute::window(month, None))
        .collect::<Result<Vec<_>, Failure>>()?;
    let judged =
        judge_months(workspace, &windows, pal_rules::facts::LinksFrom::default(), &mut shell.progress())?;
    let all = evidence(&closing(workspace, month, None)?)?;
    let names = Names(&facts);
    let mut text = format!(
        "\n{} through the months: distinct monthly active users that count for programs\n\n",
        names.partner(own)
    );
    let company: Vec<&Rollup> = judged.statements.iter().flat_map(|statement| &statement.company).collect();
    text.push_str(&chart(&company, own, months));
    text.push_str(&format!("\nWho is credited for what in {month}, per partner, customer and workload\n\n"));
    if let Some(statement) = judged.statements.last() {
        let table = crate::output_files::rollup_table(&statement.rollup);
        text.push_str(&draw(&view::rollup_names(&table, names)));
    }
    text.push_str(&format!("\nWhat {} lost in {month}, and why\n\n", names.partner(own)));
    text.push_str(&draw(&losses(workspace, &facts, &all, own, month)?));
    text.push_str(&explained(workspace, &facts, &all, month)?);
    text.push_str(&next_commands(demo, month));
    Ok(text)
}

/// Distinct users per month as bars: workloads and customers added up.
fn chart(company: &[&Rollup], own: PartnerId, months: &Months) -> String {
    let of = |month: Month| -> u64 {
        let rows = company.iter().filter(|row| row.month == month && row.partner == own);
        rows.map(|row| row.eligible_mau_distinct).sum()
    };
    let most = months.each().map(of).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for month in months.each() {
        let users = of(month);
        let bar: String = (0..users * 50 / most).map(|_| '█').collect();
        text.push_str(&format!("  {month}  {users:>5}  {bar}\n"));
    }
    text
}

/// The lines that could be the company's and are not credited to it; a customer's own apps are nobody's loss.
fn losses(
    workspace: &Workspace,
    facts: &Facts,
    all: &[Evidence],
    own: PartnerId,
    month: Month,
) -> Result<Table, Failure> {
    let names = Names(facts);
    let mut before = credited_before(workspace, month)?;
    let mut table = Table::new(["resource", "customer", "lost", "went to", "reason", "whose it could be"]);
    for evidence in all {
        let line = evidence.line();
        let credited_before = before.remove(&line.resource).unwrap_or_default();
        let own_line = line.credit().is_some_and(|credit| credit.company == own);
        let lost = evidence.lost_to(&credited_before);
        let Some(loss) = lost.iter().find(|loss| facts.company(loss.partner) == own).filter(|_| !own_line)
        else {
            continue;
        };
        let (went_to, reason) = match &line.outcome {
            LineOutcome::Credited(credit) => (names.partner(credit.partner), "latest partner".to_owned()),
            LineOutcome::Uncredited(reason) => ("nobody".to_owned(), reason.to_string()),
        };
        let because = match &loss.because {
            LossFact::CreditedBefore { month, .. } => format!("credited in {month}"),
            LossFact::Involved { object, at, .. } => {
                format!("{}, at {at}", names.principal(&line.tenant, object))
            }
        };
        let quantity = evidence.shown_quantity();
        table.rows.push(vec![
            names.resource(&line.resource),
            names.tenant(&line.tenant),
            quantity,
            went_to,
            reason,
            because,
        ]);
    }
    Ok(table)
}

fn explained(
    workspace: &Workspace,
    facts: &Facts,
    all: &[Evidence],
    month: Month,
) -> Result<String, Failure> {
    let named =
        |evidence: &&Evidence| Names(facts).resource(&evidence.subject.resource).starts_with(EXPLAINED);
    let evidence = all.iter().find(named).context("the resource that the demo explains")?;
    let before = credited_before(workspace, month)?.remove(&evidence.subject.resource).unwrap_or_default();
    let answer = explain::answer(evidence, facts, &before, Some(1))?;
    let name = Names(facts).resource(&evidence.subject.resource);
    Ok(format!("\nOne line explained: {name}, {month}\n\n{}", answer.view))
}

fn next_commands(demo: &Demo, month: Month) -> String {
    let data = demo.folder.display();
    format!(
        "\nTry next\n\n  \
         pal --data {data} statement compare {} {month} --by cause\n  \
         pal --data {data} explain \"Dock Scheduling\" --month {month}\n  \
         pal attribute {data}/facts --month {month} --out statement/ --names\n\n\
         All of this is our reading of Microsoft's page; only Partner Center says what is recognised.\n",
        month.previous()
    )
}
