//! `pal demo`: a sample world, loaded, closed and explained.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pal_rules::evidence::Evidence;
use pal_rules::facts::Facts;
use pal_rules::id::PartnerId;
use pal_rules::names::Names;
use pal_rules::time::{Month, Timestamp};
use pal_store::workspace::Workspace;
use serde_json::Value;

use super::close::close_months;
use super::explain;
use super::import::import_facts;
use crate::cli::{Demo, MachineArguments, Months, Reading};
use crate::closed_files::closed_file;
use crate::config::Origin;
use crate::exit::{Exit, Failure, Outcome};
use crate::losses::{Loser, losses};
use crate::render::{Answer, Format, Items, draw, tell};
use crate::shell::{Clocks, Shell, workspace_failure};
use crate::sources::sources;
use crate::stored::{closing, credited_before, evidence, facts};
use crate::view::{self, csv_items};

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
    if let Origin::Flag(flag) = shell.settings.data.origin {
        return Err(Failure::new(
            Exit::Usage,
            format!("`pal demo` has a folder of its own, so `{flag}` says nothing here"),
            "name that folder with `--folder DIR`",
        ));
    }
    let mut shell = Shell { clocks: Clocks { now: after_the_world, ..shell.clocks }, ..shell.clone() };
    shell.settings.data.value.clone_from(&demo.folder);
    let facts_folder = lay_out(&demo.folder)?;
    tell(format!("data: {}", demo.folder.display()));
    let mut workspace = Workspace::init(&demo.folder).map_err(workspace_failure)?;
    let reading = Reading { allow_refused: 0, assume_utc: false };
    import_facts(&mut workspace, &facts_folder, &reading, None, &shell)?;
    let months = world_months()?;
    close_months(&mut workspace, &months, MachineArguments::default().settle(), &shell)?;
    shell.output.write_as(&report(&workspace, &months, demo, &shell)?, Format::Table)?;
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

/// What the demo shows: the months, the last month's roll-up, what its own company lost, and one line explained.
fn report(workspace: &Workspace, months: &Months, demo: &Demo, shell: &Shell) -> Result<Answer, Failure> {
    let facts = facts(workspace, shell)?;
    let (month, names) = (months.last, Names(&facts));
    let own = PartnerId::new(OWN_COMPANY).context("the demo's own company")?;
    let through = through_the_months(workspace, own, months)?;
    let last = closing(workspace, month, None)?;
    let (rollup, all) = (csv_items(&closed_file(&last, "rollup.csv")?)?, evidence(&last)?);
    let lost = losses(&all, &credited_before(workspace, month)?, &facts, Loser::Partner(own));
    let (resource, explained) = explained(workspace, &facts, &all, month)?;
    let company = names.partner(own);
    let view = format!(
        "\n{company} through the months: users of eligible resources, a person once per customer and workload\n\n\
         {}\nWho is credited for what in {month}, per partner, customer and workload\n\n\
         {}\nWhat {company} lost in {month}, and why\n\n\
         {}\nOne line explained: {resource}, {month}\n\n\
         {}{}",
        chart(&through),
        draw(&view::rollup_view(&rollup, &all, names)),
        draw(&view::losses_view(&lost)),
        explained.view,
        next_commands(demo, month, &shell.program),
    );
    let head = vec![
        ("company", Value::from(company)),
        ("rollup", rollup.objects()),
        ("losses", lost.objects()),
        ("explained", explained.json),
    ];
    Ok(Answer { view, ..Answer::list(head, "months", &through) })
}

/// The company's users of each month that count for programs: customers and workloads added up.
fn through_the_months(workspace: &Workspace, own: PartnerId, months: &Months) -> Result<Items, Failure> {
    let mut items = Items::new(["month", "eligible_users"]);
    for month in months.each() {
        let company = closed_file(&closing(workspace, month, None)?, "company.csv")?;
        let mut users = 0;
        for record in csv::Reader::from_reader(company.as_slice()).records() {
            let record = record?;
            if record.get(1).and_then(PartnerId::new) == Some(own) {
                users += record.get(9).and_then(|cell| cell.parse::<u64>().ok()).unwrap_or_default();
            }
        }
        items.push(vec![month.to_string().into(), users.into()]);
    }
    Ok(items)
}

/// Numbers as bars.
fn chart(through: &Items) -> String {
    let rows = through.table().rows;
    let users = |row: &[String]| row.get(1).and_then(|cell| cell.parse::<u64>().ok()).unwrap_or_default();
    let most = rows.iter().map(|row| users(row)).max().unwrap_or(0).max(1);
    let bar = |row: &Vec<String>| {
        let users = users(row);
        let bar: String = (0..users * 50 / most).map(|_| '█').collect();
        format!("  {}  {users:>5}  {bar}\n", row.first().map_or("", String::as_str))
    };
    rows.iter().map(bar).collect()
}

/// The resource that is explained, by name, and its explanation.
fn explained(
    workspace: &Workspace,
    facts: &Facts,
    all: &[Evidence],
    month: Month,
) -> Result<(String, Answer), Failure> {
    let name = |evidence: &Evidence| Names(facts).resource(&evidence.subject.resource);
    let found = all.iter().find(|evidence| name(evidence).starts_with(EXPLAINED));
    let evidence = found.context("the resource that the demo explains")?;
    let before = credited_before(workspace, month)?.remove(&evidence.subject.resource).unwrap_or_default();
    let sources = sources(workspace, facts, evidence)?;
    Ok((name(evidence), explain::answer(evidence, facts, (&before, &sources), Some(1))?))
}

fn next_commands(demo: &Demo, month: Month, program: &str) -> String {
    let data = quoted(&demo.folder.display().to_string());
    let facts = quoted(&demo.folder.join("facts").display().to_string());
    let pal = quoted(program);
    format!(
        "\nTry next\n\n  \
         {pal} --data {data} statement compare {} {month} --by cause\n  \
         {pal} --data {data} explain \"Dock Scheduling\" --month {month}\n  \
         {pal} attribute {facts} --month {month} --out statement --names\n\n\
         All of this is our reading of Microsoft's page; only Partner Center says what is recognised.\n",
        month.previous()
    )
}

/// A word of a command line, quoted where a shell would split it.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "/\\:._-".contains(character);
    if word.chars().all(plain) { word.to_owned() } else { format!("\"{word}\"") }
}
